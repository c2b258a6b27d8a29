"""Tensors of strings in, arrays out, in the JSON of TF Serving's REST API.

Source: https://www.tensorflow.org/tfx/serving/api_rest. The row format has ``instances`` and gives ``predictions``, the
column format has ``inputs`` and gives ``outputs``; bytes that are no text are ``{"b64": "..."}``, and so are outputs
whose names end with ``_bytes``.
"""

import base64
import binascii
from collections.abc import Mapping, Sequence
from typing import Any, Literal

import numpy as np

from pipeline.serving.server.refusals import invalid

Format = Literal["row", "column"]
_BYTES_SUFFIX = "_bytes"


def read_inputs(body: Mapping[str, Any], names: Sequence[str]) -> tuple[dict[str, np.ndarray], Format]:
    """Reads the inputs of a predict request.

    Args:
        body: The request's JSON.
        names: Of the signature's inputs.

    Returns:
        Arrays of ``bytes`` by name, and the format of the request, which is that of the answer.

    Raises:
        Refusal: If they are neither in rows nor in columns, or hold something else than texts.
    """
    if ("instances" in body) == ("inputs" in body):
        raise invalid("Missing 'inputs' or 'instances' key, or both are given")
    if "inputs" in body:
        columns = body["inputs"] if _is_named(body["inputs"]) else {_only(names): body["inputs"]}
        return {name: _to_array(values) for name, values in columns.items()}, "column"
    rows = body["instances"]
    if not isinstance(rows, list) or not rows:
        raise invalid("'instances' must be a list of at least one value")
    if not _is_named(rows[0]):
        return {_only(names): _to_array(rows)}, "row"
    keys = set(rows[0])
    for row in rows:
        if not _is_named(row) or set(row) != keys:
            raise invalid(f"every instance must have the same inputs as the first: {', '.join(sorted(keys))}")
    return {name: _to_array([row[name] for row in rows]) for name in sorted(keys)}, "row"


def read_examples(body: Mapping[str, Any]) -> list[dict[str, list[bytes]]]:
    """Reads the examples of a classify request: for each, its features of strings by name.

    Args:
        body: The request's JSON: ``examples``, and perhaps ``context``, whose features all of them have.

    Raises:
        Refusal: If there are none, or they hold something else than texts.
    """
    examples, context = body.get("examples"), body.get("context", {})
    if not isinstance(examples, list) or not examples:
        raise invalid("'examples' must be a list of at least one object")
    read = []
    for example in examples:
        if not isinstance(example, dict) or not isinstance(context, dict):
            raise invalid("every example, and the context, must be an object of features by name")
        features = {**context, **example}
        read.append({name: _feature(name, value) for name, value in features.items()})
    return read


def write_outputs(outputs: Mapping[str, np.ndarray], layout: Format) -> dict[str, Any]:
    """The answer to a predict request. A single output comes without its name.

    Args:
        outputs: Arrays by name, whose first dimension is that of the inputs.
        layout: The request's.
    """
    values = {name: _to_json(array.tolist(), name.endswith(_BYTES_SUFFIX)) for name, array in outputs.items()}
    if layout == "column":
        return {"outputs": values if len(values) > 1 else next(iter(values.values()))}
    if len(values) == 1:
        return {"predictions": next(iter(values.values()))}
    return {"predictions": [dict(zip(values, row, strict=True)) for row in zip(*values.values(), strict=True)]}


def _is_named(value: Any) -> bool:
    return isinstance(value, dict) and set(value) != {"b64"}


def _only(names: Sequence[str]) -> str:
    if len(names) != 1:
        raise invalid(f"the inputs must be named: {', '.join(names)}")
    return names[0]


def _to_array(values: Any) -> np.ndarray:
    if not isinstance(values, list):
        return np.array(_to_bytes(values), object)
    array: np.ndarray = np.empty(len(values), object)
    array[:] = [_to_bytes(value) for value in values]
    return array


def _feature(name: str, value: Any) -> list[bytes]:
    try:
        return [_to_bytes(one) for one in (value if isinstance(value, list) else [value])]
    except Exception as error:
        raise invalid(f"feature {name}: {error}") from None


def _to_bytes(value: Any) -> bytes:
    if isinstance(value, str):
        return value.encode(errors="surrogatepass")
    if isinstance(value, dict) and set(value) == {"b64"} and isinstance(value["b64"], str):
        try:
            return base64.b64decode(value["b64"], validate=True)
        except binascii.Error:
            raise invalid("Unable to base64 decode") from None
    raise invalid(f"JSON Value: {str(value)[:80]} is not of expected type: string")


def _to_json(value: Any, as_base64: bool) -> Any:
    if isinstance(value, list):
        return [_to_json(one, as_base64) for one in value]
    if not isinstance(value, bytes):
        return value
    return {"b64": base64.b64encode(value).decode()} if as_base64 else value.decode(errors="replace")
