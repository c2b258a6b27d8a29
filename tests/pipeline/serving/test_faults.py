"""What can go wrong around a server: each gives the documented status, and the next good request is answered."""

import concurrent.futures
import contextlib
import http.client
import json
import os
import shutil
import signal
import socket
import threading
import time
import urllib.parse
from collections.abc import Callable, Iterator
from pathlib import Path

import grpc
import numpy as np
import pytest
import tensorflow as tf

from pipeline.serving.client import Client
from pipeline.serving.protos import predict_pb2, prediction_service_pb2_grpc
from pipeline.serving.server import limits
from pipeline.serving.target import ServingError
from tests.components.servable_check import models
from tests.pipeline.serving.running import Running, running

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def the_next_is_answered(server: Running) -> Iterator[None]:
    yield
    for address in (server.grpc, server.rest):
        with Client(address, name="評判", timeout=30) as client:
            assert client.classify(["京都"])[0].label == "京都"


def raw(body: bytes) -> bytes:
    """A whole predict request over HTTP."""
    head = f"POST /v1/models/%E8%A9%95%E5%88%A4:predict HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


def connect(server: Running) -> socket.socket:
    host, port = server.rest.removeprefix("http://").split(":")
    return socket.create_connection((host, int(port)), timeout=60)


def post(server: Running, body: bytes, path: str = "/v1/models/評判:predict") -> tuple[int, dict[str, object]]:
    connection = http.client.HTTPConnection(server.rest.removeprefix("http://"), timeout=120)
    connection.request("POST", urllib.parse.quote(path), body)
    response = connection.getresponse()
    answer = json.loads(response.read())
    connection.close()
    return response.status, answer


@pytest.mark.parametrize("api", ["grpc", "rest"])
def test_the_longest_text_and_a_longer_one(server: Running, api: str) -> None:
    longest = b"x" * (limits.LARGEST_TEXT - 6) + "京都".encode()
    with Client(getattr(server, api), name="評判", timeout=300) as client:
        (answer,) = client.classify([longest])
        assert answer.label == "京都"
        with pytest.raises(ServingError, match=r"INVALID_ARGUMENT: a text, or an Example, may have 1,048,576 bytes"):
            client.predict({"text": [longest + b"x"]})


def test_a_hundred_thousand_texts_in_one_request_while_others_are_answered(server: Running) -> None:
    with (
        Client(server.grpc, name="評判", timeout=300) as large,
        Client(server.grpc, name="評判", timeout=60) as small,
        concurrent.futures.ThreadPoolExecutor(1) as executor,
    ):
        whole = executor.submit(large.predict, {"text": ["グルメ", "京都"] * 50_000})
        beside = 0
        while not whole.done():
            assert small.classify(["京都"])[0].label == "京都"
            beside += 1
        outputs = whole.result()
    assert beside > 5
    assert [label.decode() for label in outputs["label"][:4]] == ["グルメ", "京都", "グルメ", "京都"]
    assert len(outputs["label"]) == 100_000


def test_no_texts_at_all(server: Running) -> None:
    with Client(server.grpc, name="評判") as client:
        assert client.predict({"text": []}) != {}
        with pytest.raises(ServingError, match="INVALID_ARGUMENT: Input is empty"):
            client.classification([])
    assert post(server, b'{"inputs": []}')[0] == 200
    status, answer = post(server, b'{"instances": []}')
    assert (status, "No values in 'instances' array" in str(answer["error"])) == (400, True)


def test_texts_that_are_not_utf_8(server: Running) -> None:
    for address in (server.grpc, server.rest):
        with Client(address, name="評判") as client:
            assert client.classify([b"\xff\xfe\x00", "京都".encode() + b"\xe4\xba"])[1].label == "京都"


@pytest.mark.parametrize(
    ("body", "status", "said"),
    [
        (b"", 400, "JSON Parse error"),
        (b"\xff", 400, "JSON Parse error: Invalid value. at offset: 0"),
        (b"[" * 100_000, 400, "more than 64 lists and objects in one another"),
        (b'{"a":' * 100_000, 400, "more than 64 lists and objects in one another"),
        (b"[]", 400, "JSON Value: [] Is not object"),
        (b"{}", 400, "Missing 'inputs' or 'instances' key"),
    ],
)
def test_bodies_that_are_no_request(server: Running, body: bytes, status: int, said: str) -> None:
    found, answer = post(server, body)
    assert found == status and said in str(answer["error"])


def test_no_error_is_too_long_to_reach_a_client(server: Running) -> None:
    with Client(server.grpc, name="評判") as client, pytest.raises(ServingError, match="sssss") as told:
        client.predict({"text": ["a"]}, "s" * 20_000)
    assert told.value.code == "FAILED_PRECONDITION"
    assert len(str(told.value)) < 10_000


def test_a_model_without_a_name_and_an_example_that_is_none(server: Running) -> None:
    with Client(server.grpc, name="評判") as client:
        object.__setattr__(client.target, "name", "")  # which our own client refuses to send
        with pytest.raises(ServingError, match="INVALID_ARGUMENT: ModelSpec"):
            client.classify(["a"])
    with Client(server.grpc, name="評判") as client, pytest.raises(ServingError, match="INVALID_ARGUMENT"):
        client.predict({"examples": np.array([b"\xff" * 10], object)}, "tf_example")
    found, _ = post(server, b'{"examples": [{"\\ud800": "a"}]}', "/v1/models/評判:classify")
    assert found == 400


def test_a_shape_that_lies_about_the_texts(server: Running) -> None:
    """One text for many, and none for one."""
    for texts, claimed in (([b"x"], 134_217_727), ([], 1)):
        request = predict_pb2.PredictRequest()
        request.model_spec.name = "評判"
        request.inputs["text"].dtype = tf.string.as_datatype_enum
        request.inputs["text"].string_val.extend(texts)
        request.inputs["text"].tensor_shape.dim.add(size=claimed)
        with grpc.insecure_channel(server.grpc) as channel:
            stub = prediction_service_pb2_grpc.PredictionServiceStub(channel)
            with pytest.raises(grpc.RpcError, match="tensor parsing error: a tensor of shape") as refused:
                stub.Predict(request, timeout=30)
        assert refused.value.code() == grpc.StatusCode.INVALID_ARGUMENT


def test_row_and_column_format_and_base64(server: Running) -> None:
    rows = post(server, '{"instances": ["京都", {"b64": "44Kw44Or44Oh"}]}'.encode())[1]["predictions"]
    assert [row["label"] for row in rows] == ["京都", "グルメ"]  # type: ignore[attr-defined]
    named = post(server, '{"instances": [{"text": "京都"}, {"text": "グルメ"}]}'.encode())[1]["predictions"]
    assert [row["label"] for row in named] == ["京都", "グルメ"]  # type: ignore[attr-defined]
    columns = post(server, '{"inputs": {"text": ["京都", "グルメ"]}}'.encode())[1]["outputs"]
    assert columns["label"] == ["京都", "グルメ"]  # type: ignore[index]
    single = post(server, b'{"instances": ["abc"], "signature_name": "embed"}')[1]
    assert single == {"predictions": [[3.0, 6.0]]}


def test_five_hundred_connections(server: Running) -> None:
    request = raw('{"instances": ["京都"]}'.encode())
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(connect(server)) for _ in range(500)]
        for one in sockets:
            one.sendall(request)
        assert all(one.recv(20).startswith(b"HTTP/1.1 200") for one in sockets)


def test_a_client_that_reads_slowly_holds_up_nobody(server: Running) -> None:
    with connect(server) as slow:
        slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        slow.sendall(raw(json.dumps({"instances": ["京都"] * 20_000}).encode()))
        assert slow.recv(10).startswith(b"HTTP/1.1")
        start = time.monotonic()
        with Client(server.grpc, name="評判") as client:
            assert client.classify(["京都"])[0].label == "京都"
        assert time.monotonic() - start < 20  # the slow one takes minutes


def test_clients_that_go_in_the_middle(server: Running) -> None:
    whole = raw(json.dumps({"instances": ["京都"] * 10_000}).encode())
    for sent in (whole[:40], whole):
        for _ in range(20):
            with connect(server) as gone:
                gone.sendall(sent)
    with Client(server.grpc, name="評判", timeout=0.05) as hasty:
        for _ in range(5):
            with pytest.raises(ServingError, match="DEADLINE_EXCEEDED"):
                hasty.predict({"text": ["京都"] * 50_000})


def serve_while(directory: Path, change: Callable[[threading.Event], None]) -> list[str]:
    """Labels that clients were answered, and errors, while a serving directory is changed."""
    done = threading.Event()
    found: list[str] = []

    def ask(address: str) -> None:
        with Client(address, timeout=30, attempts=1) as client:
            while not done.is_set():
                try:
                    found.append(client.classify(["京都"])[0].label)
                except ServingError as error:
                    found.append(str(error))

    with running(directory) as started:
        threads = [threading.Thread(target=ask, args=(one,)) for one in (started.grpc, started.rest) * 2]
        for thread in threads:
            thread.start()
        try:
            change(done)
        finally:
            done.set()
            for thread in threads:
                thread.join()
    return found


def test_a_directory_that_is_removed_and_half_written_while_it_is_served(tmp_path: Path) -> None:
    models.save_whole(tmp_path / "m" / "1")
    models.save_whole(tmp_path / "whole", ["京都", "パリ"])

    def change(done: threading.Event) -> None:
        shutil.rmtree(tmp_path / "m")
        time.sleep(2.5)
        half = tmp_path / "m" / "2"
        half.mkdir(parents=True)
        graph = (tmp_path / "whole" / "saved_model.pb").read_bytes()
        (half / "saved_model.pb").write_bytes(graph[: len(graph) // 2])
        time.sleep(2.5)
        shutil.copytree(tmp_path / "whole", half, dirs_exist_ok=True)
        time.sleep(4)

    found = serve_while(tmp_path / "m", change)
    assert len(found) > 100
    assert set(found) == {"京都"}


def test_two_versions_in_turns_under_load(tmp_path: Path) -> None:
    """A new version a second, for as long as ``TFX_BERT_SWAPS`` says: nothing is refused, memory stays."""
    for name, labels in (("a", ["京都", "東京"]), ("b", ["京都", "大阪"])):
        models.save_whole(tmp_path / name, labels)
    shutil.copytree(tmp_path / "a", tmp_path / "m" / "1")
    swaps = int(os.environ.get("TFX_BERT_SWAPS", "8"))

    def change(done: threading.Event) -> None:
        for number in range(2, 2 + swaps):
            hidden = tmp_path / "m" / f".tmp-{number}"
            shutil.copytree(tmp_path / "ab"[number % 2], hidden)
            hidden.rename(tmp_path / "m" / str(number))
            time.sleep(1)

    found = serve_while(tmp_path / "m", change)
    assert len(found) > 20 * swaps
    assert set(found) == {"京都"}


def test_what_is_under_way_is_answered_after_sigterm(tmp_path: Path) -> None:
    models.save(tmp_path / "m" / "1", serving_default=models.classify, waiting=_waiting)
    with running(tmp_path / "m") as started, Client(started.grpc) as client:
        with concurrent.futures.ThreadPoolExecutor(1) as executor:
            answer = executor.submit(client.predict, {"text": ["京都"] * 3_000}, "waiting")
            time.sleep(0.5)
            assert not answer.done()
            started.process.send_signal(signal.SIGTERM)
            assert len(answer.result(60)["same"]) == 3_000
        assert started.process.wait(60) == 0
        with pytest.raises(ServingError, match="UNAVAILABLE"):
            Client(started.grpc, attempts=1).classify(["京都"])


def test_who_asks_a_server_that_stops_is_told_to_ask_again(tmp_path: Path) -> None:
    models.save_classifier(tmp_path / "m" / "1")
    with running(tmp_path / "m") as started, contextlib.ExitStack() as stack:
        clients = [stack.enter_context(Client(address, attempts=1)) for address in (started.grpc, started.rest)]
        assert [client.classify(["京都"])[0].label for client in clients] == ["京都", "京都"]
        started.process.send_signal(signal.SIGTERM)
        assert started.process.stdout is not None
        assert started.process.stdout.readline().startswith("draining")
        for client in clients:
            with pytest.raises(ServingError, match="UNAVAILABLE: the server is shutting down"):
                client.classify(["京都"])
        assert started.process.wait(60) == 0


def _waiting(text: tf.Tensor) -> models.Outputs:
    """Work that takes its time, without Python in it."""
    rounds = tf.while_loop(
        lambda number, product: number < 20,
        lambda number, product: (number + 1, tf.linalg.matmul(product, product)),
        (0, tf.random.normal([512, 512])),
    )
    with tf.control_dependencies(rounds):
        return {"same": tf.identity(text)}
