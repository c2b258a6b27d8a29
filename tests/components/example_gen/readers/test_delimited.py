import gzip
from pathlib import Path

import pytest

from components.errors import DataError
from components.example_gen.config import SourceConfig
from components.example_gen.layout import Layout
from components.example_gen.readers import columns
from components.example_gen.readers.delimited import read_header, read_records
from components.example_gen.readers.lines import raw_lines
from components.example_gen.rows import Piece, Rejection, Row
from tests.components.example_gen.helpers import piece, short, write

LABELLED = SourceConfig(format="csv", files="x", label_column="label")
NAME = "a.csv"


def rows(given: Piece, config: SourceConfig = LABELLED, tabs: bool = False) -> list[Row | Rejection]:
    return list(columns.to_rows(read_records(raw_lines(given), given, tabs), given, config))


def read(path: str, tabs: bool = False) -> list[tuple[object, ...]]:
    return short(rows(piece(path), tabs=tabs))


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
        (9, "a NUL character, which is no text"),
        (10, "not valid CSV: ',' expected after '\"'"),
        ("a.csv:11", "after it", "b"),
        ("a.csv:12", "fine", "b"),
    ]


def test_a_quotation_mark_that_is_never_closed_costs_one_line(tmp_path: Path) -> None:
    content = 'text,label\n"open,a\n' + "".join(f"行{i},b\n" for i in range(50))
    found = read(write(tmp_path / NAME, content))
    assert found[0] == (2, "not valid CSV: a quotation mark is never closed")
    assert found[1:] == [(f"a.csv:{i + 3}", f"行{i}", "b") for i in range(50)]


def test_ids_groups_and_labels_from_columns(tmp_path: Path) -> None:
    content = "本文,番号,記事,ラベル\n一,7,k1,x\n二,,k1,x\n三,9,,x\n"
    path = write(tmp_path / NAME, content)
    options = {"text_column": "本文", "id_column": "番号", "group_column": "記事", "label_column": "ラベル"}
    found = rows(piece(path), SourceConfig(format="csv", files="x", **options))
    assert short(found) == [("7", "一", "x"), (3, "no value in '番号'"), ("9", "三", "x")]
    assert [row.group for row in (found[0], found[2])] == ["k1", None]  # type: ignore[union-attr]


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
    def header(content: str | bytes) -> list[str]:
        return read_header(piece(write(tmp_path / NAME, content)), tabs=False)

    assert header('\n"text, all",label\n') == ["text, all", "label"]
    with pytest.raises(DataError, match=r"a\.csv: is empty"):
        header("")
    with pytest.raises(DataError, match=r"a\.csv: line 1, which must name the columns, is wrong: not UTF-8: byte 0xe9"):
        header(b"caf\xe9,label\n")


def test_long_documents(tmp_path: Path) -> None:
    text = "長" * 300_000  # more than the limit of Python's csv module
    assert read(write(tmp_path / NAME, f"text,label\n{text},a\n")) == [("a.csv:2", text, "a")]


def test_rejections_name_record_and_line(tmp_path: Path) -> None:
    path = write(tmp_path / NAME, 'text,label\n"two\nlines",a\n\n,b\n"three\nmore\nlines"x,c\n')
    found = rows(piece(path))
    assert [(row.record, row.row) for row in found[1:] if isinstance(row, Rejection)][:2] == [(4, 5), (5, 6)]
    assert isinstance(found[1], Rejection)
    assert found[1].place == "record 4, line 5"


@pytest.mark.parametrize("delimiter", [";", "\t", "|"])
def test_other_delimiters(tmp_path: Path, delimiter: str) -> None:
    content = f'text{delimiter}label\n"銀閣, 金閣"{delimiter}京都\n'
    given = piece(write(tmp_path / NAME, content), layout=Layout(delimiter=delimiter))
    assert short(rows(given)) == [("a.csv:2", "銀閣, 金閣", "京都")]
