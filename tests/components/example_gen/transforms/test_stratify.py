from collections import Counter

import apache_beam as beam
import pytest
from apache_beam.testing.util import assert_that, equal_to

from components.example_gen.rows import Row
from components.example_gen.transforms.limit import Limit
from components.example_gen.transforms.split import Divide
from components.example_gen.transforms.stratify import Stratify
from tests.components.example_gen.transforms.helpers import batches, config, run

SEVERAL = {"label_separator": "|"}
# 200 rows whose sets of labels are all different: the places of the ones in the binary number of the row.
ROWS = [Row(f"id{i}", "x", tuple(f"札{b}" for b in range(8) if i >> b & 1), None, "a.csv", i) for i in range(200)]


@pytest.mark.parametrize("size", [1, 200])
def test_the_stratum_is_the_rarest_label_of_the_source(size: int) -> None:
    given = config(SEVERAL, {"label_separator": "|", "files": "b.csv"})
    other = [Row("o", "x", ("札0", "札7"), None, "b.csv", 0), Row("p", "x", ("札7",), None, "b.csv", 1)]
    inputs = batches(given, 0, ROWS, size=size) + batches(given, 1, other, size=size)
    with beam.Pipeline() as pipeline:
        strata = (
            pipeline
            | beam.Create(inputs)
            | Stratify(given)
            | beam.FlatMap(lambda batch: list(zip(batch.files, batch.rows, batch.strata, strict=True)))
        )
        expected = [("a.csv", 0, ""), ("b.csv", 0, "札0"), ("b.csv", 1, "札7")]
        # Of numbers below 200, 72 have the place 7 and 92 to 100 the others; place 3 is the rarest of these.
        for i in range(1, 200):
            rarest = min((b for b in range(8) if i >> b & 1), key=lambda b: (sum(j >> b & 1 for j in range(200)), b))
            expected.append(("a.csv", i, f"札{rarest}"))
        assert_that(strata, equal_to(expected))


@pytest.mark.parametrize("split", [{"method": "stratified"}, {"method": "newest"}])
def test_sets_of_labels_that_are_all_different_are_divided_exactly(split: dict[str, str]) -> None:
    dated = {"date_column": "day"} if split["method"] == "newest" else {}
    given = config({**SEVERAL, **dated, "split": {**split, "eval_share": 0.2}})
    splits = run(Stratify(given) | Divide(given), batches(given, 0, ROWS))
    assert Counter(splits.values()) == {"train": 160, "eval": 40}
    for b in range(8):
        rows = [row for row in ROWS if f"札{b}" in (row.label or ())]
        in_eval = sum(splits[f"a.csv:{row.row}"] == "eval" for row in rows)
        assert 0.1 < in_eval / len(rows) < 0.3


def test_a_limit_keeps_rows_of_all_labels() -> None:
    given = config({**SEVERAL, "files": {"train": "a.csv"}, "limit": 45})
    places = run(Stratify(given) | Limit(given), batches(given, 0, ROWS, "train"))
    kept = [row for row in ROWS if f"a.csv:{row.row}" in places]
    assert len(kept) == 45
    assert {label for row in kept for label in row.label or ()} == {f"札{b}" for b in range(8)}


@pytest.mark.parametrize(
    ("source", "needed"),
    [
        ({**SEVERAL, "split": {"method": "stratified"}}, True),
        ({**SEVERAL, "limit": 3}, True),
        ({**SEVERAL, "limit": 3, "unlabelled": True}, False),
        (SEVERAL, False),
        ({"split": {"method": "stratified"}, "limit": 3}, False),
    ],
)
def test_is_needed(source: dict[str, object], needed: bool) -> None:
    assert Stratify.is_needed(config(source)) == needed
