"""Messages over gRPC: counted before they are read, unpacked within a bound; what is not served says why."""

import gzip
import time
import zlib
from collections.abc import Iterator

import grpc
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.serving.client import Client
from pipeline.serving.protos import classification_pb2, predict_pb2
from pipeline.serving.server import limits, wire
from pipeline.serving.server.refusals import Refusal
from pipeline.serving.target import ServingError
from tests.components.servable_check import models
from tests.pipeline.serving.inside import Inside, inside

SERVICE = "/tensorflow.serving.PredictionService/"


def predict(texts: list[bytes], name: str = "評判") -> predict_pb2.PredictRequest:
    request = predict_pb2.PredictRequest()
    request.model_spec.name = name
    tensor = request.inputs["text"]
    tensor.dtype = 7
    tensor.string_val.extend(texts)
    tensor.tensor_shape.dim.add(size=len(texts))
    return request


@given(st.lists(st.binary(max_size=50), max_size=20), st.sampled_from([bytes, gzip.compress, zlib.compress]))
def test_what_is_sent_is_read(texts: list[bytes], pack: object) -> None:
    request = predict(texts)
    assert wire.read(predict_pb2.PredictRequest, pack(request.SerializeToString())) == request  # type: ignore[operator]


def test_large_ones_are_read_too() -> None:
    request = predict(["京都".encode()] * limits.MOST_TEXTS)
    assert wire.read(predict_pb2.PredictRequest, request.SerializeToString()) == request
    examples = classification_pb2.ClassificationRequest()
    for _ in range(5_000):
        example = examples.input.example_list.examples.add()
        example.features.feature["text"].bytes_list.value.append("京都の寺".encode())
        example.features.feature["share"].float_list.value.extend([0.5] * 4)
    assert wire.read(classification_pb2.ClassificationRequest, examples.SerializeToString()) == examples


def test_many_values_of_two_bytes_are_refused_before_they_are_read() -> None:
    started = time.process_time()
    with pytest.raises(Refusal, match="holds more than 1,000,000 values"):
        wire.read(predict_pb2.PredictRequest, predict([b""] * 1_100_000).SerializeToString())
    assert time.process_time() - started < 10
    numbers = predict([])
    numbers.inputs["text"].float_val.extend([0.0] * (3 << 20))
    with pytest.raises(Refusal, match="bytes of numbers"):
        wire.read(predict_pb2.PredictRequest, numbers.SerializeToString())


@pytest.mark.parametrize("tail", [b"\x12", b"\x12\xff\xff\xff\xff\x7f", b"\x0b", b"\xff" * 11, b"\x0a\x05\x0a\x09"])
@pytest.mark.parametrize("size", [0, 100_000])
def test_what_is_no_message(tail: bytes, size: int) -> None:
    with pytest.raises(Refusal, match=r"INVALID_ARGUMENT: the request is no tensorflow.serving.PredictRequest"):
        wire.read(predict_pb2.PredictRequest, predict([b"x" * size]).SerializeToString() + tail)


def test_bombs() -> None:
    for pack in (gzip.compress, zlib.compress):
        with pytest.raises(Refusal, match="RESOURCE_EXHAUSTED: .* unpacks to more than 67,108,864 bytes"):
            wire.read(predict_pb2.PredictRequest, pack(bytes(limits.LARGEST_BODY + 1)))
    for broken in (b"\x1f\x8b", gzip.compress(b"")[:-1], b"\x78\x00"):
        with pytest.raises(Refusal, match="INVALID_ARGUMENT: the request cannot be uncompressed"):
            wire.read(predict_pb2.PredictRequest, broken)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Inside]:
    directory = tmp_path_factory.mktemp("messages") / "評判"
    models.save_whole(directory / "7")
    with inside(directory) as started:
        yield started
        assert started.log == []


@pytest.mark.slow
@pytest.mark.parametrize("compression", list(grpc.Compression))
def test_compressed_over_the_wire(server: Inside, compression: grpc.Compression) -> None:
    with grpc.insecure_channel(server.grpc) as channel:
        call = channel.unary_unary(f"{SERVICE}Predict")
        answer = call(predict(["京都".encode()] * 100).SerializeToString(), timeout=10, compression=compression)
        found = predict_pb2.PredictResponse.FromString(answer).outputs["label"].string_val
        assert found == ["京都".encode()] * 100
        with pytest.raises(grpc.RpcError) as refused:
            call(bytes(limits.LARGEST_BODY + 1), timeout=20, compression=compression)
        assert refused.value.code() == grpc.StatusCode.RESOURCE_EXHAUSTED


@pytest.mark.slow
@pytest.mark.parametrize(
    ("method", "why"),
    [
        (f"{SERVICE}Regress", "these models classify"),
        (f"{SERVICE}MultiInference", "ask Classify or Predict"),
        ("/tensorflow.serving.ModelService/HandleReloadConfigRequest", "looks for new versions by itself"),
        ("/grpc.health.v1.Health/Watch", "ask Check"),
        ("/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo", "is not served"),
    ],
)
def test_methods_that_are_not_served(server: Inside, method: str, why: str) -> None:
    with grpc.insecure_channel(server.grpc) as channel, pytest.raises(grpc.RpcError) as refused:
        channel.unary_unary(method)(b"", timeout=10)
    assert refused.value.code() == grpc.StatusCode.UNIMPLEMENTED
    assert method in refused.value.details() and why in refused.value.details()


@pytest.mark.slow
def test_metadata_that_is_large_and_too_many_texts(server: Inside) -> None:
    with grpc.insecure_channel(server.grpc) as channel:
        with pytest.raises(grpc.RpcError) as refused:
            channel.unary_unary(f"{SERVICE}Predict")(b"", timeout=10, metadata=[("a", "x" * 100_000)])
        assert refused.value.code() == grpc.StatusCode.RESOURCE_EXHAUSTED
    with Client(server.grpc, name="評判", attempts=1) as client:
        with pytest.raises(ServingError, match="INVALID_ARGUMENT: the request has 100,001 texts"):
            client.predict({"text": ["a"] * (limits.MOST_TEXTS + 1)}, "embed")
        assert client.classify(["京都"])[0].label == "京都"
