"""Servers that answer with whatever bytes they are told to, over REST and gRPC."""

import concurrent.futures
import contextlib
import json
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import grpc

STATUS = {"model_version_status": [{"version": "1", "state": "AVAILABLE", "status": {"error_message": ""}}]}
METADATA: dict[str, object] = {"metadata": {"signature_def": {"signature_def": {}}}}


def http_answer(body: object, status: str = "200 OK", **headers: str) -> bytes:
    """A whole HTTP answer, whose body is JSON unless it is bytes."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(content)}", "Connection: close"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + content


@dataclass
class Playing:
    """A server.

    Attributes:
        answer: To every POST, or to every call over gRPC: bytes as they are sent.
        get: To every GET, by the last part of its path.
        requests: What came, head and body.
        address: For clients.
    """

    answer: bytes = b""
    get: dict[str, bytes] = field(default_factory=dict)
    requests: list[bytes] = field(default_factory=list)
    address: str = ""


@contextlib.contextmanager
def rest(host: str = "127.0.0.1") -> Iterator[Playing]:
    """Speaks HTTP as far as it is told to; closes after every answer."""
    playing = Playing()

    def serve() -> None:
        while True:
            try:
                connection, _ = server.accept()
            except OSError:
                return
            threading.Thread(target=_one, args=(connection, playing), daemon=True).start()

    with socket.create_server((host, 0)) as server:
        playing.address = f"http://{host}:{server.getsockname()[1]}"
        threading.Thread(target=serve, daemon=True).start()
        yield playing
        server.shutdown(socket.SHUT_RDWR)


def _one(connection: socket.socket, playing: Playing) -> None:
    with connection, contextlib.suppress(OSError, ValueError):
        received = b""
        while b"\r\n\r\n" not in received:
            received += _more(connection)
        head, _, body = received.partition(b"\r\n\r\n")
        length = next(
            (int(line[15:]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")), 0
        )
        while len(body) < length:
            body += _more(connection)
        playing.requests.append(head + b"\r\n\r\n" + body)
        method, path = head.split()[:2]
        last = "metadata" if path.endswith(b"/metadata") else "status"
        usual = http_answer(METADATA if last == "metadata" else STATUS)
        connection.sendall(playing.answer if method == b"POST" else playing.get.get(last, usual))


def _more(connection: socket.socket) -> bytes:
    received = connection.recv(1 << 16)
    if not received:
        raise ValueError("gone")
    return received


@contextlib.contextmanager
def over_grpc() -> Iterator[Playing]:
    """Answers every call of every service."""
    playing = Playing()

    class Handler(grpc.GenericRpcHandler):
        def service(self, details: grpc.HandlerCallDetails) -> grpc.RpcMethodHandler:
            def answer(request: bytes, context: grpc.ServicerContext) -> bytes:
                playing.requests.append(request)
                return playing.answer

            return grpc.unary_unary_rpc_method_handler(answer)

    server = grpc.server(concurrent.futures.ThreadPoolExecutor(4), handlers=[Handler()])
    playing.address = f"127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}"
    server.start()
    try:
        yield playing
    finally:
        server.stop(None)


def strict(text: str) -> object:
    """JSON as its standard has it, without NaN and Infinity."""

    def refuse(name: str) -> Callable[[], object]:
        raise ValueError(name)

    return json.loads(text, parse_constant=refuse)
