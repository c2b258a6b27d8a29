import csv
import gzip
import io
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from components.errors import DataError
from components.example_gen.config import SourceConfig
from components.example_gen.readers.delimited import read_delimited, read_header, records
from components.example_gen.readers.lines import raw_lines
from components.example_gen.rows import Rejection
from tests.components.example_gen.helpers import piece, short, write

LABELLED = SourceConfig(format="csv", files="x", label_column="label")
NAME = "a.csv"


def read(path: str, config: SourceConfig = LABELLED, tabs: bool = False) -> list[tuple[object, ...]]:
    return short(read_delimited(piece(path), config, tabs))


def test_csv_with_quotes_commas_and_line_breaks(tmp_path: Path) -> None:
    content = 'label,text\r\n京都,"銀閣, 金閣"\r\n\r\n b ,"two\nlines, ""quoted"""\r\nc,5" disk\r\n'
    assert read(write(tmp_path / NAME, content)) == [
        ("a.csv:2", "銀閣, 金閣", "京都"),
        ("a.csv:4", 'two\nlines, "quoted"', "b"),
        ("a.csv:6", '5" disk', "c"),
    ]


def test_unusable_records_are_rejected_one_by_one(tmp_path: Path) -> None:
    content = (
        b"\xef\xbb\xbftext,label\n"
        b"good,a\n"  # 2
        b"one,two,three\n"
        b"alone\n"
        b",a\n"
        b"no label, \n"
        b"caf\xe9,a\n"
        b'"wrong" quote,a\n'
        b"nul\0,a\n"
        b'"never closed,a\n'  # 10
        b"after it,b\n"
        b'"fine",b'
    )
    assert read(write(tmp_path / NAME, content)) == [
        ("a.csv:2", "good", "a"),
        (3, "3 fields, but the header names 2 columns"),
        (4, "1 fields, but the header names 2 columns"),
        (5, "no text in 'text'"),
        (6, "no value in 'label'"),
        (7, "not UTF-8: byte 0xe9 at position 4"),
        (8, "not valid CSV: ',' expected after '\"'"),
        (9, "not valid CSV: line contains NUL"),
        (10, "not valid CSV: ',' expected after '\"'"),
        ("a.csv:11", "after it", "b"),
        ("a.csv:12", "fine", "b"),
    ]


def test_a_quotation_mark_that_is_never_closed_costs_one_line(tmp_path: Path) -> None:
    content = 'text,label\n"open,a\n' + "".join(f"行{i},b\n" for i in range(50))
    rows = read(write(tmp_path / NAME, content))
    assert rows[0] == (2, "not valid CSV: unexpected end of data")
    assert rows[1:] == [(f"a.csv:{i + 3}", f"行{i}", "b") for i in range(50)]


def test_ids_groups_and_labels_from_columns(tmp_path: Path) -> None:
    content = "本文,番号,記事,ラベル\n一,7,k1,x\n二,,k1,x\n三,9,,x\n"
    path = write(tmp_path / NAME, content)
    options = {"text_column": "本文", "id_column": "番号", "group_column": "記事", "label_column": "ラベル"}
    rows = list(read_delimited(piece(path), SourceConfig(format="csv", files="x", **options), tabs=False))
    assert short(rows) == [("7", "一", "x"), (3, "no value in '番号'"), ("9", "三", "x")]
    assert [row.group for row in (rows[0], rows[2])] == ["k1", None]  # type: ignore[union-attr]


def test_tsv_has_no_quoting(tmp_path: Path) -> None:
    path = write(
        tmp_path / "a.tsv.gz", gzip.compress('text\tlabel\n"quoted" and\tb\n\nx\ty\tz\n本\r文\t京都\r\n'.encode())
    )
    assert read(path, tabs=True) == [
        ("a.tsv.gz:2", '"quoted" and', "b"),
        (4, "3 fields, but the header names 2 columns"),
        ("a.tsv.gz:5", "本\r文", "京都"),
    ]


def test_header(tmp_path: Path) -> None:
    assert read_header(write(tmp_path / NAME, '\n"text, all",label\n'), tabs=False) == ["text, all", "label"]
    with pytest.raises(DataError, match=r"a\.csv: is empty"):
        read_header(write(tmp_path / NAME, ""), tabs=False)
    with pytest.raises(DataError, match=r"a\.csv: line 1, which must name the columns, is wrong: not UTF-8: byte 0xe9"):
        read_header(write(tmp_path / NAME, b"caf\xe9,label\n"), tabs=False)


def test_long_documents(tmp_path: Path) -> None:
    text = "長" * 300_000  # more than the limit of Python's csv module
    assert read(write(tmp_path / NAME, f"text,label\n{text},a\n")) == [("a.csv:2", text, "a")]


FIELD = st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\0\r"), max_size=8)


@settings(deadline=None)
@given(st.lists(st.tuples(FIELD, FIELD), max_size=12))
def test_what_python_writes_is_read_back(
    tmp_path_factory: pytest.TempPathFactory, fields: list[tuple[str, str]]
) -> None:
    buffer = io.StringIO(newline="")
    csv.writer(buffer).writerows(fields)
    content = buffer.getvalue().encode()
    path = write(tmp_path_factory.mktemp("csv") / NAME, b"\xef\xbb\xbf" + content)
    read = records(raw_lines(piece(path)), str(path), tabs=False)
    found = [record if isinstance(record, Rejection) else tuple(record[1]) for record in read]
    assert found == (fields or [()])  # the mark alone is a blank line
