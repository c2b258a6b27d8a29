import base64
import itertools
import re
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from components.arrow import pa, pq
from components.errors import ConfigError, DataError
from components.example_gen.config import SourceConfig
from components.example_gen.readers import columns, parquet_file
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


# Written by pyarrow 25, from two rows: texts and labels as string views; a third column of half floats; encoded as
# DELTA_LENGTH_BYTE_ARRAY. pyarrow 10 writes none of them.
STRING_VIEWS = (
    "eNoLcAwyFGURtRF18AFSDEIMDHIlQILhya41L5v3Pm7c8WJhz+PG/scNTSxA0bTMvFRRBlEhUTEdoGoBUTZRNhkzBg0hTNUSLCC1goJATZwKTE"
    "CShZGRmQmoSURUAmYTlwojUCIRRCRhMZUxSYIxEdMESRtTBgm24uSM1NxEURYGUR5VJgmWktSKElUGHxmgMrAAa05iUmoOVESMRVJGUkeNQUaU"
    "R9KUgU1AEqJelEmMRewMo9gVRrUUNQ5C/pAEuY1BlIkBSAgAKRsxHUk2STUGULAgGw2xGWx2jVgLo9oEJrU7jMjewTSIBW6Q2AmgPjUOsRtMDJ"
    "IyEjyOQUH+4VYQr0o8YNQHATNHEAh0hABvR8dyR6d0RzdHx3RH53SwmJOTo6MviOHs6OgJFkDQjhAmhAUm/bKAhloAGa6RrmBBsCGujnAQChIs"
    "jgz3ykkCcX3B6gMdnQJB5rs7OiY7ukANg2sKSge7zwPFqVD7PIJyUj0CHRFaEPIMEgoFiUWFpakluskFBbqJRUX55QplqUXFmfl5CkamegZ6hp"
    "I6wAgFxSkHMEUEANMuAIhRnxI="
)
HALF_FLOATS = (
    "eNqFU89rE1EQnrdZlyhLSYPvsQ8WycEuFfrDFiMqW8jb0AYxYhqwJd42yZoWkiZuopuCB6s9eCjo0asHb/4BIvgf9OjRg5Ae9H/w4Ly3XRNNwG"
    "F33uzMN998DG8rorpGderSQhkPyAJcGaCDs88ff776Mjr69OP9yejozejFSx2zj/cPAgo0S9kSojPUoIZ9Exaz02hLl9j5eWy6mNPQ64SkNGy6"
    "TK1k0qWrBAu+dPUZrKRuEX8GQ5qaCYNugguFf3stDQr4ugwWz6NpFl7Og2X0G3tBx6cGUHNBs/RBMBwsQNlGmEpcaPv1oJ1k5nAAgjrdMGj/wg"
    "TTuc1dB2xq8jwYGR4TUI3p7JSwr8RpOun/rYdL2UA1QJehUvQSN7gDctuT1LEUxf2cHRPnreZ8I5NbmibS/yKaSzRK/YrnmLAT4rxOOd+12Sub"
    "oryWELLTFNOdNDtLAbctU1SrD3bvxMu03mmr0m61BNq2iO2eEJHwWmJLiJYoqpLwPCHuy6AoxF2VGJ8iLnn9JIqpipGkVpChStbGeGWb0tV3bx"
    "8+UpOLLYlfr6CLJMVDlS2JSWnYL8PScK/W2VHzDiUe+beUnprwoljC5rjJ86rqbMya3yzt3Gj++d4+r29sgJXr+eGTp8FgudHrLfth2I1yz4Kw"
    "v989yK3nV66vrHEXr1r8wAe8rhX8PX8DU9HAsA=="
)
DELTA_LENGTHS = (
    "eNqFUj1LA0EQnT3Ww+KaCHvc4hUpzGERP0ERSTPRxKiJ5gJBbIS7cEYlJjGJH2WirWDjH7AXCysR/C9CLLT1F7i7F3IRC6fYffv2zduZ3S1iaY"
    "EBy7NiklFmMJ3p9jJMT3y8Pn7dvPV7L58Pt/3eXb97bdHD43oQiwGAc6+JkZIuodrUpIDwVy7FwniKTf8yJr5FPGUysR6ZSATg+Yzy1BJYerty"
    "FJx6jAIzEppFO8FVJwF5W2gUMVbz/KA2YEzKbZ50wGYGT+gGD+VMM6n5RMxn4oyn/mmI26JQg2mQMpNc5w5Q2WNkGB6nHA9M33klqZFGRpLpMN"
    "m8FWJn3BT3xG3LwFJpd281bMp6J3MyllGGi2FsI15iuopZxCquVRWXTiMWJFhD3FRENGMIQ6TGnRNhuiJAJptRpDLJ4DDKkmzv723VfLksKL2L"
    "aVf6byBWcH1gNkxyy6q+3K9SB+flSrUg52KUEu2DFW96rbPzoDNTaTZnvFarcRm/CFrt40Y9vrg0Oz+7wJPi6eTrfROAoviDP37tnEk="
)


def newer(path: Path, content: str) -> str:
    return write(path, zlib.decompress(base64.b64decode(content)))


@pytest.mark.parametrize("content", [STRING_VIEWS, HALF_FLOATS])
def test_types_that_pyarrow_does_not_know_do_not_matter(tmp_path: Path, content: str) -> None:
    path = newer(tmp_path / "a.parquet", content)
    check(path, LABELLED)
    assert short(read_parquet(piece(path), LABELLED)) == [
        ("a.parquet:1", "京都へ行く。", "a"),
        ("a.parquet:2", "fine", "b"),
    ]


def test_an_encoding_that_pyarrow_does_not_know_is_named(tmp_path: Path) -> None:
    path = newer(tmp_path / "a.parquet", DELTA_LENGTHS)
    try:
        rows = short(read_parquet(piece(path), LABELLED))
    except DataError as error:
        assert re.search(
            r"a\.parquet: pyarrow 10\..* cannot read this kind of Parquet .*stack for Python 3\.12", str(error)
        )
    else:
        assert len(rows) == 2


def test_values_that_rows_repeat_are_unpacked_a_few_at_a_time(tmp_path: Path) -> None:
    long = "長" * (1 << 20)
    repeated = pa.DictionaryArray.from_arrays(pa.array([0] * 50_000, pa.int32()), pa.array([long]))
    path = parquet(tmp_path / "a.parquet", {"text": repeated, "label": ["a"] * 50_000}, rows=50_000)
    assert Path(path).stat().st_size < 1 << 20
    pool = pa.default_memory_pool()
    before = pool.bytes_allocated()
    for row in itertools.islice(read_parquet(piece(path), LABELLED), 60):
        assert isinstance(row, Row)
        assert pool.bytes_allocated() - before < 256 << 20  # all rows of a batch of 1,000 would be 3 GiB


def test_a_page_beyond_the_limit_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parquet_file, "MAX_PAGE", 1000)
    path = parquet(tmp_path / "a.parquet", {"text": ["文" * 500], "label": ["a"]})
    with pytest.raises(DataError, match="row group 1, column 'text': a page unpacks to more than"):
        list(read_parquet(piece(path), LABELLED))


@pytest.mark.parametrize("part", ["metadata", "encrypted", "data"])
def test_damaged_files_are_one_error(tmp_path: Path, part: str) -> None:
    path = Path(parquet(tmp_path / "a.parquet", {"text": ["a", "b"] * 99, "label": ["a", "b"] * 99}))
    content = bytearray(path.read_bytes())
    if part == "metadata":
        content[-8 - 400 : -8 - 100] = b"\xff" * 300
    elif part == "encrypted":
        content[-4:] = b"PARE"
    else:
        content[4:60] = b"\xff" * 56
    path.write_bytes(bytes(content))
    with pytest.raises(DataError, match=r"a\.parquet: "):
        check(str(path), LABELLED)
        list(read_parquet(piece(path), LABELLED))


def test_any_byte_of_the_metadata_may_be_wrong(tmp_path: Path) -> None:
    whole = Path(parquet(tmp_path / "a.parquet", {"text": ["京都", "b"] * 9})).read_bytes()
    begin = len(whole) - 8 - int.from_bytes(whole[-8:-4], "little")
    path = tmp_path / "damaged.parquet"
    refused = 0
    for place, value in itertools.product(range(begin, len(whole) - 8), (0x01, 0xFF)):
        path.write_bytes(whole[:place] + bytes([value]) + whole[place + 1 :])
        try:
            list(divide(piece(path)))
            list(read_rows(piece(path), ["text"]))
        except DataError as error:
            refused += 1
            assert str(error).startswith(str(path)) and "\n" not in str(error)
    assert refused


def test_little_memory_is_no_damage() -> None:
    with pytest.raises(pa.ArrowMemoryError), parquet_file.readable("a.parquet"):
        pa.allocate_buffer(1 << 50)


def test_text_beyond_the_limits_is_rejected(tmp_path: Path) -> None:
    texts = ["x" * ((16 << 20) + 1), "a\0b", "fine"]
    path = parquet(tmp_path / "a.parquet", {"text": texts, "label": ["a"] * 3})
    assert short(read_parquet(piece(path), LABELLED)) == [
        (1, "'text' has more than 16 MiB"),
        (2, "'text' has a NUL character, which is no text"),
        ("a.parquet:3", "fine", "a"),
    ]
