import apache_beam as beam
from apache_beam.testing.util import assert_that, equal_to

from components.example_gen.rows import Rejection, Row
from components.example_gen.transforms.duplicates import DropDuplicates
from tests.components.example_gen.transforms.helpers import batches, config, where


def test_the_first_row_of_an_id_is_kept() -> None:
    given = config({"files": {"train": "a.csv"}}, {"files": {"eval": "b.csv"}})
    first = [Row(name, "text", "x", None, "b.csv", row) for row, name in enumerate(["京都", "b", "c", "b", "京都"], 2)]
    second = [Row(name, "text", "x", None, "a.csv", row) for row, name in enumerate(["d", "c"], 2)]
    inputs = batches(given, 1, second, "eval") + batches(given, 0, first, "train", size=2)
    with beam.Pipeline() as pipeline:
        found = pipeline | beam.Create(inputs) | DropDuplicates(given)
        kept = found.batches | beam.FlatMap(where)
        wanted = [("b.csv:2", "train"), ("b.csv:3", "train"), ("b.csv:4", "train"), ("a.csv:2", "eval")]
        assert_that(kept, equal_to(wanted), label="Kept")
        rejected = [
            ("train", Rejection("b.csv", 5, "its id is that of row 3 of b.csv")),
            ("train", Rejection("b.csv", 6, "its id is that of row 2 of b.csv")),
            ("eval", Rejection("a.csv", 3, "its id is that of row 4 of b.csv")),
        ]
        assert_that(found.rejected, equal_to(rejected), label="Rejected")


def test_only_ids_from_the_data_are_compared() -> None:
    assert DropDuplicates.is_needed(config({}))
    assert DropDuplicates.is_needed(config({"format": "newsgroups", "label_column": None, "id_column": None}))
    assert not DropDuplicates.is_needed(config({"id_column": None}))
