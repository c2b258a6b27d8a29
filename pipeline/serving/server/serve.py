"""The verb `serve`: one process that watches a serving directory and answers over gRPC and REST."""

import asyncio
import contextlib
import dataclasses
import logging
import signal
import sys
from pathlib import Path

import grpc.aio
from aiohttp import http_exceptions, web

from components.errors import ConfigError, TfxBertError
from pipeline.serving.model_dir import find_model
from pipeline.serving.server.batcher import Batching
from pipeline.serving.server.grpc_services import HealthService, make_server
from pipeline.serving.server.loaded import Loaded
from pipeline.serving.server.metrics import Metrics
from pipeline.serving.server.request_log import Logging, RequestLog
from pipeline.serving.server.rest import RestApi
from pipeline.serving.server.service import Service
from pipeline.serving.server.threads import ModelThreads
from pipeline.serving.server.versions import Versions

# Seconds in which new requests are told to come again: what reaches gRPC's server while it stops is CANCELLED, which no
# client sends again.
_REFUSING = 0.5


@dataclasses.dataclass(frozen=True)
class Serving:
    """What is served, and where.

    Attributes:
        directory: A serving directory, or one SavedModel.
        name: What clients call the model.
        host: An address of this machine.
        port: For gRPC; 0: any that is free.
        rest_port: For REST; 0: any that is free; None: no REST.
        batching: How requests are put together.
        threads: How many one call of the model may use; None: as suits its texts.
        log: Which requests are logged; None: none.
        poll_seconds: Between two looks at the directory.
        drain_seconds: How long requests under way may take after SIGTERM.
    """

    directory: Path
    name: str
    host: str = "127.0.0.1"
    port: int = 8500
    rest_port: int | None = 8501
    batching: Batching = dataclasses.field(default_factory=Batching)
    threads: int | None = None
    log: Logging | None = None
    poll_seconds: float = 1.0
    drain_seconds: float = 30.0


def serve(serving: Serving) -> None:
    """Serves until SIGTERM or Ctrl-C, and then until what is under way is answered.

    Args:
        serving: What, and where.

    Raises:
        ConfigError: If a port is taken, or there is no model.
    """
    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format="%(asctime)s %(message)s")
    for library in ("aiohttp.access", "absl", "tensorflow"):
        logging.getLogger(library).setLevel(logging.ERROR)
    logging.getLogger("aiohttp.server").addFilter(_is_not_about_no_http)
    asyncio.run(_serve(serving))


def _is_not_about_no_http(record: logging.LogRecord) -> bool:
    """What was sent to the REST port may be anything, gRPC above all: it is refused, and that is no error of ours."""
    return not (record.exc_info and isinstance(record.exc_info[1], http_exceptions.HttpProcessingError))


async def _serve(serving: Serving) -> None:
    threads = ModelThreads(serving.batching.parallel)
    versions = Versions(
        serving.directory,
        lambda version, directory: Loaded(version, directory, threads, serving.batching, serving.threads),
    )
    log = _open_log(serving.log)
    service, metrics = Service(serving.name, versions, log), Metrics()
    health = HealthService(service)
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    await versions.check()
    if not service.is_ready:
        raise _no_model(serving.directory, versions)
    server = make_server(service, health, metrics)
    port = _bind(server, serving)
    rest = web.AppRunner(RestApi(service, metrics).application(), handler_cancellation=True)
    where = f"gRPC {serving.host}:{port}"
    if serving.rest_port is not None:
        where += f", REST http://{serving.host}:{await _start_rest(rest, serving)}"
    await server.start()
    watcher = asyncio.create_task(versions.watch(serving.poll_seconds))
    print(f"{serving.name} version {service.version}: {where}", flush=True)
    await stop.wait()
    print("draining: what is under way is answered", flush=True)
    service.draining = True
    watcher.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await watcher
    await asyncio.sleep(_REFUSING)
    await asyncio.gather(server.stop(serving.drain_seconds), rest.cleanup())
    await service.drain()
    threads.shutdown()
    if log:
        log.close()


def _open_log(how: Logging | None) -> RequestLog | None:
    try:
        return RequestLog(how) if how else None
    except OSError as error:
        raise ConfigError("--log-requests", f"{error.filename}: {error.strerror}") from None


def _bind(server: grpc.aio.Server, serving: Serving) -> int:
    try:
        return int(server.add_insecure_port(f"{serving.host}:{serving.port}"))
    except RuntimeError:
        raise ConfigError("--port", f"{serving.host}:{serving.port} is taken, or not of this machine") from None


async def _start_rest(runner: web.AppRunner, serving: Serving) -> int:
    await runner.setup()
    site = web.TCPSite(runner, serving.host, serving.rest_port, shutdown_timeout=serving.drain_seconds)
    try:
        await site.start()
    except OSError:
        raise ConfigError(
            "--rest-port", f"{serving.host}:{serving.rest_port} is taken, or not of this machine"
        ) from None
    return int(runner.addresses[0][1])


def _no_model(directory: Path, versions: Versions[Loaded]) -> TfxBertError:
    if not versions.states:
        found = find_model(directory)  # says what is wrong, or finds what was meant
        return ConfigError("--model", f"{directory} holds no version of a model, but {found.parent} does")
    errors = "; ".join(f"{version}: {status.error}" for version, status in versions.states.items())
    return ConfigError("--model", f"{directory}: no version loads: {errors}")
