"""Whatever a server answers, over REST or gRPC: each text has an answer or an error, within two seconds.

``TFX_BERT_FUZZ_EXAMPLES`` sets how many answers each test tries.
"""

import gzip
import json
import os
import time
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.serving.answers import Prediction
from pipeline.serving.client import Client, Failure
from pipeline.serving.commands import answer_rows
from pipeline.serving.protos import predict_pb2, types_pb2
from pipeline.serving.target import ServingError, VersionState
from tests.pipeline.serving.playing import METADATA, STATUS, Playing, http_answer, over_grpc, rest, strict
from tests.pipeline.serving.test_answers import changed, response

EXAMPLES = int(os.environ.get("TFX_BERT_FUZZ_EXAMPLES", "50"))
SECONDS = 2.0
TEXTS = ["京都の寺", "a"]
FUZZ = settings(
    max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True, database=None
)

RIGHT = changed(
    label=["京", "b"],
    score=[0.75, 0.5],
    labels=[["京", "b"]] * 2,
    probabilities=[[0.75, 0.25], [0.5, 0.5]],
)
LEAVES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=20)
    | st.sampled_from(["京", "", "NaN", "\ud800", "\x1b[2J", {"b64": "!"}, {"b64": "5Lqs"}, {"b64": 1}, 10**400, 1e300])
)
JSON = st.recursive(
    LEAVES, lambda one: st.lists(one, max_size=4) | st.dictionaries(st.text(max_size=8), one, max_size=4), max_leaves=12
)


@st.composite
def mutated(draw: st.DrawFn, right: Any) -> Any:
    """The right value but for one part of it, which is another, is gone or is there twice."""
    if not isinstance(right, list | dict) or not right or draw(st.integers(0, 3)) == 0:
        return draw(JSON)
    key = draw(st.sampled_from(sorted(right) if isinstance(right, dict) else range(len(right))))
    changed = dict(right) if isinstance(right, dict) else list(right)
    what = draw(st.sampled_from(["change", "change", "change", "remove", "twice"]))
    if what == "remove":
        del changed[key]
    elif what == "twice" and isinstance(changed, list):
        changed.insert(key, changed[key])
    else:
        changed[key] = draw(mutated(right[key]))
    return changed


@st.composite
def spoilt(draw: st.DrawFn, right: bytes) -> bytes:
    """Bytes with some cut out, put in or changed."""
    content = bytearray(right)
    for _ in range(draw(st.integers(1, 4))):
        place = draw(st.integers(0, len(content)))
        match draw(st.sampled_from(["cut", "insert", "change", "end"])):
            case "cut":
                del content[place : place + draw(st.integers(1, 20))]
            case "insert":
                content[place:place] = draw(st.binary(max_size=20))
            case "change":
                content[place : place + 1] = bytes([draw(st.integers(0, 255))])
            case _:
                del content[place:]
    return bytes(content)


HTTP_ANSWERS = st.one_of(
    mutated(RIGHT).map(http_answer),
    mutated(RIGHT).map(http_answer),
    spoilt(json.dumps(RIGHT).encode()).map(http_answer),
    spoilt(http_answer(RIGHT)),
    spoilt(gzip.compress(json.dumps(RIGHT).encode())).map(lambda body: http_answer(body, Content_Encoding="gzip")),
    st.binary(max_size=200),
    st.builds(
        lambda body, status, name, value: http_answer(body, status, **{name: value}),
        st.sampled_from([RIGHT, {"error": "京"}, {"error": {}}, b"", b"[" * 100_000]),
        st.sampled_from(
            ["200 OK", "204 No Content", "206 Partial", "100 Continue", "302 Found", "307 Moved", "400 Bad"]
        ),
        st.sampled_from(["Content_Encoding", "Transfer_Encoding", "Content_Length", "Location", "Content_Type"]),
        st.sampled_from(["", "gzip", "deflate", "chunked", "-1", "99", "/x", "http://127.0.0.9:1/", "text/html"]),
    ),
)


@pytest.fixture(scope="module")
def rest_server() -> Iterator[tuple[Playing, Client]]:
    with rest() as server, Client(server.address, name="m", attempts=1, timeout=1.5) as client:
        yield server, client


@pytest.fixture(scope="module")
def grpc_server() -> Iterator[tuple[Playing, Client]]:
    with over_grpc() as server, Client(server.address, name="m", attempts=1, timeout=1.5) as client:
        yield server, client


def check(client: Client) -> None:
    """Asks; every text has its line, which is strict JSON."""
    begun = time.monotonic()
    try:
        answers = list(answer_rows(client.stream, iter(TEXTS)))
    except ServingError as error:  # a redirect
        assert "\n" not in str(error)
        return
    assert len(answers) == len(TEXTS)
    for answer in answers:
        assert isinstance(answer, Prediction | Failure)
        line = json.dumps(vars(answer), ensure_ascii=False, allow_nan=False)
        assert strict(line) == vars(answer) and "\n" not in line
        line.encode()
    assert time.monotonic() - begun < SECONDS


@FUZZ
@given(answer=HTTP_ANSWERS)
def test_rest(rest_server: tuple[Playing, Client], answer: bytes) -> None:
    server, client = rest_server
    server.answer = answer
    check(client)


@FUZZ
@given(status=mutated(STATUS), metadata=mutated(METADATA) | spoilt(json.dumps(METADATA).encode()))
def test_status_and_metadata_over_rest(rest_server: tuple[Playing, Client], status: Any, metadata: Any) -> None:
    server, client = rest_server
    server.get = {"status": http_answer(status), "metadata": http_answer(metadata)}
    try:
        assert all(isinstance(one, VersionState) and isinstance(one.version, int) for one in client.status())
        client.metadata()
    except ServingError as error:
        assert "\n" not in str(error)
    finally:
        server.get = {}


@st.composite
def responses(draw: st.DrawFn) -> bytes:
    """The right message with other tensors in it."""
    answer = predict_pb2.PredictResponse.FromString(response().SerializeToString())
    for name in draw(st.lists(st.sampled_from(["label", "score", "labels", "probabilities", "chosen"]), max_size=4)):
        tensor = answer.outputs[name]
        if draw(st.booleans()):
            tensor.dtype = draw(st.sampled_from([0, *types_pb2.DataType.values()]) | st.integers(0, 200))
        if draw(st.booleans()):
            del tensor.tensor_shape.dim[:]
            for size in draw(st.lists(st.sampled_from([-1, 0, 1, 2, 3, 1 << 20, 1 << 40, (1 << 63) - 1]), max_size=5)):
                tensor.tensor_shape.dim.add(size=size)
        tensor.tensor_shape.unknown_rank = draw(st.booleans())
        tensor.tensor_content = draw(st.binary(max_size=20))
        tensor.string_val.extend(draw(st.lists(st.binary(max_size=4), max_size=3)))
        tensor.float_val.extend(draw(st.lists(st.floats(width=32), max_size=3)))
    return answer.SerializeToString()


@FUZZ
@given(answer=responses() | spoilt(response().SerializeToString()) | st.binary(max_size=60))
def test_grpc(grpc_server: tuple[Playing, Client], answer: bytes) -> None:
    server, client = grpc_server
    server.answer = answer
    check(client)


@FUZZ
@given(answer=st.binary(max_size=60) | spoilt(response().SerializeToString()))
def test_status_and_metadata_over_grpc(grpc_server: tuple[Playing, Client], answer: bytes) -> None:
    server, client = grpc_server
    server.answer = answer
    for call in (client.status, client.metadata, lambda: client.classification(TEXTS)):
        try:
            call()
        except ServingError as error:
            assert "\n" not in str(error)
