import datetime
import re
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook

from components.errors import ConfigError, DataError
from components.example_gen.config import SourceConfig
from components.example_gen.readers import columns, workbook, xlsx
from components.example_gen.rows import Row
from pipeline.serving.inputs import read_texts
from tests.components.example_gen.helpers import piece, short, write

LABELLED = SourceConfig(format="xlsx", files="x", label_column="label")


def save(path: Path, *rows: Sequence[object], **more: Sequence[Sequence[object]]) -> str:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    for row in rows:
        sheet.append(row)
    for name, others in more.items():
        other = book.create_sheet(name)
        for row in others:
            other.append(row)
    book.save(path)
    return str(path)


def read(path: str, config: SourceConfig = LABELLED) -> list[Any]:
    columns.check(path, xlsx.read_header(path, config.sheet), config)
    given = piece(path)
    entries = xlsx.read_rows(given, config.sheet, list(columns.wanted(config)), config.date_column)
    return list(columns.to_rows(entries, given, config))


def change(path: str, name: str, edit: Callable[[bytes], bytes]) -> str:
    """Rewrites one part of a workbook."""
    with zipfile.ZipFile(path) as archive:
        parts = {one: archive.read(one) for one in archive.namelist()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for one, content in parts.items():
            archive.writestr(one, edit(content) if one == name else content)
    return path


def test_values_become_text(tmp_path: Path) -> None:
    path = save(
        tmp_path / "口コミ.xlsx",
        ["番号", "text", "label"],
        [1, "京都のお寺", "良い"],
        [],
        [2, "two\nlines", 3],
        [3, 4.5, True],
        [4, 7.0, datetime.date(2024, 1, 31)],
        [5, None, "x"],
        [6, datetime.datetime(2024, 1, 31, 12, 30), "=1+1"],
    )
    assert short(read(path)) == [
        ("口コミ.xlsx:2", "京都のお寺", "良い"),
        ("口コミ.xlsx:4", "two\nlines", "3"),
        ("口コミ.xlsx:5", "4.5", "true"),
        ("口コミ.xlsx:6", "7", "2024-01-31"),
        (7, "no text in 'text'"),
        (8, "no value in 'label'"),  # a formula of which no value is stored
    ]
    assert list(read_texts([], path))[:2] == ["京都のお寺", "two\nlines"]


def test_errors_of_formulas_reject_their_row(tmp_path: Path) -> None:
    path = save(tmp_path / "a.xlsx", ["text", "label", "more"], ["a", "#N/A", 1], ["b", "x", "#DIV/0!"], ["c", "x", 1])
    assert short(read(path)) == [
        (2, "'label' is #N/A, an error of a formula"),
        ("a.xlsx:3", "b", "x"),
        ("a.xlsx:4", "c", "x"),
    ]


def test_sheets(tmp_path: Path) -> None:
    path = save(tmp_path / "a.xlsx", ["about"], 口コミ=[["text", "label"], ["文", "x"]], empty=[])
    assert short(read(path, LABELLED.model_copy(update={"sheet": "口コミ"}))) == [("a.xlsx:2", "文", "x")]
    with pytest.raises(
        ConfigError, match=r"no sheet '口コ' \(did you mean '口コミ'\?\); its sheets are 'Sheet', '口コミ'"
    ):
        xlsx.read_header(path, "口コ")
    with pytest.raises(DataError, match="the sheet is empty; its first row must name the columns"):
        xlsx.read_header(path, "empty")
    with pytest.raises(ConfigError, match="no column 'text'; its columns are 'about'"):
        read(path)


def test_dates_stay_dates_where_they_are_wanted(tmp_path: Path) -> None:
    config = SourceConfig.model_validate(
        {"format": "xlsx", "files": "x", "date_column": "day", "split": {"method": "newest"}}
    )
    path = save(tmp_path / "a.xlsx", ["text", "day"], ["a", datetime.date(1970, 1, 2)], ["b", "1970-01-03"], ["c", 7])
    assert [row.date for row in read(path, config) if isinstance(row, Row)] == [86_400, 172_800, 7]


def test_a_wrong_dimension_hides_no_row(tmp_path: Path) -> None:
    path = save(tmp_path / "a.xlsx", ["text", "label"], ["a", "x"], ["b", "x"])
    change(path, "xl/worksheets/sheet1.xml", lambda xml: xml.replace(b'ref="A1:B3"', b'ref="A1"'))
    assert [row.text for row in read(path)] == ["a", "b"]


def test_rows_out_of_order_are_an_error(tmp_path: Path) -> None:
    path = save(tmp_path / "a.xlsx", ["text", "label"], ["a", "x"], ["b", "x"])
    change(path, "xl/worksheets/sheet1.xml", lambda xml: xml.replace(b'<row r="3"', b'<row r="2"'))
    with pytest.raises(DataError, match="row 2 comes after row 2, which no Excel workbook has"):
        read(path)


def share_strings(path: str, *strings: str) -> str:
    """Puts the strings of a workbook where Excel keeps them, in a part of their own; A2 is the first of them."""
    named = b'<Override PartName="/xl/sharedStrings.xml" ContentType="application/vnd.openxmlformats-officedocument.'
    named += b'spreadsheetml.sharedStrings+xml"/></Types>'
    change(path, "[Content_Types].xml", lambda xml: xml.replace(b"</Types>", named))
    cell = b'<c r="A2" t="s"><v>0</v></c>'
    change(path, "xl/worksheets/sheet1.xml", lambda xml: re.sub(rb'<c r="A2".*?</c>', cell, xml))
    items = "".join(f"<si><t>{string}</t></si>" for string in strings)
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
        space = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
        archive.writestr("xl/sharedStrings.xml", f'<sst xmlns="{space}">{items}</sst>')
    return path


def test_shared_strings(tmp_path: Path) -> None:
    path = share_strings(save(tmp_path / "a.xlsx", ["text", "label"], ["a", "x"]), "京都_x000D_\n大阪")
    assert short(read(path)) == [("a.xlsx:2", "京都\r\n大阪", "x")]


BOMB = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "%s"><!ENTITY b "%s">]>' % (b"x" * 99, b"&a;" * 99)


@pytest.mark.parametrize("part", ["xl/worksheets/sheet1.xml", "xl/sharedStrings.xml", "xl/workbook.xml"])
def test_entities_are_refused(tmp_path: Path, part: str) -> None:
    path = share_strings(save(tmp_path / "a.xlsx", ["text", "label"], ["a", "x"]), "a")
    outside = write(tmp_path / "secret", "x")
    for declared in (BOMB, f'<!DOCTYPE x [<!ENTITY a SYSTEM "file://{outside}">]>'.encode()):
        bomb = change(
            path, part, lambda xml, declared=declared: declared + xml[xml.index(b"?>") + 2 if b"?>" in xml else 0 :]
        )
        with pytest.raises(DataError, match=r"a\.xlsx: cannot be read as an Excel workbook: .*(Entit|DTD)"):
            read(bomb)


def test_parts_beyond_the_limits_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = share_strings(save(tmp_path / "a.xlsx", ["text", "label"], ["a", "x"]), "x" * 20_000)
    monkeypatch.setattr(workbook, "MAX_SHEET_STRINGS", 10_000)
    with pytest.raises(DataError, match=r"xl/sharedStrings\.xml in it unpacks to more than .*; save the sheet as CSV"):
        read(path)


def test_a_row_beyond_the_limit_is_an_error(tmp_path: Path) -> None:
    path = save(tmp_path / "a.xlsx", ["text", "label"], ["a", "x"])
    cell = b'<c r="A2" t="inlineStr"><is><t>' + b"x" * (17 << 20) + b"</t></is></c>"
    change(path, "xl/worksheets/sheet1.xml", lambda xml: xml.replace(b'<row r="2">', b'<row r="2">' + cell))
    assert Path(path).stat().st_size < 1 << 20
    with pytest.raises(DataError, match=r"a row of the sheet has more than 16 MiB of XML"):
        read(path)


def test_a_row_number_or_column_that_excel_does_not_have(tmp_path: Path) -> None:
    path = save(tmp_path / "a.xlsx", ["text", "label"], ["a", "x"], ["b", "x"])
    change(path, "xl/worksheets/sheet1.xml", lambda xml: xml.replace(b'r="B2"', b'r="ZZZ2"'))
    assert short(read(path)) == [(2, "no value in 'label'"), ("a.xlsx:3", "b", "x")]
    change(path, "xl/worksheets/sheet1.xml", lambda xml: xml.replace(b'<row r="3"', b'<row r="999999999"'))
    with pytest.raises(DataError, match="row 999999999 comes after row 2"):
        read(path)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"\xd0\xcf\x11\xe0\xa1\xb1", "is an .xls file or protected by a password; save it as .xlsx without one"),
        (b"text,label\n", "not an Excel workbook"),
        (b"", "not an Excel workbook"),
        (b"PK\x03\x04" + b"\0" * 99, "not an Excel workbook"),
    ],
)
def test_other_files_are_named(tmp_path: Path, content: bytes, message: str) -> None:
    with pytest.raises(DataError, match=message):
        xlsx.read_header(write(tmp_path / "a.xlsx", content), None)


CELL = st.one_of(
    st.none(), st.text(st.characters(blacklist_categories=["Cs", "Cc"]), max_size=5), st.integers(), st.booleans()
)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(CELL, CELL), max_size=10))
def test_no_row_vanishes(tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[object, object]]) -> None:
    path = save(tmp_path_factory.mktemp("xlsx") / "a.xlsx", ["text", "label"], *rows)
    blank = sum(all(cell is None or cell == "" for cell in row) for row in rows)
    assert len(read(path)) in (len(rows) - blank, len(rows) - sum(row == (None, None) for row in rows))
