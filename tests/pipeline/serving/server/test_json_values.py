"""What JSON means, as TF Serving's json_tensor.cc and absl's escaping.cc have it."""

import base64

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given
from hypothesis import strategies as st

from pipeline.serving.protos import classification_pb2
from pipeline.serving.server import limits
from pipeline.serving.server.json_body import parse
from pipeline.serving.server.json_values import decode_base64, fill_classification, read_inputs
from pipeline.serving.server.refusals import Refusal

SPACES = st.text(alphabet=" \t\n\v\f\r", max_size=3)


def body_of(text: str) -> dict[object, object]:
    return parse(text.encode(), False, 1 << 20, 64, 1_000)


@given(st.binary(max_size=20), st.data())
def test_base64_with_white_space_and_any_padding(content: bytes, data: st.DataObject) -> None:
    written = base64.b64encode(content).decode()
    digits, padding = written.rstrip("="), written.count("=")
    pads = data.draw(st.lists(st.sampled_from("=."), min_size=padding, max_size=padding) | st.just([]))
    pieces = [data.draw(SPACES) + one for one in [*digits, *pads]]
    assert decode_base64("".join(pieces) + data.draw(SPACES)) == content


@pytest.mark.parametrize(
    "text",
    [
        "京都",
        "?",
        "QQ=",
        "QQ===",
        "QUI==",
        "QUJD=",
        "QUJD....",
        "A",
        "QUJDR",
        "QQ==QQ==",
        "=",
        "Q=Q=",
        "a-_b",
        "QQ\0==",
    ],
)
def test_what_is_no_base64(text: str) -> None:
    with pytest.raises(Refusal, match="INVALID_ARGUMENT: Unable to base64 decode"):
        decode_base64(text)


def test_bits_that_are_left_over_are_ignored() -> None:
    assert decode_base64("QR==") == decode_base64("QQ") == b"A"
    assert decode_base64("") == decode_base64(" ") == b""


@pytest.mark.parametrize(
    ("text", "values", "layout"),
    [
        ('{"instances": ["京都", {"b64": "44Kw"}]}', ["京都".encode(), "グ".encode()], "row"),
        ('{"instances": [{"text": "京都"}, {"text": {"b64": "YQ"}}]}', ["京都".encode(), b"a"], "row"),
        ('{"instances": [["a"], ["b"]]}', [[b"a"], [b"b"]], "row"),
        ('{"instances": [[], []]}', [[], []], "row"),
        ('{"inputs": ["a", "b"]}', [b"a", b"b"], "column"),
        ('{"inputs": {"text": ["a"]}}', [b"a"], "column"),
        ('{"inputs": {"text": ["a"], "id": 7, "tags": [[1], "x"]}}', [b"a"], "column"),
        ('{"inputs": {"b64": "YQ=="}}', b"a", "column"),
        ('{"inputs": []}', [], "column"),
        ('{"inputs": ["a"], "inputs": ["b"]}', [b"a"], "column"),  # the first counts
        ('{"inputs": {"text": ["a"], "text": ["b"]}}', [b"a"], "column"),
        ('{"inputs": ["a"], "instance": 1}', [b"a"], "column"),
    ],
)
def test_inputs(text: str, values: object, layout: str) -> None:
    inputs, found = read_inputs(body_of(text), ["text"])
    assert (list(inputs), inputs["text"].tolist(), found) == (["text"], values, layout)


def test_bytes_that_are_no_text_are_taken_as_they_are() -> None:
    body = parse(b'{"instances": ["caf\xe9\xff"]}', False, 100, 64, 100)
    assert read_inputs(body, ["text"])[0]["text"].tolist() == [b"caf\xe9\xff"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{}", "Missing 'inputs' or 'instances' key"),
        ('{"instances": ["a"], "inputs": ["a"]}', "only one of 'inputs' or 'instances' keys to exist"),
        ('{"instances": "a"}', "Expecting 'instances' to be an list/array"),
        ('{"instances": {"text": "a"}}', "Expecting 'instances' to be an list/array"),
        ('{"instances": []}', "No values in 'instances' array"),
        (
            '{"instances": [{"text": "a", "id": 7}]}',
            "key: id of 'instances' list. Error: INVALID_ARGUMENT: JSON object: does not have named input: id",
        ),
        ('{"instances": [{"text": "a"}, {"txt": "a"}]}', "Failed to process element: 1 key: txt"),
        ('{"instances": [{}]}', "keys must be equal to: text"),
        ('{"instances": [{"text": "a"}, "b"]}', "Expecting object but got list at item 1 of input list"),
        ('{"instances": ["a", {"text": "b"}]}', "Expecting value/list but got object at item 1 of input list"),
        ('{"instances": [{"text": "a", "text": "b"}]}', "repeats a key"),
        ('{"instances": [1]}', "JSON Value: 1 Type: Number is not of expected type: string"),
        ('{"instances": [null]}', "Type: Null is not of expected type: string"),
        ('{"instances": [true]}', "JSON Value: true Type: True is not"),
        ('{"instances": [NaN]}', "JSON Value: NaN Type: Number is not"),
        ('{"instances": [{"text": {"b64": 1}}]}', "not formatted correctly for base64 data"),
        ('{"instances": [{"text": {"b64": "YQ", "a": 1}}]}', "not formatted correctly for base64 data"),
        ('{"instances": [{"text": "a"}, {"text": "京都", "京都": 1}]}', "does not have named input: 京都"),
        ('{"instances": [["a"], "b"]}', "found at incorrect level"),
        ('{"instances": ["a", ["b"]]}', "Encountered list at unexpected level: 0 expected < 0"),
        ('{"instances": [["a"], ["b", "c"]]}', "unexpected size: 2 at level: 0 expected size: 1"),
        ('{"inputs": [["a"], ["b", ["c"]]]}', "Encountered list at unexpected"),
        ('{"inputs": {"txt": ["a"]}}', "Missing named input: text in 'inputs' object."),
        ('{"inputs": 1}', "JSON Value: 1 Type: Number is not of expected type: string"),
        ('{"inputs": ' + "[" * 40 + '"a"' + "]" * 40 + "}", "a tensor of rank 40, and 32 is the largest"),
    ],
)
def test_wrong_inputs(text: str, said: str) -> None:
    with pytest.raises(Refusal) as refused:
        read_inputs(body_of(text), ["text"])
    assert said in refused.value.details and refused.value.http_status == 400


def test_a_long_value_is_quoted_in_part() -> None:
    with pytest.raises(Refusal) as refused:
        read_inputs({"instances": "京" * 100_000}, ["text"])
    assert len(refused.value.details) < 400


@pytest.mark.parametrize("key", ["instances", "inputs"])
def test_texts_of_a_request(key: str) -> None:
    assert len(read_inputs({key: ["a"] * limits.MOST_TEXTS}, ["text"])[0]["text"]) == limits.MOST_TEXTS
    with pytest.raises(Refusal, match="100,001 texts, and a request may have 100,000"):
        read_inputs({key: ["a"] * (limits.MOST_TEXTS + 1)}, ["text"])


def examples_of(text: str) -> list[tf.train.Example]:
    request = classification_pb2.ClassificationRequest()
    fill_classification(request, body_of(text))
    kind = request.input.WhichOneof("kind")
    examples = getattr(request.input, kind)
    context = examples.context.SerializeToString() if kind == "example_list_with_context" else b""
    return [tf.train.Example.FromString(context + one.SerializeToString()) for one in examples.examples]


def test_features_of_every_kind() -> None:
    (example,) = examples_of(
        '{"context": {"day": [1, 2]}, "examples": [{"text": "京都", "id": 7, "share": 0.5, "is": true, "tags": ["a", '
        '{"b64": "YQ"}], "none": [], "big": 18446744073709551616, "odd": NaN, "mixed": [true, 3], '
        '"text2": {"b64": "Yg"}}]}'
    )
    found = example.features.feature
    assert found["text"].bytes_list.value == ["京都".encode()] and found["text2"].bytes_list.value == [b"b"]
    assert found["id"].int64_list.value == [7] and found["is"].int64_list.value == [1]
    assert found["share"].float_list.value == [0.5] and found["day"].int64_list.value == [1, 2]
    assert found["tags"].bytes_list.value == [b"a", b"a"] and found["none"].WhichOneof("kind") is None
    assert found["big"].float_list.value == [2.0**64] and np.isnan(found["odd"].float_list.value[0])
    assert found["mixed"].int64_list.value == [1, 3]


def test_of_a_feature_that_is_repeated_the_last_counts_and_the_examples_own_over_the_contexts() -> None:
    (example,) = examples_of('{"context": {"text": "c"}, "examples": [{"text": "a", "text": "b"}]}')
    assert example.features.feature["text"].bytes_list.value == [b"b"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{}", "When method is classify, key 'examples' is expected and was not found"),
        ('{"examples": {}}', "Expecting 'examples' value to be an list/array"),
        ('{"examples": []}', "'examples' value is an empty array"),
        ('{"examples": ["a"]}', "Example must be JSON object but got JSON String"),
        ('{"examples": [{"text": "a"}], "context": [1]}', "Example must be JSON object but got JSON Array"),
        ('{"examples": [{"a": null}]}', "Feature: a has element with unexpected JSON type: Null"),
        ('{"examples": [{"a": [[1]]}]}', "Feature: a has element with unexpected JSON type: Array"),
        ('{"examples": [{"a": {"b": 1}}]}', "Feature: a has element with unexpected JSON type: Object"),
        ('{"examples": [{"a": [1, "b"]}]}', "Unexpected element type in feature: a expecting type: int64"),
        ('{"examples": [{"a": ["b", 1.5]}]}', "Unexpected element type in feature: a expecting type: bytes"),
        ('{"examples": [{"a": [1.5, 2]}]}', "Unexpected element type in feature: a expecting type: float"),
        ('{"examples": [{"a": 18446744073709551615}]}', "Feature: a has uint64_t element. Only int64_t is supported."),
        ('{"examples": [{"京都": {"b64": "?"}}]}', "Unable to base64 decode"),
    ],
)
def test_wrong_examples(text: str, said: str) -> None:
    with pytest.raises(Refusal) as refused:
        examples_of(text)
    assert said in refused.value.details
