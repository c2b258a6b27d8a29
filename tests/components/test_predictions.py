"""Rows that are written and read again."""

import numpy as np
import pytest

from components import predictions
from components.errors import DataError


def write(folder, rows, labels=("京都", "sports"), multi_label=False):
    predictions.write_labels(str(folder), labels, multi_label)
    predictions.write_rows(str(folder), [predictions.to_example(*row) for row in rows])
    return str(folder)


def row(name, actual, chosen, probabilities=(0.25, 0.75), **values):
    features = {"id": name.encode(), "text": f"文 {name}".encode(), **{key: v.encode() for key, v in values.items()}}
    return features, actual, chosen, np.array(probabilities, np.float32)


def test_rows_come_back_sorted_by_id(tmp_path):
    folder = write(tmp_path, [row("b", [1], [0], where="東京"), row("a", [0], [0], (0.5, 0.5), group="記事")])

    read = predictions.read_predictions(folder, ["where"])

    assert (read.labels, read.multi_label, read.unknown) == (["京都", "sports"], False, 0)
    assert read.ids.tolist() == [b"a", b"b"]
    assert read.groups.tolist() == ["記事".encode(), b""]
    assert (read.actual.tolist(), read.chosen.tolist()) == ([0, 1], [0, 0])
    assert read.probabilities.tolist() == [[0.5, 0.5], [0.25, 0.75]]
    assert read.slices["where"].tolist() == ["", "東京"]


def test_several_labels_are_marks(tmp_path):
    rows = [row("a", [0, 1], []), row("b", [], [1]), row("c", [1, predictions.UNKNOWN], [1])]

    read = predictions.read_predictions(write(tmp_path, rows, multi_label=True))

    assert read.actual.tolist() == [[True, True], [False, False], [False, True]]
    assert read.chosen.tolist() == [[False, False], [False, True], [False, True]]
    assert read.unknown == 1


def test_unknown_label_of_one_is_counted(tmp_path):
    read = predictions.read_predictions(write(tmp_path, [row("a", [-1], [0]), row("b", [1], [0])]))

    assert (read.unknown, read.actual.tolist()) == (1, [-1, 1])


def test_no_rows_are_an_error(tmp_path):
    with pytest.raises(DataError, match="no examples"):
        predictions.read_predictions(write(tmp_path, []))


def test_texts_of_some_rows(tmp_path):
    folder = write(tmp_path, [row(name, [0], [0]) for name in "abc"])

    assert predictions.read_texts(folder, [b"c", b"a"]) == {b"a": "文 a", b"c": "文 c"}
