"""Answers that are not as TF Serving gives them: an error for the text, whatever they are."""

import asyncio
import gzip
import json
import time
import zlib
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from pipeline.serving import grpc_transport
from pipeline.serving.answers import Prediction, Unfit, to_predictions
from pipeline.serving.client import AsyncClient, Client, Failure
from pipeline.serving.protos import classification_pb2, predict_pb2, tensor_pb2, types_pb2
from pipeline.serving.rest_transport import to_array
from pipeline.serving.target import LARGEST_ANSWER, ServingError
from pipeline.serving.tensors import to_proto
from tests.pipeline.serving.playing import Playing, http_answer, over_grpc, rest

GOOD: dict[str, Any] = {"label": ["京"], "score": [1.0], "labels": [["京"]], "probabilities": [[1.0]]}


def changed(**outputs: object) -> dict[str, Any]:
    return {"outputs": {**GOOD, **outputs}}


BAD: dict[str, bytes] = {
    "no outputs": http_answer({}),
    "a list": http_answer([]),
    "outputs are a list": http_answer({"outputs": [1]}),
    "outputs are null": http_answer({"outputs": None}),
    "no label": http_answer({"outputs": {"score": [1.0]}}),
    "more labels than texts": http_answer(changed(label=["a"] * 5)),
    "fewer": http_answer(changed(label=[], score=[], labels=[], probabilities=[])),
    "labels are a string": http_answer(changed(labels="a")),
    "label is null": http_answer(changed(label=[None])),
    "label is a number": http_answer(changed(label=[7], labels=[[7]])),
    "label is an object": http_answer(changed(label={"a": 1})),
    "label is true": http_answer(changed(label=[True])),
    "labels without the label": http_answer(changed(labels=[["電話"]])),
    "a label twice": http_answer(changed(labels=[["京", "京"]], probabilities=[[0.5, 0.5]])),
    "label is not base64": http_answer(changed(label=[{"b64": "!"}])),
    "label is base64 of no text": http_answer(changed(label=[{"b64": "/w=="}])),
    "b64 is a number": http_answer(changed(label=[{"b64": 7}])),
    "half a surrogate": http_answer(b'{"outputs": {"label": ["\\ud800"]}}'),
    "fewer probabilities": http_answer(changed(labels=[["京", "b"]])),
    "different lengths": http_answer(changed(probabilities=[[1.0], [2.0, 3.0]])),
    "score is a string": http_answer(changed(score=["1.0"])),
    "score is too large": http_answer(changed(score=[10**400])),
    "not a number": http_answer(changed(score=[float("nan")])),
    "infinite": http_answer(changed(probabilities=[[float("inf")]])),
    "infinite as float32": http_answer(changed(score=[1e300])),
    "chosen is a number": http_answer(changed(chosen=[[1]])),
    "chosen is too long": http_answer(changed(chosen=[[True, False]])),
    "brackets": http_answer(b"[" * 1_000_000),
    "deep lists": http_answer(b'{"outputs": {"label": ' + b"[" * 500 + b"]" * 500 + b"}}"),
    "not UTF-8": http_answer(b"\xff\xfe"),
    "no content": b"HTTP/1.1 204 No Content\r\n\r\n",
    "nothing": b"",
    "noise": b"\x00\x01\x02" * 100,
    "HTTP/0.9": b'{"outputs": {}}',
    "endless headers": b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 100_000,
    "a long header": b"HTTP/1.1 200 OK\r\nX: " + b"y" * 1_000_000,
    "chunked garbage": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n",
    "a body cut off": http_answer(changed())[:-5],
    "two lengths": http_answer(changed(), Content_Length="3"),
    "a gzip header alone": http_answer(changed(), Content_Encoding="gzip"),
    "gzip cut off": http_answer(gzip.compress(json.dumps(changed()).encode())[:-3], Content_Encoding="gzip"),
    "br": http_answer(changed(), Content_Encoding="br"),
    "an error that is no text": http_answer({"error": {"a": 1}}, "400 Bad Request"),
    "an error in two lines": http_answer({"error": "a\x1b[2J\nb"}, "500 Internal Server Error"),
    "a status that nobody knows": http_answer({}, "799 What"),
}


@pytest.fixture(scope="module")
def server() -> Iterator[Playing]:
    with rest() as playing:
        yield playing


def ask(server: Playing, **options: Any) -> list[Prediction | Failure]:
    with Client(server.address, name="m", attempts=1, timeout=5, **options) as client:
        return list(client.stream(["京"]))


@pytest.mark.parametrize("name", BAD)
def test_an_answer_that_does_not_fit_is_an_error(server: Playing, name: str, capfd: pytest.CaptureFixture[str]) -> None:
    server.answer = BAD[name]
    begun = time.monotonic()
    (answer,) = ask(server)
    assert isinstance(answer, Failure), answer
    assert "\n" not in answer.error and "\x1b" not in answer.error and len(answer.error) < 700
    assert time.monotonic() - begun < 2
    assert capfd.readouterr().err == ""


def test_answers_that_fit(server: Playing) -> None:
    packed = gzip.compress(json.dumps(changed()).encode())
    for body, headers in ((changed(), {}), (packed, {"Content_Encoding": "gzip"}), (changed(score=[1]), {})):
        server.answer = http_answer(body, **headers)
        assert ask(server) == [Prediction("京", 1.0, {"京": 1.0})]
    server.answer = http_answer(changed(), Content_Type="text/plain; charset=shift_jis")
    assert ask(server) == [Prediction("京", 1.0, {"京": 1.0})]
    server.answer = http_answer(changed(label=["\x1b[2J"], labels=[["\x1b[2J"]]))
    assert ask(server) == [Prediction("\x1b[2J", 1.0, {"\x1b[2J": 1.0})]


def test_the_size_of_an_answer_is_bounded(server: Playing) -> None:
    bomb = zlib.compressobj(wbits=31)
    packed = b"".join(bomb.compress(b" " * (1 << 20)) for _ in range((LARGEST_ANSWER >> 20) + 1)) + bomb.flush()
    server.answer = http_answer(packed, Content_Encoding="gzip")
    (answer,) = ask(server)
    assert answer == Failure(f"RESOURCE_EXHAUSTED: an answer of over {LARGEST_ANSWER:,} bytes")


def test_what_else_a_server_says_is_checked_too(server: Playing) -> None:
    bad: list[object] = [
        {}, [], {"model_version_status": 1}, {"model_version_status": [1]},
        {"model_version_status": [{"version": "x"}]},
        {"model_version_status": [{"version": "1", "state": 2, "status": {"error_message": ""}}]},
        {"metadata": {"signature_def": {"signature_def": [1]}}},
        {"metadata": {"signature_def": {"signature_def": {"a": {"method_name": 1, "inputs": 2}}}}},
    ]  # fmt: skip
    with Client(server.address, name="m", attempts=1) as client:
        for body in bad:
            server.get = dict.fromkeys(("status", "metadata"), http_answer(body))
            for call in (client.status, client.metadata):
                with pytest.raises(ServingError, match="INTERNAL: .* does not answer as TF Serving does"):
                    call()
        for results in ([], [[["a", float("nan")]]], [[["a"]]], [[[1, 2]]], 7):
            server.answer = http_answer({"results": results})
            with pytest.raises(ServingError, match="does not answer as TF Serving does"):
                client.classification(["京"])
    server.get = {}


def response(**outputs: np.ndarray) -> predict_pb2.PredictResponse:
    arrays: dict[str, np.ndarray] = {
        "label": np.array([b"a"], object),
        "score": np.ones(1, np.float32),
        "labels": np.array([[b"a"]], object),
        "probabilities": np.ones((1, 1), np.float32),
    }
    answer = predict_pb2.PredictResponse()
    for name, array in (arrays | outputs).items():
        answer.outputs[name].CopyFrom(to_proto(array))
    return answer


def test_grpc_answers_are_checked_alike(capfd: pytest.CaptureFixture[str]) -> None:
    lying, unknown = response(), response()
    lying.outputs["label"].tensor_shape.dim[0].size = 1 << 40
    unknown.outputs["label"].CopyFrom(tensor_pb2.TensorProto(dtype=types_pb2.DT_RESOURCE))
    bad = [
        b"\xff\xff\xff",
        b"",
        lying.SerializeToString(),
        unknown.SerializeToString(),
        *(
            response(**outputs).SerializeToString()
            for outputs in (
                {"label": np.array([b"a", b"b"], object)},
                {"label": np.array([b"\xff"], object)},
                {"label": np.ones(1, np.float32)},
                {"score": np.array([np.nan], np.float32)},
                {"score": np.ones((1, 1), np.float32)},
                {"probabilities": np.ones((1, 2), np.float32)},
                {"chosen": np.ones((1, 3), np.bool_)},
            )
        ),
    ]
    with over_grpc() as server, Client(server.address, name="m", attempts=1, timeout=5) as client:
        server.answer = response().SerializeToString()
        assert list(client.stream(["京"])) == [Prediction("a", 1.0, {"a": 1.0})]
        for answer in bad:
            server.answer = answer
            (found,) = client.stream(["京"])
            assert isinstance(found, Failure), answer
        server.answer = b"\xff\xff"
        for call in (client.status, client.metadata, lambda: client.classification(["京"])):
            with pytest.raises(ServingError):
                call()
        server.answer = classification_pb2.ClassificationResponse().SerializeToString()
        with pytest.raises(ServingError, match="0 answers to 1 texts"):
            client.classification(["京"])
    assert "Traceback" not in capfd.readouterr().err


def test_one_bad_row_does_not_take_the_others_with_it(server: Playing, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []

    async def predict(self: object, signature: str, inputs: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        texts = inputs["text"]
        asked.append(len(texts))
        scores = np.array([np.nan if text == b"x" else 1.0 for text in texts], np.float32)
        labels = np.array([b"a"] * len(texts), object)
        return {"label": labels, "score": scores, "labels": labels[:, None], "probabilities": np.ones((len(texts), 1))}

    client = AsyncClient("127.0.0.1:1", name="m")
    monkeypatch.setattr(grpc_transport.GrpcTransport, "predict", predict)

    async def answers() -> list[Prediction | Failure]:
        return [one async for one in client.stream(["a", "b", "x", "d"])]

    found = asyncio.run(answers())
    assert [isinstance(one, Failure) for one in found] == [False, False, True, False]
    assert sorted(asked) == [1, 1, 2, 2, 4]


def test_arrays_of_json() -> None:
    assert to_array([[1, 2.5]]).tolist() == [[1.0, 2.5]]
    assert to_array([]).shape == (0,)
    assert to_array([[], []]).shape == (2, 0)
    assert to_array("京").tolist() == "京".encode()
    for bad in ([1, [2]], [[1], 2], [True, 1], [None], [{"b64": "AA==", "c": 1}], [2**70]):
        with pytest.raises((TypeError, ValueError, OverflowError)):
            to_array(bad)


def test_outputs_of_a_model_in_a_directory_are_checked_too() -> None:
    outputs = {
        "label": np.array([b"a"], object),
        "score": np.array([np.nan], np.float32),
        "labels": np.array([[b"a"]], object),
        "probabilities": np.ones((1, 1), np.float32),
    }
    with pytest.raises(Unfit, match="score is not finite"):
        to_predictions(outputs, 1)
