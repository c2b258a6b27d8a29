"""What a server counts, for Prometheus."""

import contextlib
import time
from collections.abc import Iterator

import grpc
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from pipeline.serving.server.refusals import as_refusal

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)


class Metrics:
    """The counters of one server."""

    def __init__(self) -> None:
        """All begin at 0."""
        self._registry = CollectorRegistry()
        self._requests = Counter(
            "tfx_bert_requests", "Requests answered or refused.", ["api", "method", "code"], registry=self._registry
        )
        self._seconds = Histogram(
            "tfx_bert_request_seconds", "From request to answer.", ["api", "method"], buckets=_SECONDS,
            registry=self._registry,
        )  # fmt: skip
        self._running = Gauge("tfx_bert_requests_running", "Requests under way.", registry=self._registry)
        self._version = Gauge("tfx_bert_model_version", "The version that answers.", registry=self._registry)

    @contextlib.contextmanager
    def counted(self, api: str, method: str) -> Iterator[None]:
        """Counts a request and times it; makes a `Refusal` of every other error.

        Args:
            api: ``grpc`` or ``rest``.
            method: Such as ``Predict``.

        Raises:
            Refusal: For what the request's handling raises.
        """
        start, code = time.perf_counter(), grpc.StatusCode.OK.name
        self._running.inc()
        try:
            yield
        except Exception as error:
            refusal = as_refusal(error)
            code = refusal.code.name
            raise refusal from error
        except BaseException:
            code = grpc.StatusCode.CANCELLED.name
            raise
        finally:
            self._running.dec()
            self._requests.labels(api, method, code).inc()
            self._seconds.labels(api, method).observe(time.perf_counter() - start)

    def page(self, version: int | None) -> bytes:
        """All of it in Prometheus' text format.

        Args:
            version: The version that answers, if one does.
        """
        self._version.set(version or 0)
        return generate_latest(self._registry)
