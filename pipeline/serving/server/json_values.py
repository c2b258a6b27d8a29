"""What the JSON of a request to TF Serving's REST API means: tensors and Examples.

Sources: https://www.tensorflow.org/tfx/serving/api_rest, and tensorflow_serving/util/json_tensor.cc, whose messages
these are. The row format has ``instances``, the column format ``inputs``; bytes are ``{"b64": "..."}``. Answers
are written by `pipeline.serving.server.json_answers`.
"""

import base64
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from pipeline.serving.protos import classification_pb2, example_pb2, feature_pb2
from pipeline.serving.server.json_answers import Format
from pipeline.serving.server.json_body import REPEATED
from pipeline.serving.server.limits import LARGEST_RANK, MOST_TEXTS
from pipeline.serving.server.refusals import Refusal, invalid

_LONGEST_VALUE = 256  # characters of a value in a message; TF Serving's
_SPACES = str.maketrans("", "", " \t\n\v\f\r")
_BASE64 = re.compile(r"([A-Za-z0-9+/]*)([=.]*)")
_PADDING = {0: 0, 2: 2, 3: 1}  # characters in the last group of four -> what fills it up


def read_inputs(body: Mapping[Any, Any], names: Sequence[str]) -> tuple[dict[str, np.ndarray], Format]:
    """Reads the inputs of a predict request.

    Args:
        body: The request's JSON.
        names: Of the signature's inputs.

    Returns:
        Arrays of ``bytes`` by name, and the format of the request, which is that of the answer.

    Raises:
        Refusal: If they are neither in rows nor in columns, hold something else than texts, or too many of them.
    """
    if "instances" in body and "inputs" in body:
        only = "Not formatted correctly expecting only one of 'inputs' or 'instances' keys to exist"
        raise invalid(f"JSON Value: {_shown(body)} {only}")
    if "instances" in body:
        return _read_rows(body, names), "row"
    if "inputs" in body:
        return _read_columns(body["inputs"], names), "column"
    raise invalid("Missing 'inputs' or 'instances' key")


def fill_classification(request: classification_pb2.ClassificationRequest, body: Mapping[Any, Any]) -> None:
    """Reads the Examples of a classify or regress request.

    Args:
        request: Where they go.
        body: The request's JSON: ``examples``, and perhaps ``context``, whose features all of them have.

    Raises:
        Refusal: If there are none, too many, or one of them is none.
    """
    has_context = "context" in body
    if has_context:
        _fill_example(request.input.example_list_with_context.context, body["context"])
    if "examples" not in body:
        raise _wrong(body, "When method is classify, key 'examples' is expected and was not found")
    examples = body["examples"]
    if not isinstance(examples, list):
        raise _wrong(body, "Expecting 'examples' value to be an list/array")
    if not examples:
        raise _wrong(body, "'examples' value is an empty array")
    _check_number(len(examples))
    filled = request.input.example_list_with_context if has_context else request.input.example_list
    for example in examples:
        _fill_example(filled.examples.add(), example)


def decode_base64(text: str) -> bytes:
    """Decodes as ``absl::Base64Unescape`` does: white space anywhere; padding as ``=``, as ``.``, or none.

    Args:
        text: Of the alphabet with ``+`` and ``/``.

    Raises:
        Refusal: If it is something else.
    """
    found = _BASE64.fullmatch(text.translate(_SPACES))
    if found:
        digits, padding = found.groups()
        wanted = _PADDING.get(len(digits) % 4)
        if wanted is not None and len(padding) in (0, wanted):
            return base64.b64decode(digits + "=" * wanted)
    raise invalid("Unable to base64 decode")


def _read_rows(body: Mapping[Any, Any], names: Sequence[str]) -> dict[str, np.ndarray]:
    rows = body["instances"]
    if not isinstance(rows, list):
        raise _wrong(body, "Expecting 'instances' to be an list/array")
    if not rows:
        raise _wrong(body, "No values in 'instances' array")
    _check_number(len(rows))
    if not isinstance(rows[0], dict) and len(names) > 1:
        raise invalid(
            "instances is a plain list, but expecting list of objects as multiple input tensors required as per "
            "tensorinfo_map"
        )
    if not _is_named(rows[0]):
        values = []
        for place, row in enumerate(rows):
            if _is_named(row):
                raise invalid(f"Expecting value/list but got object at item {place} of input list")
            values.append(row)
        return {names[0]: _to_array(values, lambda place: f"Failed to process element: {place} of 'instances' list.")}
    columns: dict[str, list[Any]] = {name: [] for name in names}
    for place, row in enumerate(rows):
        if not _is_named(row):
            raise invalid(f"Expecting object but got list at item {place} of input list")
        where = f"Failed to process element: {place}"
        for name, value in row.items():
            if name is REPEATED:
                raise invalid(f"{where} of 'instances' list. JSON object: {_shown(row)} repeats a key")
            if name not in columns:
                raise invalid(
                    f"{where} key: {name} of 'instances' list. Error: INVALID_ARGUMENT: JSON object: does not have "
                    f"named input: {name}"
                )
            columns[name].append(value)
        if len(row) != len(columns):
            raise invalid(
                f"{where} of 'instances' list. JSON object: {_shown(row)} keys must be equal to: {','.join(names)}"
            )
    return {name: _to_array(values, _place_in(name)) for name, values in columns.items()}


def _place_in(name: str) -> Callable[[int], str]:
    return lambda place: f"Failed to process element: {place} key: {name} of 'instances' list."


def _read_columns(inputs: Any, names: Sequence[str]) -> dict[str, np.ndarray]:
    """Inputs that the signature does not have are left alone, as TF Serving does."""
    if not _is_named(inputs):
        if len(names) > 1:
            raise invalid(
                "inputs is a plain value/list, but expecting an object as multiple input tensors required as per "
                "tensorinfo_map"
            )
        return {names[0]: _to_array(inputs)}
    for name in names:
        if name not in inputs:
            raise invalid(f"Missing named input: {name} in 'inputs' object.")
    return {name: _to_array(inputs[name]) for name in names}


def _is_named(value: Any) -> bool:
    return isinstance(value, dict) and not _is_base64(value)


def _is_base64(value: Any) -> bool:
    return isinstance(value, dict) and len(value) == 1 and isinstance(value.get("b64"), str)


def _to_array(values: Any, where: Callable[[int], str] | None = None) -> np.ndarray:
    """A tensor of strings, of the shape that the first values of each level have."""
    shape: list[int] = []
    first = values
    while isinstance(first, list):
        shape.append(len(first))
        first = first[0] if first else None
    if len(shape) > LARGEST_RANK:
        raise invalid(f"a tensor of rank {len(shape)}, and {LARGEST_RANK} is the largest")
    if shape:
        _check_number(shape[0])
    flat: list[bytes] = []
    for place, value in enumerate(values) if where else [(0, values)]:
        try:
            flat += _flatten(value, shape[1:] if where else shape, 0)
        except Refusal as refusal:
            raise invalid(f"{where(place)} Error: {refusal}") if where else refusal from None
    array: np.ndarray = np.empty(len(flat), object)
    array[:] = flat
    return array.reshape(shape)


def _flatten(value: Any, shape: Sequence[int], level: int) -> Iterator[bytes]:
    if not isinstance(value, list):
        if level != len(shape):
            raise invalid(
                f"JSON Value: {_shown(value)} found at incorrect level: {level + 1} in the JSON DOM. "
                f"Expected at level: {len(shape)}"
            )
        yield _to_bytes(value)
        return
    if level >= len(shape):
        raise invalid(f"Encountered list at unexpected level: {level} expected < {len(shape)}")
    if len(value) != shape[level]:
        raise invalid(
            f"Encountered list at unexpected size: {len(value)} at level: {level} expected size: {shape[level]}"
        )
    if level + 1 == len(shape):  # the last level, of strings as a rule: without a generator for each
        for one in value:
            if isinstance(one, list):
                raise invalid(f"Encountered list at unexpected level: {level + 1} expected < {len(shape)}")
            yield _to_bytes(one)
        return
    for one in value:
        yield from _flatten(one, shape, level + 1)


def _to_bytes(value: Any) -> bytes:
    if isinstance(value, str):
        return value.encode(errors="surrogateescape")
    if _is_base64(value):
        return decode_base64(value["b64"])
    if isinstance(value, dict):
        raise invalid(f"JSON Value: {_shown(value)} not formatted correctly for base64 data")
    raise invalid(f"JSON Value: {_shown(value)} Type: {_type(value)} is not of expected type: string")


def _fill_example(example: example_pb2.Example, value: Any) -> None:
    if not isinstance(value, dict):
        raise invalid(f"Example must be JSON object but got JSON {_type(value)}")
    for name, content in value.get(REPEATED, value).items():
        feature = example.features.feature[name.encode(errors="surrogateescape").decode(errors="replace")]
        for one in content if isinstance(content, list) else [content]:
            _add_value(feature, name, one)


def _add_value(feature: feature_pb2.Feature, name: str, value: Any) -> None:
    """Adds a value; the first says of which kind the feature is."""
    if isinstance(value, bool | int):
        kind = "int64_list"
        if not isinstance(value, bool) and not -(1 << 63) <= value < 1 << 63:
            if 0 <= value < 1 << 64:
                raise invalid(f"Feature: {name} has uint64_t element. Only int64_t is supported.")
            kind, value = "float_list", float(value)
    elif isinstance(value, float):
        kind = "float_list"
    elif isinstance(value, str) or _is_base64(value):
        kind = "bytes_list"
    else:
        raise invalid(f"Feature: {name} has element with unexpected JSON type: {_type(value)}")
    if (before := feature.WhichOneof("kind")) not in (None, kind):
        raise invalid(f"Unexpected element type in feature: {name} expecting type: {str(before).removesuffix('_list')}")
    if kind == "bytes_list":
        value = _to_bytes(value)
    elif kind == "int64_list":
        value = int(value)  # newer versions of protobuf take no booleans
    getattr(feature, kind).value.append(value)


def _check_number(texts: int) -> None:
    if texts > MOST_TEXTS:
        raise invalid(f"the request has {texts:,} texts, and a request may have {MOST_TEXTS:,}: send several")


def _wrong(body: Any, what: str) -> Refusal:
    return invalid(f"JSON Value: {_shown(body)} {what}")


def _shown(value: Any) -> str:
    """The beginning of a value as JSON, without writing all of it."""
    text = ""
    for piece in json.JSONEncoder(ensure_ascii=False, skipkeys=True, default=str).iterencode(value):
        text += piece[:_LONGEST_VALUE]
        if len(text) >= _LONGEST_VALUE:
            break
    return text[:_LONGEST_VALUE].encode(errors="replace").decode()


def _type(value: Any) -> str:
    """As RapidJSON calls it."""
    if value is None or isinstance(value, bool):
        return {None: "Null", False: "False", True: "True"}[value]
    kinds = ((str, "String"), (dict, "Object"), (list, "Array"))
    return next((name for kind, name in kinds if isinstance(value, kind)), "Number")
