"""The verb `serve`: one process that watches a serving directory and answers over gRPC and REST."""

import asyncio
import contextlib
import dataclasses
import logging
import os
import signal
import socket
import ssl
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import grpc.aio
from aiohttp import web

from components.errors import ConfigError, TfxBertError, first_line
from pipeline.serving.model_dir import find_model
from pipeline.serving.server import listening
from pipeline.serving.server.batcher import Batching
from pipeline.serving.server.connections import Connections
from pipeline.serving.server.grpc_services import Handlers, make_server
from pipeline.serving.server.limits import connections_per_port
from pipeline.serving.server.loaded import Loaded
from pipeline.serving.server.metrics import Metrics
from pipeline.serving.server.request_log import Logging, RequestLog
from pipeline.serving.server.rest import RestApi
from pipeline.serving.server.security import Security
from pipeline.serving.server.service import Service
from pipeline.serving.server.threads import ModelThreads
from pipeline.serving.server.versions import Versions
from pipeline.serving.server.work import Work

_LOGGER = logging.getLogger(__name__)
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
        security: TLS and a token, if any.
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
    security: Security = dataclasses.field(default_factory=Security)
    poll_seconds: float = 1.0
    drain_seconds: float = 30.0


def serve(serving: Serving) -> None:
    """Serves until SIGTERM or Ctrl-C, and then until what is under way is answered.

    Args:
        serving: What, and where.

    Raises:
        ConfigError: If an address or a port cannot be had, there is no model, or a file for TLS or the token is wrong.
    """
    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format="%(asctime)s %(message)s")
    for library in ("aiohttp.access", "absl", "tensorflow", "asyncio"):
        logging.getLogger(library).setLevel(logging.ERROR)
    asyncio.run(_serve(serving, open_(serving)))


@dataclasses.dataclass(frozen=True)
class Opened:
    """What is had before a model is loaded, so that mistakes show at once.

    Attributes:
        addresses: To listen on.
        tls: What encrypts REST; None: nothing.
        security: The files.
        grpc_port: For gRPC; 0: any.
        rest_sockets: Bound; none: no REST.
    """

    addresses: Sequence[str]
    tls: ssl.SSLContext | None
    security: Security
    grpc_port: int
    rest_sockets: Sequence[socket.socket]

    @property
    def rest_port(self) -> int:
        """The port for REST."""
        return int(self.rest_sockets[0].getsockname()[1])


def open_(serving: Serving) -> Opened:
    """Resolves the host, reads the files, binds the ports.

    Args:
        serving: What, and where.

    Raises:
        ConfigError: If one of them cannot be had.
    """
    if not serving.name:
        raise ConfigError("--name", "is empty: clients call the model by its name")
    found = listening.addresses(serving.host)
    tls = serving.security.tls()
    if not serving.security.access().is_open and tls is None and not listening.is_loopback(found):
        raise ConfigError(
            "--token-file",
            f"clients would send the token to {serving.host} in clear: give --tls-cert and --tls-key too",
        )
    # gRPC says only that a port cannot be had: what is wrong shows here.
    for one in listening.bind("--port", found, serving.port):
        one.close()
    rest = [] if serving.rest_port is None else listening.bind("--rest-port", found, serving.rest_port)
    return Opened(found, tls, serving.security, serving.port, rest)


async def _serve(serving: Serving, opened: Opened) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    await run(serving, opened, stop, lambda line: print(line, flush=True))


async def run(serving: Serving, opened: Opened, stop: asyncio.Event, tell: Callable[[str], None]) -> None:
    """Serves until it is told to stop, and then until what is under way is answered.

    Args:
        serving: What, and where.
        opened: What `open_` gives for it.
        stop: Set when it shall stop.
        tell: Is given a line when the server answers, and another when it stops.

    Raises:
        ConfigError: If there is no model, or a port is taken.
    """
    asyncio.get_running_loop().set_exception_handler(_log_in_one_line)
    threads, work = ModelThreads(serving.batching.parallel), Work()
    versions = Versions(
        serving.directory,
        lambda version, directory: Loaded(version, directory, threads, serving.batching, serving.threads),
    )
    log = _open_log(serving.log)
    service, metrics, access = Service(serving.name, versions, work, log), Metrics(), serving.security.access()
    await versions.check()
    if not service.is_ready:
        raise _no_model(serving.directory, versions)
    most = connections_per_port(len(os.listdir("/dev/fd")))
    server = make_server(Handlers(service, metrics, access, work), most)
    host = serving.host.strip("[]")
    where = f"gRPC {listening.authority(host, _bind(server, opened))}"
    api = web.Server(RestApi(service, metrics, access, work).answer, handler_cancellation=True)
    rest = Connections(api, most, opened.tls)
    if opened.rest_sockets:
        rest.start(opened.rest_sockets)
        scheme = "https" if opened.tls else "http"
        where += f", REST {scheme}://{listening.authority(host, opened.rest_port)}"
    await server.start()
    watcher = asyncio.create_task(versions.watch(serving.poll_seconds))
    tell(f"{serving.name} version {service.version}: {where}")
    await stop.wait()
    tell("draining: what is under way is answered")
    service.draining = True
    watcher.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await watcher
    await asyncio.sleep(_REFUSING)
    await asyncio.gather(server.stop(serving.drain_seconds), rest.stop(serving.drain_seconds))
    await service.drain()
    threads.shutdown()
    work.close()
    if log:
        log.close()


def _log_in_one_line(_: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    error = context.get("exception")
    _LOGGER.error("%s%s", context["message"], f": {type(error).__name__}: {first_line(error)}" if error else "")


def _open_log(how: Logging | None) -> RequestLog | None:
    try:
        return RequestLog(how) if how else None
    except OSError as error:
        raise ConfigError("--log-requests", f"{error.filename}: {error.strerror}") from None


def _bind(server: grpc.aio.Server, opened: Opened) -> int:
    credentials, port = opened.security.grpc_credentials(), opened.grpc_port
    for address in opened.addresses:
        where = listening.authority(address, port)
        try:
            port = server.add_secure_port(where, credentials) if credentials else server.add_insecure_port(where)
        except RuntimeError:
            raise ConfigError("--port", f"{where} is taken") from None
    return int(port)


def _no_model(directory: Path, versions: Versions[Loaded]) -> TfxBertError:
    if not versions.states:
        found = find_model(directory)  # says what is wrong, or finds what was meant
        return ConfigError("--model", f"{directory} holds no version of a model, but {found.parent} does")
    errors = "; ".join(f"{version}: {status.error}" for version, status in versions.states.items())
    return ConfigError("--model", f"{directory}: no version loads: {errors}")
