"""TF Serving's gRPC services on top of a `Service`: PredictionService, ModelService, and gRPC's own health service."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple

import grpc
import grpc.aio
from grpc_health.v1 import health_pb2

from pipeline.serving.protos import classification_pb2, get_model_metadata_pb2, get_model_status_pb2, predict_pb2
from pipeline.serving.server import limits, wire
from pipeline.serving.server.metrics import Metrics
from pipeline.serving.server.refusals import Refusal, too_late
from pipeline.serving.server.security import Access
from pipeline.serving.server.service import Service
from pipeline.serving.server.work import Work

API = "grpc"
_PREDICTION, _MODEL, _HEALTH = (
    "tensorflow.serving.PredictionService",
    "tensorflow.serving.ModelService",
    "grpc.health.v1.Health",
)
_SERVED = ("", _PREDICTION, _MODEL)
_WHY_NOT = {
    f"/{_PREDICTION}/Regress": "these models classify",
    f"/{_PREDICTION}/MultiInference": "ask Classify or Predict",
    f"/{_PREDICTION}/PredictStreamed": "ask Predict",
    f"/{_MODEL}/HandleReloadConfigRequest": "the server looks for new versions by itself",
    f"/{_HEALTH}/Watch": "ask Check",
}
_MILLISECONDS = 1000
_IDENTITY_GZIP_DEFLATE = 0b111  # as in TF Serving


class _Method(NamedTuple):
    """One that is served."""

    name: str
    request: type[Any]
    answer: Callable[[Any], Awaitable[Any]]


class Handlers(grpc.GenericRpcHandler):
    """Answers every method: those that it has, and the others with UNIMPLEMENTED.

    Messages come and go as bytes: large ones are read and written beside the event loop, all within bounds.
    """

    def __init__(self, service: Service, metrics: Metrics, access: Access, work: Work) -> None:
        """Keeps what it asks.

        Args:
            service: Answers.
            metrics: Counts.
            access: Knows who is answered.
            work: Does what is large.
        """
        self._service = service
        self._metrics = metrics
        self._access = access
        self._work = work
        methods = {
            _PREDICTION: [
                _Method("Predict", predict_pb2.PredictRequest, service.predict),
                _Method("Classify", classification_pb2.ClassificationRequest, service.classify),
                _Method("GetModelMetadata", get_model_metadata_pb2.GetModelMetadataRequest, service.metadata),
            ],
            _MODEL: [_Method("GetModelStatus", get_model_status_pb2.GetModelStatusRequest, service.status)],
        }
        self._handlers = {
            f"/{name}/{method.name}": grpc.stream_unary_rpc_method_handler(self._answering(method))
            for name, some in methods.items()
            for method in some
        }
        self._handlers[f"/{_HEALTH}/Check"] = grpc.unary_unary_rpc_method_handler(
            self._check, health_pb2.HealthCheckRequest.FromString, health_pb2.HealthCheckResponse.SerializeToString
        )

    def service(self, handler_call_details: grpc.HandlerCallDetails) -> grpc.RpcMethodHandler:
        """See grpc.GenericRpcHandler."""
        path = handler_call_details.method
        return self._handlers.get(path) or grpc.stream_stream_rpc_method_handler(_refusing(path))

    def _answering(self, method: _Method) -> Callable[[Any, grpc.aio.ServicerContext], Awaitable[bytes]]:
        async def answer(_: Any, context: grpc.aio.ServicerContext) -> bytes:
            try:
                with self._metrics.counted(API, method.name):
                    if not self._access.is_open:
                        self._access.check(dict(context.invocation_metadata()).get("authorization"))
                    content = await _receive(context)
                    request = await self._work.run(len(content), wire.read, method.request, content)
                    response = await method.answer(request)
                    return await self._work.run(len(content), response.SerializeToString)
            except Refusal as refusal:
                await context.abort(refusal.code, refusal.details)
                raise  # never reached: abort raises

        return answer

    async def _check(self, request: Any, context: grpc.aio.ServicerContext) -> Any:
        """See health.proto: serving as soon as a model answers, and until the server drains. Open to everybody."""
        if request.service not in _SERVED:
            await context.abort(grpc.StatusCode.NOT_FOUND, f"unknown service {request.service}")
        states = health_pb2.HealthCheckResponse
        ready = self._service.is_ready and not self._service.draining
        return states(status=states.SERVING if ready else states.NOT_SERVING)


def make_server(handlers: Handlers, connections: int) -> grpc.aio.Server:
    """A server with all services and no port yet.

    Args:
        handlers: Answer.
        connections: How many it takes at a time.
    """
    server = grpc.aio.server(
        options=[
            ("grpc.max_receive_message_length", limits.LARGEST_BODY),
            ("grpc.max_send_message_length", -1),
            ("grpc.so_reuseport", 0),  # a second server on the port must fail, not share it
            ("grpc.max_allowed_incoming_connections", connections),
            ("grpc.max_concurrent_streams", limits.MOST_STREAMS),
            ("grpc.max_metadata_size", limits.LARGEST_METADATA),
            ("grpc.absolute_max_metadata_size", limits.LARGEST_METADATA),
            ("grpc.server_handshake_timeout_ms", round(_MILLISECONDS * limits.HANDSHAKE_SECONDS)),
            ("grpc.max_connection_idle_ms", round(_MILLISECONDS * limits.IDLE_SECONDS)),
            ("grpc.keepalive_time_ms", round(_MILLISECONDS * limits.SEND_SECONDS)),
            ("grpc.per_message_decompression", 0),  # gRPC unpacks without a bound
            ("grpc.compression_enabled_algorithms_bitset", _IDENTITY_GZIP_DEFLATE),
        ]
    )
    server.add_generic_rpc_handlers((handlers,))
    return server


async def _receive(context: grpc.aio.ServicerContext) -> bytes:
    """The request's message, which must come in time."""
    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    assert task is not None
    is_late = False

    def end() -> None:
        nonlocal is_late
        is_late = True
        task.cancel()

    timer = loop.call_later(limits.BODY_SECONDS, end)
    try:
        content = await context.read()
    except asyncio.CancelledError:
        if is_late:
            raise too_late(f"the request did not arrive within {limits.BODY_SECONDS:g} seconds") from None
        raise
    finally:
        timer.cancel()
    return b"" if content is grpc.aio.EOF else content


def _refusing(path: str) -> Callable[[Any, grpc.aio.ServicerContext], Awaitable[None]]:
    async def refuse(_: Any, context: grpc.aio.ServicerContext) -> None:
        why = f": {_WHY_NOT[path]}" if path in _WHY_NOT else ""
        await context.abort(grpc.StatusCode.UNIMPLEMENTED, f"{path} is not served{why}")

    return refuse
