"""The JSON of answers, as TF Serving writes it."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.serving.server import json_answers
from pipeline.serving.server.json_answers import write_outputs


@given(st.lists(st.floats(width=32), min_size=1, max_size=20), st.sampled_from(["row", "column"]))
def test_numbers_are_those_of_the_model(numbers: list[float], layout: str) -> None:
    array = np.array(numbers, np.float32)
    written = json.loads(write_outputs({"score": array}, layout))  # type: ignore[arg-type]
    np.testing.assert_array_equal(np.array(next(iter(written.values())), np.float32), array)


def test_numbers_have_the_digits_of_tf_serving() -> None:
    numbers = np.array([0.2, 1 / 3, 1, 3e-5, 9e6, np.nan, -np.inf, 0.7112345], np.float32)
    written = write_outputs({"score": numbers}, "column").decode()
    assert written == (
        '{"outputs": [0.2, 0.333333343, 1.0, 3e-05, 9000000.0, NaN, -Infinity, 0.711234510]}'.replace("10]", "1]")
    )


@pytest.mark.parametrize("rows", [0, 1, json_answers._ROWS, 2 * json_answers._ROWS + 1])
def test_answers_in_rows_and_columns(rows: int) -> None:
    outputs = {
        "label": np.array(["京都".encode()] * rows, object),
        "scores": np.arange(2 * rows, dtype=np.float32).reshape(rows, 2),
        "raw_bytes": np.array([[b"\xff"]] * rows, object).reshape(rows, 1),
        "count": np.arange(rows),
    }
    by_row = json.loads(write_outputs(outputs, "row"))["predictions"]
    expected = [
        {"label": "京都", "scores": [2.0 * row, 2.0 * row + 1], "raw_bytes": [{"b64": "/w=="}], "count": row}
        for row in range(rows)
    ]
    assert by_row == expected
    by_column = json.loads(write_outputs(outputs, "column"))["outputs"]
    assert by_column == {name: [row[name] for row in expected] for name in outputs}
    assert json.loads(write_outputs({"count": outputs["count"]}, "row")) == {"predictions": list(range(rows))}
