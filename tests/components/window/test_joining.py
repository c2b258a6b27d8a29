import json
from pathlib import Path

import pytest
import tensorflow as tf

from components.errors import DataError
from components.examples import read_records, split_files
from components.window.joining import join
from tests.components.window.spans import write_span


def texts(folder: Path) -> list[str]:
    records = read_records(split_files(folder)).as_numpy_iterator()
    return [
        tf.train.Example.FromString(record).features.feature["text"].bytes_list.value[0].decode() for record in records
    ]


def test_all_rows_in_the_order_of_the_spans(tmp_path: Path) -> None:
    parts = {span: write_span(tmp_path / str(span), span, shards) for span, shards in ((4, 2), (7, 1))}

    join(parts, ["train", "eval"], str(tmp_path / "joined"))

    for split in ("train", "eval"):
        assert texts(tmp_path / "joined" / f"Split-{split}") == [
            f"第{span}回 {split} {shard} {row}" for span, shard in ((4, 0), (4, 1), (7, 0)) for row in range(2)
        ]
    counts = json.loads((tmp_path / "joined" / "counts.json").read_text(encoding="utf-8"))
    assert counts["train"] == {"rows": 6, "rejected": 11, "left_out": 0}
    rejected = (tmp_path / "joined" / "rejected.jsonl").read_text(encoding="utf-8").splitlines()
    assert [json.loads(line)["file"] for line in rejected] == ["4.csv", "7.csv"]
    assert json.loads((tmp_path / "joined" / "window.json").read_text(encoding="utf-8")) == {"spans": [4, 7]}


def test_spans_that_were_read_otherwise(tmp_path: Path) -> None:
    parts = {1: write_span(tmp_path / "1", 1, splits=("train", "dev")), 2: write_span(tmp_path / "2", 2)}

    with pytest.raises(DataError) as refused:
        join(parts, ["train", "eval"], str(tmp_path / "joined"), "corpus")
    assert "since span 1 was read (the columns, labels or splits of corpus.sources): read 1 again" in str(refused.value)
    assert "or set corpus.resolver.rolling_window to 1" in str(refused.value)
