"""Time and number of connections: who sends nothing, or half of it, or reads nothing, is ended; others are answered."""

import contextlib
import http.client
import json
import os
import re
import resource
import select
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import grpc
import pytest

from pipeline.serving.client import Client
from pipeline.serving.server import connections, limits, rest, serve
from tests.components.servable_check import models
from tests.pipeline.serving.inside import Inside, inside
from tests.pipeline.serving.running import REPOSITORY

pytestmark = pytest.mark.slow

MODEL = "/v1/models/%E8%A9%95%E5%88%A4"
BODY = '{"instances": ["京都"]}'.encode()
HEAD = f"POST {MODEL}:predict HTTP/1.1\r\nHost: x\r\nContent-Length: {len(BODY)}\r\n\r\n".encode()
SHORT = {"HEAD_SECONDS": 1.0, "IDLE_SECONDS": 2.0, "SEND_SECONDS": 1.5, "SILENT_SECONDS": 0.4, "_SWEEP": 0.05}
MOST = 20


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    found = tmp_path_factory.mktemp("connections") / "評判"
    models.save_whole(found / "7")
    return found


@pytest.fixture(scope="module")
def server(directory: Path) -> Iterator[Inside]:
    with pytest.MonkeyPatch.context() as patch:
        for name, value in SHORT.items():
            patch.setattr(connections, name, value)
        patch.setattr(rest, "BODY_SECONDS", 1.0)
        patch.setattr(rest, "SILENT_SECONDS", SHORT["SILENT_SECONDS"])
        patch.setattr(limits, "BODY_SECONDS", 1.0)
        patch.setattr(serve, "connections_per_port", lambda _: MOST)
        with inside(directory) as started:
            yield started


def connect(server: Inside) -> socket.socket:
    return socket.create_connection(server.rest_address, timeout=10)


def end_of(connection: socket.socket) -> bytes:
    """All that comes until the server closes."""
    received = b""
    with contextlib.suppress(ConnectionResetError):
        while more := connection.recv(1 << 16):
            received += more
    return received


def drip(connection: socket.socket, content: bytes, seconds: float) -> None:
    """Sends a byte now and then, for so long."""
    end = time.monotonic() + seconds
    with contextlib.suppress(OSError):
        while time.monotonic() < end and not select.select([connection], [], [], 0.1)[0]:
            connection.sendall(content)


@pytest.mark.parametrize("sent", [b"", HEAD[:9], HEAD[:-2], HEAD, HEAD + BODY[:1]])
def test_who_falls_silent_is_ended_without_a_word(server: Inside, sent: bytes) -> None:
    with connect(server) as connection:
        started = time.monotonic()
        connection.sendall(sent)
        assert end_of(connection) == b""
        assert 0.8 < time.monotonic() - started < 3


@pytest.mark.parametrize(
    ("sent", "more", "said"),
    [
        (b"GET / HTTP/1.1\r\n", b"A: b\r\n", "the headers did not arrive within 1 seconds"),
        (HEAD.replace(str(len(BODY)).encode(), b"1000"), b" ", "the body did not arrive within 1 seconds"),
    ],
)
def test_who_is_slow_is_told_so(server: Inside, sent: bytes, more: bytes, said: str) -> None:
    with connect(server) as connection:
        connection.sendall(sent)
        drip(connection, more, 5)
        status, _, body = end_of(connection).partition(b"\r\n\r\n")
    assert status.startswith(b"HTTP/1.1 408 Request Timeout") and json.loads(body) == {"error": said}


def test_idle_ones_are_closed_and_used_ones_are_kept(server: Inside) -> None:
    with connect(server) as connection:
        for _ in range(3):
            connection.sendall(HEAD + BODY)
            assert connection.recv(1 << 16).startswith(b"HTTP/1.1 200")
            time.sleep(1.2)  # more than a head may take
        started = time.monotonic()
        assert end_of(connection) == b""
        assert time.monotonic() - started < 3


def test_who_does_not_read_is_ended(server: Inside) -> None:
    body = json.dumps({"instances": ["京都"] * 40_000}).encode()
    with connect(server) as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.sendall(HEAD.replace(str(len(BODY)).encode(), str(len(body)).encode()) + body)
        poll = select.poll()
        poll.register(connection, select.POLLERR | select.POLLHUP)
        started = time.monotonic()
        with Client(server.grpc, name="評判", timeout=30) as client:
            while not poll.poll(100):
                assert client.classify(["京都"])[0].label == "京都"
                assert time.monotonic() - started < 20


def test_a_message_of_grpc_that_does_not_come(server: Inside) -> None:
    def nothing() -> Iterator[bytes]:
        time.sleep(3)
        yield from ()

    with grpc.insecure_channel(server.grpc) as channel:
        with pytest.raises(grpc.RpcError, match="the request did not arrive within 1 seconds") as late:
            channel.stream_unary("/tensorflow.serving.PredictionService/Predict")(nothing(), timeout=10)
        assert late.value.code() == grpc.StatusCode.DEADLINE_EXCEEDED


def test_too_many_connections_leave_room_for_the_next(server: Inside) -> None:
    with contextlib.ExitStack() as stack:
        used = stack.enter_context(connect(server))
        used.sendall(HEAD + BODY)
        assert used.recv(1 << 16).startswith(b"HTTP/1.1 200")
        for _ in range(3 * MOST):
            stack.enter_context(connect(server)).sendall(HEAD[:9])
            started = time.monotonic()
            with connect(server) as good:
                good.sendall(HEAD + BODY)
                assert good.recv(1 << 16).startswith(b"HTTP/1.1 200")
            assert time.monotonic() - started < 0.5
        used.sendall(HEAD + BODY)  # it has asked before, and was not the one to go
        assert used.recv(1 << 16).startswith(b"HTTP/1.1 200")
    assert server.log == []


def test_busy_ones_are_not_ended_for_others(server: Inside) -> None:
    slow = HEAD.replace(str(len(BODY)).encode(), b"1000") + BODY
    with contextlib.ExitStack() as stack:
        busy = [stack.enter_context(connect(server)) for _ in range(MOST)]
        for one in busy:
            one.sendall(slow)
        time.sleep(0.3)
        with connect(server) as turned_away:
            assert end_of(turned_away) == b""
        assert len(select.select(busy, [], [], 0)[0]) == 0
    assert [line for line in server.log if "open and busy: more are turned away" in line] == server.log
    server.log.clear()


def test_connections_of_grpc(server: Inside) -> None:
    host, _, port = server.grpc.rpartition(":")
    with Client(server.grpc, name="評判", timeout=10) as kept, contextlib.ExitStack() as stack:
        assert kept.classify(["京都"])[0].label == "京都"
        opened = [stack.enter_context(socket.create_connection((host, int(port)), timeout=10)) for _ in range(2 * MOST)]
        deadline = time.monotonic() + 10
        turned_away: list[object] = []
        while len(turned_away) < MOST and time.monotonic() < deadline:
            turned_away = [one for one in select.select(opened, [], [], 0.1)[0] if _is_closed(one)]
            assert kept.classify(["京都"])[0].label == "京都"
        assert len(turned_away) >= MOST


def _is_closed(connection: socket.socket) -> bool:
    """Whether the server has ended it; gRPC sends its settings first to those that it takes."""
    try:
        return connection.recv(1 << 16, socket.MSG_PEEK) == b""
    except ConnectionError:
        return True


@pytest.mark.parametrize(
    ("soft", "hard", "used", "most"),
    [(256, 256, 30, 81), (1024, 20_000, 30, 1_000), (20, 20, 30, 8), (1024, 1024, 60, 450)],
)
def test_connections_and_descriptors(
    monkeypatch: pytest.MonkeyPatch, soft: int, hard: int, used: int, most: int
) -> None:
    given: list[tuple[int, int]] = []
    monkeypatch.setattr(resource, "getrlimit", lambda _: (soft, hard))
    monkeypatch.setattr(resource, "setrlimit", lambda _, both: given.append(both))
    assert limits.connections_per_port(used) == most
    assert all(one[0] <= hard for one in given) and (given or soft > 2_000)


def test_descriptors_that_run_out(directory: Path, tmp_path: Path) -> None:
    """More connections than the process may have files: one line, no busy loop, answers while it lasts and after."""
    program = (
        "import resource, sys\n"
        "from pipeline.serving.server import serve\n"
        "from pipeline.cli import main\n"
        "def few(used):\n"
        "    resource.setrlimit(resource.RLIMIT_NOFILE, (used + 20, used + 20))\n"
        "    return 1000\n"  # more than there are descriptors for
        "serve.connections_per_port = few\n"
        "main()\n"
    )
    log = tmp_path / "log"
    command = [sys.executable, "-c", program, "serve", "--model", str(directory), "--name", "評判"]
    with (
        log.open("w") as errors,
        subprocess.Popen(
            [*command, "--port", "0", "--rest-port", "0"],
            stdout=subprocess.PIPE, stderr=errors, text=True, cwd=REPOSITORY, env=dict(os.environ),
        ) as process,
        contextlib.ExitStack() as stack,
    ):  # fmt: skip
        try:
            assert process.stdout is not None
            port = int(re.findall(r":(\d+)\n", process.stdout.readline())[0])
            opened = [stack.enter_context(socket.create_connection(("127.0.0.1", port))) for _ in range(60)]
            time.sleep(0.5)
            used = _cpu(process.pid)
            for _ in range(5):
                assert _ask(port) < 0.5
                time.sleep(0.2)
            assert _cpu(process.pid) - used < 1
            for one in opened:
                one.close()
            assert _ask(port) < 0.5
        finally:
            process.terminate()
            process.wait(30)
    lines = [line for line in log.read_text().splitlines() if "answers" not in line]
    assert len(lines) == 1 and "Too many open files: no connection can be accepted" in lines[0], lines
    assert process.returncode == 0


def _ask(port: int) -> float:
    started = time.monotonic()
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request("POST", f"{MODEL}:predict", BODY)
    assert connection.getresponse().status == 200
    connection.close()
    return time.monotonic() - started


def _cpu(pid: int) -> float:
    """Seconds of processor time that a process has taken."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def test_a_model_that_is_busy_does_not_count_as_a_connection_that_idles(server: Inside) -> None:
    body = json.dumps({"signature_name": "tokenize", "instances": ["京都"] * 30_000}).encode()
    connection = http.client.HTTPConnection(*server.rest_address, timeout=60)
    threads = [threading.Thread(target=lambda: connect(server).close()) for _ in range(2 * MOST)]
    connection.request("POST", f"{MODEL}:predict", body)
    for thread in threads:
        thread.start()
    assert connection.getresponse().status == 200
    connection.close()
    for thread in threads:
        thread.join()
