from collections import Counter
from dataclasses import replace
from typing import Any

import apache_beam as beam
import pytest
from apache_beam.testing.util import assert_that, equal_to

from components.example_gen.rows import Row
from components.example_gen.splitting import digest, is_eval
from components.example_gen.transforms.split import Divide
from tests.components.example_gen.transforms.helpers import batches, config, run

ROWS = [Row(f"id{i}", "text", "京都" if i % 3 else "b", f"g{i // 4}", "a.csv", i) for i in range(120)]


def test_hash() -> None:
    given = config({"split": {"eval_share": 0.3, "seed": 5}})
    expected = {f"a.csv:{i}": "eval" if is_eval(digest(f"id{i}", 5), 0.3) else "train" for i in range(120)}
    assert run(Divide(given), batches(given, 0, ROWS)) == expected


@pytest.mark.parametrize("size", [1, 120])
def test_stratified(size: int) -> None:
    given = config({"split": {"method": "stratified", "eval_share": 0.25}})
    splits = run(Divide(given), batches(given, 0, ROWS, size=size))
    assert len(splits) == 120
    assert Counter((row.label, splits[f"a.csv:{row.row}"]) for row in ROWS) == {
        ("京都", "train"): 60,
        ("京都", "eval"): 20,
        ("b", "train"): 30,
        ("b", "eval"): 10,
    }


@pytest.mark.parametrize("size", [1, 120])
def test_the_newest_rows_of_every_label(size: int) -> None:
    given = config({"split": {"method": "newest", "eval_share": 0.25}, "date_column": "日付"})
    dated = [replace(row, date=float(i * 7 % 120)) for i, row in enumerate(ROWS)]
    splits = run(Divide(given), batches(given, 0, dated, size=size))
    assert len(splits) == 120
    for label, count in (("京都", 20), ("b", 10)):
        rows = sorted((row for row in dated if row.label == label), key=lambda row: row.date or 0)
        assert [splits[f"a.csv:{row.row}"] for row in rows] == ["train"] * (3 * count) + ["eval"] * count


@pytest.mark.parametrize("method", ["hash", "stratified"])
def test_groups_stay_whole(method: str) -> None:
    split: dict[str, Any] = {"method": method, "eval_share": 0.3, "keep_groups": True}
    given = config({"split": split, "group_column": "group"})
    splits = run(Divide(given), batches(given, 0, ROWS))
    sides = {(row.group, splits[f"a.csv:{row.row}"]) for row in ROWS}
    assert len(sides) == 30
    assert {side for _, side in sides} == {"train", "eval"}


def test_a_batch_without_rows_is_none() -> None:
    given = config({"split": {"eval_share": 0}})
    assert set(run(Divide(given), batches(given, 0, ROWS)).values()) == {"train"}
    with beam.Pipeline() as pipeline:
        divided = pipeline | beam.Create(batches(given, 0, ROWS)) | Divide(given)
        assert_that(divided | beam.Filter(lambda batch: not batch.records), equal_to([]))


def test_sources_are_divided_as_each_says() -> None:
    given = config(
        {"split": {"method": "stratified", "eval_share": 0.5}},
        {"files": {"test": "b.csv"}},
        {"split": {"eval_share": 0}},
    )
    rows = [[Row(f"{name}{i}", "x", "l", None, name, i) for i in range(10)] for name in "abc"]
    inputs = batches(given, 0, rows[0]) + batches(given, 1, rows[1], "test") + batches(given, 2, rows[2])
    counts = Counter((place[0], split) for place, split in run(Divide(given), inputs).items())
    assert counts == {("a", "train"): 5, ("a", "eval"): 5, ("b", "test"): 10, ("c", "train"): 10}
