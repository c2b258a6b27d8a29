from collections import Counter

import apache_beam as beam
import pytest
from apache_beam.testing.util import assert_that, equal_to

from components.example_gen.rows import Row
from components.example_gen.splitting import digest
from components.example_gen.transforms.limit import Limit
from tests.components.example_gen.transforms.helpers import batches, config, run


@pytest.mark.parametrize("size", [1, 9, 300])
def test_rows_are_kept_evenly_by_hash(size: int) -> None:
    given = config({"files": {"train": "a.csv", "eval": "b.csv"}, "limit": 10}, {"files": {"train": "c.csv"}})
    labels = ["京都"] * 200 + ["グルメ"] * 90 + ["スポーツ"] * 2
    train = [Row(f"t{i}", "x", label, None, "a.csv", i) for i, label in enumerate(labels)]
    few = [Row(f"e{i}", "x", "京都", None, "b.csv", i) for i in range(6)]
    other = [Row(f"o{i}", "x", "京都", None, "c.csv", i) for i in range(50)]
    inputs = [
        *batches(given, 0, train, "train", size),
        *batches(given, 0, few, "eval", size),
        *batches(given, 1, other, "train", size),
    ]
    places = run(Limit(given), inputs)
    kept = [row for row in train if f"a.csv:{row.row}" in places]
    assert Counter(row.label for row in kept) == {"京都": 4, "グルメ": 4, "スポーツ": 2}
    kyoto = sorted((row for row in train if row.label == "京都"), key=lambda row: digest(row.id))
    assert {row.id for row in kept if row.label == "京都"} == {row.id for row in kyoto[:4]}
    assert Counter(place.partition(":")[0] for place in places) == {"a.csv": 10, "b.csv": 6, "c.csv": 50}


def test_rows_left_out_are_counted() -> None:
    given = config({"files": {"train": "a.csv", "eval": "b.csv"}, "limit": 10})
    rows = [Row(f"t{i}", "x", "京都", None, "a.csv", i) for i in range(30)]
    inputs = batches(given, 0, rows[:25], "train") + batches(given, 0, rows[25:], "eval")
    with beam.Pipeline() as pipeline:
        left_out = (pipeline | beam.Create(inputs) | Limit(given)).left_out | beam.CombinePerKey(sum)
        assert_that(left_out, equal_to([("train", 15), ("eval", 0)]))


def test_is_needed() -> None:
    assert Limit.is_needed(config({}, {"limit": 3}))
    assert not Limit.is_needed(config({}))
