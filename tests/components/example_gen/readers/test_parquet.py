from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from components.arrow import pa, pq
from components.errors import ConfigError, DataError
from components.example_gen.config import SourceConfig
from components.example_gen.readers import columns
from components.example_gen.readers.parquet import check, divide, read_rows
from components.example_gen.rows import Piece, Rejection, Row
from tests.components.example_gen.helpers import piece, short, write

LABELLED = SourceConfig(format="parquet", files="x", label_column="label")


def read_parquet(given: Piece, config: SourceConfig) -> Iterator[Row | Rejection]:
    return columns.to_rows(read_rows(given, list(columns.wanted(config))), given, config)


def parquet(path: Path, columns: dict[str, Any], rows: int = 1000) -> str:
    pq.write_table(pa.table(columns), path, row_group_size=rows)
    return str(path)


@pytest.mark.parametrize(
    "kind", [pa.string(), pa.large_string(), pa.binary(), pa.dictionary(pa.int32(), pa.string())], ids=str
)
def test_kinds_of_strings(tmp_path: Path, kind: pa.DataType) -> None:
    texts = pa.array(["京都へ行く。", "fine", None, " "], pa.string())
    texts = texts.dictionary_encode() if pa.types.is_dictionary(kind) else texts.cast(kind)
    path = parquet(tmp_path / "a.parquet", {"n": [1, 2, 3, 4], "text": texts, "label": ["京都", " b ", "b", "b"]})
    check(path, LABELLED)
    assert short(read_parquet(piece(path), LABELLED)) == [
        ("a.parquet:1", "京都へ行く。", "京都"),
        ("a.parquet:2", "fine", "b"),
        (3, "no text in 'text'"),
        (4, "no text in 'text'"),
    ]


def test_integer_labels_and_missing_ones(tmp_path: Path) -> None:
    path = parquet(tmp_path / "a.parquet", {"text": ["a", "b"], "label": pa.array([3, None], pa.int64())})
    assert short(read_parquet(piece(path), LABELLED)) == [("a.parquet:1", "a", "3"), (2, "no value in 'label'")]


def test_bytes_that_are_no_text_cost_one_row(tmp_path: Path) -> None:
    broken = pa.array([b"fine", b"caf\xe9", b"fine too"], pa.binary())
    path = parquet(tmp_path / "a.parquet", {"text": broken.view(pa.string()), "label": ["a", "a", "a"]})
    assert short(read_parquet(piece(path), LABELLED)) == [
        ("a.parquet:1", "fine", "a"),
        (2, "'text' is not UTF-8: byte 0xe9 at position 4"),
        ("a.parquet:3", "fine too", "a"),
    ]


SEVERAL = LABELLED.model_copy(update={"label_separator": "|"})


@pytest.mark.parametrize("kind", [pa.string(), pa.large_string(), pa.binary()], ids=str)
@pytest.mark.parametrize("listed", [pa.list_, pa.large_list])
def test_lists_of_labels(tmp_path: Path, kind: pa.DataType, listed: Callable[[pa.DataType], pa.DataType]) -> None:
    binary = pa.types.is_binary(kind)
    labels = [["京都", "グルメ"], [], None, ["a", None]]
    column = pa.array(labels, listed(kind))
    if binary:
        column = pa.chunked_array([column, pa.array([[b"caf\xe9"]], listed(kind))])
    path = parquet(tmp_path / "a.parquet", {"text": [f"文{i}" for i in range(len(column))], "label": column})
    assert short(read_parquet(piece(path), SEVERAL)) == [
        ("a.parquet:1", "文0", ("京都", "グルメ")),
        ("a.parquet:2", "文1", ()),
        ("a.parquet:3", "文2", ()),
        ("a.parquet:4", "文3", ("a",)),
        *([(5, "'label' is not UTF-8: byte 0xe9 at position 4")] if binary else []),
    ]


def test_row_groups_are_pieces(tmp_path: Path) -> None:
    texts = [f"文{i}" for i in range(2500)]
    path = parquet(tmp_path / "a.parquet", {"text": texts, "label": ["a"] * 2500}, rows=1100)
    parts = list(divide(piece(path)))
    assert [(part.start, part.stop, part.row) for part in parts] == [(0, 1, 0), (1, 2, 1100), (2, 3, 2200)]
    rows = [row for part in parts for row in read_parquet(part, LABELLED)]
    assert short(rows) == [(f"a.parquet:{i + 1}", text, "a") for i, text in enumerate(texts)]
    assert rows == list(read_parquet(piece(path), LABELLED))


def test_wrong_files_are_errors(tmp_path: Path) -> None:
    path = parquet(tmp_path / "a.parquet", {"text": [1, 2], "label": ["a", "b"]})
    with pytest.raises(DataError, match="column 'text' holds int64, not strings"):
        check(path, LABELLED)
    with pytest.raises(
        ConfigError, match=r"no column 'txt' \(did you mean 'text'\?\); its columns are 'text', 'label'"
    ):
        check(path, LABELLED.model_copy(update={"text_column": "txt"}))
    with pytest.raises(DataError, match="not a Parquet file"):
        check(write(tmp_path / "b.parquet", "text,label\n" * 9), LABELLED)
