import gzip
from pathlib import Path

import apache_beam as beam
from apache_beam.testing.util import assert_that, equal_to

from components.example_gen.config import ExampleGenConfig, SourceConfig
from components.example_gen.rows import Piece, Rejection
from components.example_gen.transforms.read import Read, split_of
from tests.components.example_gen.helpers import write
from tests.components.example_gen.transforms.helpers import where


def test_batches_rejections_and_errors(tmp_path: Path) -> None:
    good = write(tmp_path / "good.txt", "一\n".encode() + b"\xff\n" + "三\n".encode())
    cut = write(tmp_path / "cut.txt.gz", gzip.compress(b"text\n" * 99)[:-4])
    given = ExampleGenConfig(sources=[SourceConfig(format="text", files={"train": good, "eval": cut})])
    wide = write(tmp_path / "wide.txt", bytes(range(256)) * 9)
    pieces = [Piece(0, "train", path, Path(path).name, 10) for path in (good, cut, wide)]
    with beam.Pipeline() as pipeline:
        found = pipeline | beam.Create(pieces) | Read(given)
        rows = found["batches"] | beam.FlatMap(where)
        assert_that(rows, equal_to([(f"{good}:1", "train"), (f"{good}:3", "train")]), label="Rows")
        rejection = Rejection(good, 2, "not UTF-8: byte 0xff at position 1")
        assert_that(found["rejected"], equal_to([("train", rejection)]), label="Rejected")
        errors = found["errors"] | beam.Map(lambda error: error.partition(": ")[0])
        assert_that(errors, equal_to([cut, wide]), label="Errors")
        layouts = [(good, {"encoding": "utf-8", "line_ends": "LF or CRLF"})]
        assert_that(found["layouts"], equal_to(layouts), label="Layouts")


def test_rejected_rows_count_in_the_splits_in_proportion() -> None:
    source = SourceConfig.model_validate({"format": "text", "files": "a", "split": {"eval_share": 0.25}})
    splits = [split_of(source, None, Rejection("a.txt", row, "why")) for row in range(4000)]
    assert 900 < splits.count("eval") < 1100
    assert split_of(source, "test", Rejection("a.txt", 1, "why")) == "test"
