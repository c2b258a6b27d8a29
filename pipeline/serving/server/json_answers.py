"""Writes the JSON that TF Serving's REST API answers with.

Sources: https://www.tensorflow.org/tfx/serving/api_rest, and tensorflow_serving/util/json_tensor.cc. The row format has
``predictions``, the column format ``outputs``; outputs whose names end with ``_bytes`` are ``{"b64": "..."}``.
"""

import base64
import json
from collections.abc import Mapping, Sequence
from typing import Any, Literal

import numpy as np

from pipeline.serving.protos import classification_pb2

Format = Literal["row", "column"]
"""How a request has its inputs, and so how its answer has the outputs."""
_BYTES_SUFFIX = "_bytes"
_ROWS = 1_000  # that are written at a time: other threads get their turn in between


def write_outputs(outputs: Mapping[str, np.ndarray], layout: Format) -> bytes:
    """The answer to a predict request. A single output comes without its name.

    Args:
        outputs: Arrays by name, whose first dimension is that of the inputs.
        layout: The request's.
    """
    names = list(outputs)
    if layout == "row":
        rows = len(next(iter(outputs.values())))
        parts = (_rows_as_json(outputs, start, min(start + _ROWS, rows)) for start in range(0, rows, _ROWS))
        return b'{"predictions": [' + b", ".join(parts) + b"]}"
    columns = [_column_as_json(outputs[name], name) for name in names]
    if len(names) == 1:
        return b'{"outputs": ' + columns[0] + b"}"
    named = (
        json.dumps(name, ensure_ascii=False).encode() + b": " + one for name, one in zip(names, columns, strict=True)
    )
    return b'{"outputs": {' + b", ".join(named) + b"}}"


def write_classifications(response: classification_pb2.ClassificationResponse) -> bytes:
    """The answer to a classify request."""
    rows = response.result.classifications
    parts = []
    for start in range(0, len(rows), _ROWS):
        some = rows[start : start + _ROWS]
        scores = iter(_decimals(np.array([one.score for row in some for one in row.classes], np.float32)))
        parts += [_dump([[one.label, next(scores)] for one in row.classes]) for row in some]
    return b'{"results": [' + b", ".join(parts) + b"]}"


def _rows_as_json(outputs: Mapping[str, np.ndarray], start: int, end: int) -> bytes:
    values = {name: _to_json(array[start:end], name) for name, array in outputs.items()}
    if len(values) == 1:
        (rows,) = values.values()
    else:
        rows = [dict(zip(values, row, strict=True)) for row in zip(*values.values(), strict=True)]
    return _dump(rows)[1:-1]


def _column_as_json(array: np.ndarray, name: str) -> bytes:
    if not array.ndim:
        return _dump(_to_json(array, name))
    parts = (_dump(_to_json(array[start : start + _ROWS], name))[1:-1] for start in range(0, len(array), _ROWS))
    return b"[" + b", ".join(parts) + b"]"


def _dump(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()


def _to_json(array: np.ndarray, name: str) -> Any:
    kind = array.dtype.kind
    if kind == "f":
        return _nested(_decimals(array.ravel()), array.shape)
    if kind != "O":
        return array.tolist()
    as_base64 = name.endswith(_BYTES_SUFFIX)
    strings = [
        {"b64": base64.b64encode(one).decode()} if as_base64 else one.decode(errors="replace")
        for one in array.ravel().tolist()
    ]
    return _nested(strings, array.shape)


def _decimals(numbers: np.ndarray) -> list[float]:
    """Numbers with as many digits as TF Serving writes: six, or nine where six are another float32."""
    if numbers.dtype != np.float32:
        return numbers.tolist()
    exact = numbers.tolist()
    short = [float(f"{one:.6g}") for one in exact]
    with np.errstate(over="ignore"):
        is_same = (np.array(short, np.float32) == numbers).tolist()
    return [few if same else float(f"{one:.9g}") for few, same, one in zip(short, is_same, exact, strict=True)]


def _nested(flat: list[Any], shape: Sequence[int]) -> Any:
    array: np.ndarray = np.empty(len(flat), object)
    array[:] = flat
    return array.reshape(shape).tolist()
