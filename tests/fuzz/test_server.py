"""Requests over REST and gRPC that are nearly right, or nothing at all: each gets an answer that blames the request.

One real server in this process answers all of them. ``TFX_BERT_FUZZ_EXAMPLES`` is the number of requests of each kind.
"""

import base64
import contextlib
import gzip
import http.client
import json
import os
import socket
import time
from collections.abc import Iterator

import grpc
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.serving.protos import (
    classification_pb2,
    get_model_metadata_pb2,
    get_model_status_pb2,
    predict_pb2,
)
from tests.components.servable_check import models
from tests.pipeline.serving.inside import Inside, inside

pytestmark = pytest.mark.slow

EXAMPLES = int(os.environ.get("TFX_BERT_FUZZ_EXAMPLES", "60"))
LONGEST = 2.0  # seconds that an answer may take
fuzz = settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
SERVICE, MODELS = "/tensorflow.serving.PredictionService/", "/tensorflow.serving.ModelService/"
BLAMES_THE_REQUEST = {
    grpc.StatusCode.OK,
    grpc.StatusCode.INVALID_ARGUMENT,
    grpc.StatusCode.NOT_FOUND,
    grpc.StatusCode.FAILED_PRECONDITION,
    grpc.StatusCode.RESOURCE_EXHAUSTED,
    grpc.StatusCode.UNIMPLEMENTED,
}

TEXTS = st.sampled_from(["京都", "グルメ", "", "\0", "😀", "a" * 300]) | st.text(max_size=20)
B64 = st.builds(lambda content: {"b64": base64.b64encode(content).decode()}, st.binary(max_size=20)) | st.builds(
    lambda text: {"b64": text}, TEXTS
)
NUMBERS = st.integers() | st.floats() | st.sampled_from([2**63, 2**64, -(2**63), 10**400])
LEAVES = TEXTS | B64 | st.none() | st.booleans() | NUMBERS
VALUES = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["text", "b64", "id"]) | TEXTS, inner, max_size=3)
    ),
    max_leaves=8,
)
ROWS = st.lists(TEXTS | st.builds(lambda value: {"text": value}, VALUES) | VALUES, max_size=4)
NAMES = st.sampled_from(["serving_default", "classify", "tf_example", "embed", "tokenize", "nowhere", ""])
BODIES = st.fixed_dictionaries(
    {},
    optional={
        "instances": ROWS | VALUES,
        "inputs": ROWS | st.builds(lambda value: {"text": value}, ROWS) | VALUES,
        "examples": ROWS | VALUES,
        "context": VALUES,
        "signature_name": NAMES | VALUES,
    },
)
PATHS = st.sampled_from(["", "/versions/7", "/versions/8", "/labels/x", "/versions/99999999999999999999", "/metadata"])
VERBS = st.sampled_from([":predict", ":classify", ":regress", "", ":tokenize"])
METHODS = st.sampled_from(["POST"] * 8 + ["GET", "PUT", "HEAD", "OPTIONS", "DELETE"])


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Inside]:
    directory = tmp_path_factory.mktemp("fuzz") / "m"
    models.save_whole(directory / "7")
    with inside(directory, "m") as started:
        yield started
        assert started.log == []


@pytest.fixture(scope="module")
def channel(server: Inside) -> Iterator[grpc.Channel]:
    with grpc.insecure_channel(server.grpc) as opened:
        yield opened


def mutate(content: bytes, places: list[tuple[float, bytes, bool]]) -> bytes:
    """Puts bytes in, or over others, at places that are shares of the length."""
    for share, more, is_over in places:
        place = int(share * len(content))
        content = content[:place] + more + content[place + (len(more) if is_over else 0) :]
    return content


MUTATIONS = st.lists(
    st.tuples(
        st.floats(0, 1),
        st.binary(max_size=4)
        | st.sampled_from([b'"', b"\\", b"{", b"[", b"}", b"]", b",", b"\xff", b"\\ud800", b"NaN", b"-"]),
        st.booleans(),
    ),
    max_size=3,
)  # fmt: skip


def check_rest(server: Inside, method: str, path: str, body: bytes, headers: dict[str, str]) -> None:
    connection = http.client.HTTPConnection(*server.rest_address, timeout=10)
    started = time.monotonic()
    connection.request(method, path, body, headers)
    response = connection.getresponse()
    content = response.read()
    connection.close()
    assert time.monotonic() - started < LONGEST
    assert response.status == 200 or 400 <= response.status < 500, content
    if content:
        answer = json.loads(content)
        assert (response.status == 200) == ("error" not in answer), content
    assert server.log == []


@fuzz
@given(body=BODIES, changes=MUTATIONS, path=PATHS, verb=VERBS, method=METHODS, ascii_only=st.booleans())
def test_json_that_is_nearly_right(
    server: Inside, body: dict[str, object], changes: list[tuple[float, bytes, bool]], path: str, verb: str,
    method: str, ascii_only: bool,
) -> None:  # fmt: skip
    sent = mutate(json.dumps(body, ensure_ascii=ascii_only).encode(errors="surrogatepass"), changes)
    check_rest(server, method, f"/v1/models/m{path}{verb}", sent, {})


@fuzz
@given(
    body=st.binary(max_size=200) | BODIES.map(json.dumps).map(str.encode).map(gzip.compress),
    changes=MUTATIONS,
    encoding=st.sampled_from(["gzip", "gzip, gzip", "identity", "br", "deflate", ", gzip", "\t"]),
    kind=st.sampled_from(["application/json", "text/plain", "multipart/form-data; boundary=x", "\x7f"]),
)
def test_bytes_and_encodings(
    server: Inside, body: bytes, changes: list[tuple[float, bytes, bool]], encoding: str, kind: str
) -> None:
    headers = {"Content-Encoding": encoding, "Content-Type": kind, "Connection": "close"}
    if kind == "\x7f":
        headers["Content-Type"] = "a/b"
    check_rest(server, "POST", "/v1/models/m:predict", mutate(body, changes), headers)


LINES = st.sampled_from(
    [
        b"POST /v1/models/m:predict HTTP/1.1", b"GET /v1/models/m HTTP/1.0", b"Host: x", b"Content-Length: 5",
        b"Content-Length: -5", b"Content-Length: 99999999999999999999", b"Transfer-Encoding: chunked", b"A: \xff",
        b"Transfer-Encoding: chunked, gzip", b"Expect: 100-continue", b"Expect: tea", b"Upgrade: websocket",
        b"Connection: close", b"Connection: upgrade", b"Content-Encoding: gzip", b"", b"{}", b"5", b"0", b" folded: x",
        b"PRI * HTTP/2.0", b"\0", b"Content-Length: 0", b"GET http://[ HTTP/1.1", b"CONNECT a:1 HTTP/1.1",
    ]
)  # fmt: skip


@fuzz
@given(lines=st.lists(LINES | st.binary(max_size=20), min_size=1, max_size=8))
def test_what_is_hardly_http(server: Inside, lines: list[bytes]) -> None:
    """The client ends its side, so that the server need not wait for more."""
    with socket.create_connection(server.rest_address, timeout=10) as connection, contextlib.suppress(ConnectionError):
        connection.sendall(b"\r\n".join([*lines, b"", b""]))
        connection.settimeout(0.02)
        received = b""
        with contextlib.suppress(TimeoutError, socket.timeout):
            while more := connection.recv(1 << 16):
                received += more
        assert b" 500 " not in received.partition(b"\r\n")[0] and b"Traceback" not in received
        assert not received or received.startswith(b"HTTP/1."), received
    assert server.log == []


def tensors() -> st.SearchStrategy[predict_pb2.PredictRequest]:
    sizes = st.sampled_from([-1, 0, 1, 2, 3, 2**31, 2**62, 2**63 - 1])
    return st.builds(
        _predict,
        NAMES,
        st.sampled_from(["text", "examples", "inputs", "id", ""]),
        st.sampled_from([0, 1, 2, 3, 7, 7, 7, 7, 8, 9, 19, 101, 999]),
        st.lists(sizes, max_size=3) | st.just([1] * 300),
        st.lists(st.binary(max_size=10) | TEXTS.map(lambda text: text.encode(errors="replace")), max_size=3),
        st.lists(st.floats(width=32), max_size=2),
        st.binary(max_size=9),
        st.booleans(),
        st.lists(st.sampled_from(["label", "nowhere", ""]), max_size=2),
    )


def _predict(
    signature: str, name: str, dtype: int, sizes: list[int], texts: list[bytes], numbers: list[float], content: bytes,
    has_unknown_rank: bool, outputs: list[str],
) -> predict_pb2.PredictRequest:  # fmt: skip
    request = predict_pb2.PredictRequest(output_filter=outputs)
    request.model_spec.name, request.model_spec.signature_name = "m", signature
    tensor = request.inputs[name]
    tensor.dtype = dtype
    tensor.string_val.extend(texts)
    tensor.float_val.extend(numbers)
    tensor.tensor_content = content
    tensor.tensor_shape.unknown_rank = has_unknown_rank
    for size in sizes:
        tensor.tensor_shape.dim.add(size=size)
    return request


def check_grpc(server: Inside, channel: grpc.Channel, method: str, content: bytes) -> None:
    started = time.monotonic()
    try:
        channel.unary_unary(method)(content, timeout=10)
    except grpc.RpcError as error:
        assert error.code() in BLAMES_THE_REQUEST, (error.code(), error.details())
        assert error.details()
    assert time.monotonic() - started < LONGEST
    assert server.log == []


@fuzz
@given(request=tensors(), changes=MUTATIONS)
def test_predict_over_grpc(
    server: Inside, channel: grpc.Channel, request: predict_pb2.PredictRequest, changes: list[tuple[float, bytes, bool]]
) -> None:
    check_grpc(server, channel, f"{SERVICE}Predict", mutate(request.SerializeToString(), changes))


def _classify(
    signature: str, features: dict[str, bytes | int | float], has_context: bool
) -> classification_pb2.ClassificationRequest:
    request = classification_pb2.ClassificationRequest()
    request.model_spec.name, request.model_spec.signature_name = "m", signature
    examples = request.input.example_list_with_context if has_context else request.input.example_list
    for name, value in features.items():
        feature = examples.examples.add().features.feature[name]
        kind = {bytes: "bytes_list", int: "int64_list", float: "float_list"}[type(value)]
        getattr(feature, kind).value.append(value)
        if has_context:
            getattr(examples.context.features.feature[name], kind).value.append(value)
    return request


FEATURES = st.dictionaries(
    st.sampled_from(["text", "id", ""]), st.binary(max_size=9) | st.integers(-9, 9) | st.floats(width=32), max_size=3
)
OTHERS = st.one_of(
    st.tuples(
        st.just(f"{SERVICE}Classify"),
        st.builds(_classify, NAMES, FEATURES, st.booleans()).map(lambda one: one.SerializeToString()),
    ),
    st.tuples(
        st.just(f"{SERVICE}GetModelMetadata"),
        st.lists(st.sampled_from(["signature_def", "x"]), max_size=2).map(
            lambda fields: get_model_metadata_pb2.GetModelMetadataRequest(
                model_spec={"name": "m"}, metadata_field=fields
            ).SerializeToString()
        ),
    ),
    st.tuples(
        st.just(f"{MODELS}GetModelStatus"),
        st.sampled_from(["m", "", "京都"]).map(
            lambda name: get_model_status_pb2.GetModelStatusRequest(model_spec={"name": name}).SerializeToString()
        ),
    ),
    st.tuples(
        st.sampled_from(
            [f"{SERVICE}Regress", f"{SERVICE}MultiInference", f"{MODELS}HandleReloadConfigRequest", "/a/b"]
        ),
        st.binary(max_size=20),
    ),
)


@fuzz
@given(asked=OTHERS, changes=MUTATIONS)
def test_other_methods_over_grpc(
    server: Inside, channel: grpc.Channel, asked: tuple[str, bytes], changes: list[tuple[float, bytes, bool]]
) -> None:
    method, content = asked
    check_grpc(server, channel, method, mutate(content, changes))
