"""Where texts and token go: to the server that was named, and nowhere else."""

import socket
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from components.errors import ConfigError
from pipeline.serving.asking import open_server
from pipeline.serving.client import Client
from pipeline.serving.target import Redirected, ServingError, Target, origin
from tests.pipeline.serving.playing import http_answer, over_grpc, rest
from tests.pipeline.serving.test_answers import changed, response

PROXIES = ("http_proxy", "https_proxy", "grpc_proxy", "no_proxy", "no_grpc_proxy", "HTTP_PROXY", "ALL_PROXY")


@pytest.fixture(autouse=True)
def no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in PROXIES:
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def proxy() -> Iterator[tuple[str, list[bytes]]]:
    """What stands for a proxy: it keeps what it is sent, and hangs up."""
    seen: list[bytes] = []

    def serve() -> None:
        while True:
            try:
                connection, _ = server.accept()
            except OSError:
                return
            with connection:
                seen.append(connection.recv(1 << 16))

    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=serve, daemon=True).start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}", seen
        server.shutdown(socket.SHUT_RDWR)


def test_this_machine_is_asked_without_a_proxy(proxy: tuple[str, list[bytes]], monkeypatch: pytest.MonkeyPatch) -> None:
    address, seen = proxy
    for name in PROXIES[:3]:
        monkeypatch.setenv(name, address)
    with over_grpc() as server:
        server.answer = response().SerializeToString()
        port = server.address.rpartition(":")[2]
        for host in ("localhost", "127.0.0.1", "LOCALHOST"):
            with Client(f"{host}:{port}", name="m", token="secret", attempts=1) as client:
                assert client.classify(["京"])[0].label == "a"
    with rest() as server:
        server.answer = http_answer(changed())
        with Client(server.address, name="m", token="secret", attempts=1) as client:
            assert client.classify(["京"])[0].label == "京"
    assert seen == []


def test_another_machine_is_asked_through_the_proxy_which_is_named_when_it_is_dead(
    proxy: tuple[str, list[bytes]], monkeypatch: pytest.MonkeyPatch
) -> None:
    address, seen = proxy
    monkeypatch.setenv("http_proxy", address.replace("//", "//user:password@"))
    with pytest.raises(Exception, match=f"through the proxy {address} of http_proxy") as raised:  # noqa: SIM117
        with open_server(Target("models.example:8500", "m", attempts=1, timeout=10), 1, 1):
            pass
    assert "password" not in str(raised.value)
    assert seen and seen[0].startswith(b"CONNECT models.example:8500")


@pytest.mark.parametrize(
    ("environment", "proxy"),
    [
        ({}, None),
        ({"http_proxy": "http://p:1"}, ("http_proxy", "http://p:1")),
        ({"http_proxy": "http://p:1", "grpc_proxy": "http://q:1"}, ("grpc_proxy", "http://q:1")),
        ({"http_proxy": "http://p:1", "no_proxy": "other, example"}, None),
        ({"http_proxy": "http://p:1", "no_proxy": "other"}, ("http_proxy", "http://p:1")),
        ({"http_proxy": "http://p:1", "no_grpc_proxy": "x", "no_proxy": "example"}, ("http_proxy", "http://p:1")),
    ],
)
def test_the_proxy_of_the_environment(
    monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], proxy: tuple[str, str] | None
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert Target("models.example:8500").proxy == proxy
    assert Target("localhost:8500").proxy is None
    assert Target("http://models.example").proxy is None


@pytest.mark.parametrize(
    "server",
    [
        "evil.example:80", "127.0.0.1.evil.example:80", "localhost.evil.example:80", "127.1:80", "2130706433:80",
        "0.0.0.0:80", "http://evil.example", "http://localhost.:80", "http://127.0.0.2.:80",
    ],
)  # fmt: skip
def test_a_token_goes_to_no_other_machine_in_clear(server: str) -> None:
    with pytest.raises(ConfigError, match="the token would be sent to .* in clear"):
        Target(server, token="secret")


@pytest.mark.parametrize(
    "server",
    [
        "http://localhost:80@evil.example:80", "http://evil.example:80\\@localhost:80", "http://localhost:80#@evil:80",
        "evil.example:80#@localhost:80", "localhost:80@evil.example:80", "http://localhost:80?@evil:80",
        "local host:80", "localhost:0", "localhost:80/path", "http://", ":80", "", "localhost:80\n",
        "http:///x", "unix:/tmp/x",
        "ipv4:1.2.3.4:80", "dns:///evil:80", "[::1:80", "http://localhost:80/%zz\r\nX: y",
    ],
)  # fmt: skip
def test_an_address_that_could_be_read_in_two_ways_is_none(server: str) -> None:
    with pytest.raises(ConfigError, match="is no server"):
        Target(server, token="secret")


def test_a_name_of_this_machine_that_is_another_s(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", lambda host, port: [(2, 1, 6, "", ("203.0.113.5", 0))])
    with pytest.raises(ConfigError, match=r"localhost is 203\.0\.113\.5 here, another machine"):
        Target("localhost:8500", token="secret")
    assert Target("localhost:8500", tls=True, token="secret").token


@pytest.mark.parametrize("token", ["a\nb", "a b", "秘密", "a\r\nX: y", "\x00", "a\x7f", "\ud800", " "])
def test_a_token_that_is_none(token: str) -> None:
    with pytest.raises(ConfigError, match="the token \\(TFX_BERT_TOKEN\\) has a blank, a line end or") as refused:
        Target("localhost:8500", token=token)
    assert refused.value.exit_code == 2 and "\n" not in str(refused.value)


@pytest.mark.parametrize("options", [{"timeout": float("nan")}, {"timeout": 0}, {"version": 1 << 63}, {"name": ""}])
def test_options_that_cannot_be_meant(options: dict[str, Any]) -> None:
    with pytest.raises(ConfigError):
        Target("localhost:8500", **options)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_to_another_server_is_not_followed(status: int) -> None:
    with rest() as named, rest("127.0.0.2") as other:
        other.answer = http_answer(changed())
        locations = [f"{other.address}/v1/models/m:predict", f"//{other.address[7:]}/x", "https://127.0.0.1/x"]
        for location in locations:
            named.answer = http_answer({}, f"{status} Moved", Location=location)
            with (
                Client(named.address, name="m", token="secret", attempts=1) as client,
                pytest.raises(Redirected, match="nothing was sent there: if you trust that address"),
            ):
                list(client.stream(["京"]))
        assert other.requests == []
        assert len(named.requests) == len(locations)


@pytest.mark.parametrize("status", [307, 308])
def test_a_redirect_on_the_same_server_is_repeated_with_texts_and_token(
    status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    with rest() as named, Client(named.address, name="m", token="secret", attempts=1) as client:
        named.answer = http_answer({}, f"{status} Moved", Location="/elsewhere")
        with pytest.raises(ServingError, match="more than 5 redirects"):
            client.classify(["京"])
    assert [request.split()[1] for request in named.requests] == [b"/v1/models/m:predict", *[b"/elsewhere"] * 4]
    for request in named.requests:
        assert request.startswith(b"POST ") and b"Bearer secret" in request and "京".encode() in request


@pytest.mark.parametrize("status", [301, 302, 303])
def test_a_post_is_never_made_a_get(status: int) -> None:
    with rest() as named, Client(named.address, name="m", attempts=1) as client:
        named.answer = http_answer({}, f"{status} Moved", Location="/elsewhere")
        with pytest.raises(Redirected):
            client.classify(["京"])
    assert [request.split()[0] for request in named.requests] == [b"POST"]


@pytest.mark.parametrize("location", ["", "http://[", "http://x:99999/", "\\\\evil"])
def test_a_redirect_to_nowhere(location: str) -> None:
    with rest() as named, Client(named.address, name="m", attempts=1) as client:
        named.answer = http_answer({}, "307 Moved", Location=location)
        with pytest.raises(ServingError):
            client.classify(["京"])


def test_a_model_s_name_stays_in_its_place() -> None:
    with rest() as server, Client(server.address, name="../京?x#y", label="a/b", attempts=1) as client:
        client.status()
    assert server.requests[0].split()[1] == b"/v1/models/..%2F%E4%BA%AC%3Fx%23y/labels/a%2Fb"


def test_origins() -> None:
    assert origin("http://a") == origin("http://A:80/x") != origin("https://a:80")
