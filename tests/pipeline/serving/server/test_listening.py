"""Every form of an address; what is not this machine's, and ports that are taken, are refused in one line."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

from components.errors import ConfigError
from pipeline.serving.client import Client
from pipeline.serving.server import listening
from tests.components.servable_check import models
from tests.pipeline.serving.inside import inside
from tests.pipeline.serving.running import MAIN, REPOSITORY


def has_ipv6() -> bool:
    try:
        with socket.socket(socket.AF_INET6) as one:
            one.bind(("::1", 0))
    except OSError:
        return False
    return True


HOSTS = ["127.0.0.1", "localhost", "0.0.0.0", "127.1", *(["::1", "[::1]", "::"] if has_ipv6() else [])]


@pytest.mark.parametrize("host", HOSTS)
def test_hosts(host: str) -> None:
    found = listening.addresses(host)
    assert found and all(address != "" for address in found)
    assert listening.is_loopback(found) == (host not in ("0.0.0.0", "::"))
    sockets = listening.bind("--port", found, 0)
    assert len({one.getsockname()[1] for one in sockets}) == 1
    for one in sockets:
        one.close()


@pytest.mark.parametrize(
    "host",
    ["", "[]", "nowhere.invalid", "192.0.2.1", "2001:db8::1", "[2001:db8::1]", "a b", "京都", "1.2.3.4.5", "x" * 300],
)
def test_what_is_no_host_of_this_machine(host: str) -> None:
    with pytest.raises(ConfigError, match="--host: ") as refused:
        listening.addresses(host)
    assert "\n" not in str(refused.value)


def test_authority() -> None:
    assert listening.authority("::1", 80) == "[::1]:80" and listening.authority("localhost", 80) == "localhost:80"


@pytest.mark.slow
@pytest.mark.parametrize("host", [host for host in HOSTS if host != "127.0.0.1"])
def test_both_apis_answer_on_every_form(tmp_path: Path, host: str) -> None:
    models.save_classifier(tmp_path / "m" / "1")
    with inside(tmp_path / "m", host=host) as server:
        bare = host.strip("[]")
        assert server.grpc.startswith(f"[{bare}]:" if ":" in bare else f"{bare}:")
        reached = {"0.0.0.0": "127.0.0.1", "::": "[::1]", "127.1": "127.0.0.1"}
        for address in (server.grpc, server.rest):
            for shown, real in reached.items():
                if host == shown:
                    address = address.replace("[::]" if shown == "::" else shown, real)
            with Client(address, name="評判", timeout=10) as client:
                assert client.classify(["京都"])[0].label == "京都"


def serve(directory: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", MAIN, "serve", "--model", str(directory), *arguments]
    return subprocess.run(command, capture_output=True, text=True, cwd=REPOSITORY, timeout=60, check=False)


@pytest.mark.slow
@pytest.mark.parametrize("option", ["--port", "--rest-port"])
def test_ports_that_are_taken(tmp_path: Path, option: str) -> None:
    other = "--rest-port" if option == "--port" else "--port"
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = serve(tmp_path, option, str(port), other, "0")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"tfx-bert: {option}: 127.0.0.1:{port} is taken\n"


@pytest.mark.slow
def test_from_the_shell_mistakes_are_one_line(tmp_path: Path) -> None:
    for arguments, said in (
        (["--host", "192.0.2.1"], "--host: 192.0.2.1 (192.0.2.1) is not an address of this machine"),
        (["--port", "0", "--rest-port", "0"], "--model: "),
        (["--name", ""], "--name: is empty"),
        (["--tls-cert", "nowhere.crt", "--tls-key", "nowhere.key"], "--tls-cert: nowhere.crt cannot be read: No such"),
        (["--token-file", "nowhere"], "--token-file: nowhere cannot be read"),
        (["--tf-serving", "--token-file", "nowhere"], "--tf-serving: TF Serving encrypts gRPC by its own"),
    ):
        done = serve(tmp_path, *arguments)
        assert (done.returncode, done.stdout) == (2, "")
        assert done.stderr.startswith(f"tfx-bert: {said}") and done.stderr.count("\n") == 1, done.stderr


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_in_order_with_connections_that_idle(tmp_path: Path, number: signal.Signals) -> None:
    models.save_classifier(tmp_path / "m" / "1")
    command = [sys.executable, "-c", MAIN, "serve", "--model", str(tmp_path / "m"), "--port", "0", "--rest-port", "0"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=REPOSITORY, env=dict(os.environ)
    ) as process:
        assert process.stdout is not None and process.stderr is not None
        rest = process.stdout.readline().split()[-1]
        assert urllib.request.urlopen(f"{rest}/v1/models/tfx-bert").status == 200
        host, _, port = rest.rpartition("/")[2].rpartition(":")
        with socket.create_connection((host, int(port))) as idle, socket.create_connection((host, int(port))) as half:
            half.sendall(b"POST /v1/models/tfx-bert:predict HTTP/1.1\r\n")
            started = time.monotonic()
            process.send_signal(number)
            process.send_signal(number)  # a second one does not end it sooner
            assert process.wait(20) == 0
            assert time.monotonic() - started < 10
            assert idle.recv(1) == b""
        assert process.stdout.read() == "draining: what is under way is answered\n"
        assert "Traceback" not in process.stderr.read()
