"""What the client asks again and what not, how long it waits, and how it ends."""

import socket
import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager

import grpc
import pytest

from components.errors import ConfigError
from pipeline.serving.client import Client, Failure
from pipeline.serving.target import ServingError
from tests.pipeline.serving.failing import Failing, over_grpc, over_rest

Serve = Callable[[Failing], AbstractContextManager[Failing]]

pytestmark = [pytest.mark.slow, pytest.mark.parametrize("serve", [over_grpc, over_rest])]


def ask(server: Failing, texts: list[str], **options: float) -> list[str]:
    with Client(server.address, **options) as client:
        return [one.label for one in client.classify(texts)]


@pytest.mark.parametrize("characters", [10, 20_000], ids=["a short text", "more than gRPC would send twice by itself"])
def test_a_server_that_is_unavailable_is_asked_again(serve: Serve, characters: int) -> None:
    with serve(Failing(2)) as server:
        assert ask(server, ["京" * characters] * 5) == ["京都"] * 5
        assert server.calls == 3


@pytest.mark.parametrize("attempts", [1, 2])
def test_not_more_often_than_was_said(serve: Serve, attempts: int) -> None:
    with serve(Failing(9)) as server:
        with pytest.raises(ServingError, match="UNAVAILABLE: busy"):
            ask(server, ["京都"], attempts=attempts)
        assert server.calls == attempts


@pytest.mark.parametrize("code", [grpc.StatusCode.INTERNAL, grpc.StatusCode.INVALID_ARGUMENT])
def test_nothing_else_is_asked_again(serve: Serve, code: grpc.StatusCode) -> None:
    with serve(Failing(9, code)) as server:
        with pytest.raises(ServingError, match=code.name):
            ask(server, ["京都"])
        assert server.calls == 1


def test_the_time_is_for_all_attempts_together(serve: Serve) -> None:
    with serve(Failing(9, seconds=0.4)) as server:
        start = time.monotonic()
        with pytest.raises(ServingError, match="DEADLINE_EXCEEDED"):
            ask(server, ["京都"], timeout=0.7)
        assert time.monotonic() - start < 1.5


def test_what_is_no_text_s_fault_ends_a_stream_if_it_is_asked_to(serve: Serve) -> None:
    with serve(Failing(1)) as server, Client(server.address, attempts=1, batch_size=2, concurrency=1) as client:
        answers = client.stream(["京都"] * 4, raise_for_server=True)
        with pytest.raises(ServingError, match="UNAVAILABLE"):
            next(answers)
        server.calls = 0
        first, second, *rest = client.stream(["京都"] * 4)
        assert first == second == Failure("UNAVAILABLE: busy")
        assert [one.label for one in rest if not isinstance(one, Failure)] == ["京都", "京都"]


def test_texts_may_come_from_the_client_itself(serve: Serve) -> None:
    with serve(Failing(0)) as server, Client(server.address, batch_size=1) as client:
        labels = (one.label for one in client.stream(["a", "b"]) if not isinstance(one, Failure))
        assert [one.label for one in client.classify(labels)] == ["京都", "京都"]


def test_a_closed_client_keeps_nobody_waiting(serve: Serve) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"127.0.0.1:{silent.getsockname()[1]}"
        client = Client(address if serve is over_grpc else f"http://{address}", timeout=60)
        told: list[str] = []

        def wait() -> None:
            try:
                client.classify(["京都"])
            except ServingError as error:
                told.append(error.code)

        thread = threading.Thread(target=wait, daemon=True)
        thread.start()
        time.sleep(0.5)
        client.close()
        thread.join(10)
        assert told == ["CANCELLED"]
        with pytest.raises(ServingError, match="the client is closed"):
            client.classify(["京都"])


def test_more_attempts_than_grpc_makes_are_refused(serve: Serve) -> None:
    with pytest.raises(ConfigError, match="attempts is 8: 1 to 5"):
        Client("localhost:1", attempts=8)
