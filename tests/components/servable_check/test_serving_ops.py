"""The table of the ops that TF Serving's releases register."""

from itertools import pairwise
from pathlib import Path
from typing import get_args

import pytest

from components.servable_check.config import Release
from components.servable_check.serving_ops import (
    PYTHON_ONLY,
    RELEASES,
    TABLE,
    Row,
    read_table,
    serving_ops,
    write_table,
)


def test_every_release_of_the_configuration_is_in_the_table() -> None:
    assert get_args(Release) == RELEASES


@pytest.mark.parametrize("release", RELEASES)
def test_what_our_graphs_are_made_of_is_in_every_release(release: str) -> None:
    ops = serving_ops(release)
    tokenizing = {"FastBertNormalize", "FastWordpieceTokenizeWithOffsets", "SentencepieceTokenizeOp", "CaseFoldUTF8"}
    assert tokenizing | {"ParseExampleV2"} <= ops


def test_what_is_newer_than_the_embedded_tf_text_or_calls_python_is_in_none() -> None:
    for release in RELEASES:
        assert "TFText>RoundRobinTrim" not in serving_ops(release)
        assert not PYTHON_ONLY & serving_ops(release)


def test_an_op_is_there_from_its_first_release_on() -> None:
    assert "DecodeWebP" in serving_ops("2.20")  # new in TensorFlow 2.20
    assert "DecodeWebP" not in serving_ops("2.19")


def test_the_table_is_sorted_and_names_each_op_once() -> None:
    rows = read_table(TABLE)
    assert all(one.op < other.op for one, other in pairwise(rows))
    assert all(RELEASES.index(row.first) <= RELEASES.index(row.last) for row in rows)
    assert len(rows) > 1500


def test_a_table_is_read_as_it_was_written(tmp_path: Path) -> None:
    rows = [Row("Add", "2.12", "2.20"), Row("Sub", "2.13", "2.14")]
    write_table(tmp_path / "ops.txt", rows)
    assert read_table(tmp_path / "ops.txt") == rows
