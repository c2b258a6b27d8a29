"""Reading what the nodes before the gate wrote."""

from pathlib import Path

import pytest
from google.protobuf import text_format
from tensorflow_metadata.proto.v0 import statistics_pb2

from components.data_gate.gate import Counts
from components.data_gate.reading import read_counts, read_labelled_rows, read_rejected, read_values
from components.errors import DataError
from tests.components.tiny import write_examples


def test_counts(tmp_path: Path) -> None:
    (tmp_path / "counts.json").write_text('{"train": {"rows": 3390, "rejected": 2}}', encoding="utf-8")
    assert read_counts(str(tmp_path)) == {"train": Counts(3390, 2)}


@pytest.mark.parametrize("content", ["{", '{"train": 5}', '{"train": {"rows": 5}}', "[]"])
def test_counts_that_are_none(tmp_path: Path, content: str) -> None:
    (tmp_path / "counts.json").write_text(content, encoding="utf-8")
    with pytest.raises(DataError, match=r"counts\.json: expected rows and rejected of every split"):
        read_counts(str(tmp_path))


def test_counts_that_are_absent(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"counts\.json is not there"):
        read_counts(str(tmp_path))


def test_the_first_rejected_rows_of_each_split(tmp_path: Path) -> None:
    assert read_rejected(str(tmp_path)) == {}
    lines = [f'{{"split": "train", "file": "日.csv", "row": {row}, "reason": "no text"}}' for row in range(1, 6)]
    lines.append('{"split": "eval", "file": "b.csv", "row": 1, "reason": "not UTF-8"}')
    (tmp_path / "rejected.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    assert read_rejected(str(tmp_path)) == {
        ("train", "(data set)"): [f"日.csv, row {row}: no text" for row in (1, 2, 3)],
        ("eval", "(data set)"): ["b.csv, row 1: not UTF-8"],
    }


def test_values_are_the_most_frequent_and_shortened(tmp_path: Path) -> None:
    text = "datasets { features { path { step: 'text' } string_stats {"
    text += "".join(f" top_values {{ value: '{value}' frequency: {n} }}" for n, value in [(1200, "京" * 100), (2, "b")])
    statistics = text_format.Parse(text + "} } }", statistics_pb2.DatasetFeatureStatisticsList())
    (tmp_path / "FeatureStats.pb").write_bytes(statistics.SerializeToString())
    assert read_values(str(tmp_path)) == {"text": [f"'{'京' * 59}…' (1,200)", "'b' (2)"]}


def test_labelled_rows_of_all_splits(tmp_path: Path) -> None:
    rows = [("r1", "京都の話", ["京都"]), ("r2", "空の話", []), ("r3", "寺で食べた話", ["グルメ", "京都"])]
    for split in ("train", "eval"):
        write_examples(
            tmp_path / split / "data-00000-of-00001.gz",
            [
                {"id": name.encode(), "text": text.encode()}
                | ({"label": [label.encode() for label in labels]} if labels else {})
                for name, text, labels in rows
            ],
        )
    found = list(read_labelled_rows({split: str(tmp_path / split) for split in ("train", "eval")}))
    assert [(one.split, one.id, one.text, one.labels) for one in found] == [
        (split, name, text, tuple(labels)) for split in ("train", "eval") for name, text, labels in rows
    ]
