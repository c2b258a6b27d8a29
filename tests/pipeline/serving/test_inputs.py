"""Reading texts in every form that a person may have them."""

import io
from pathlib import Path

import pytest

from components.errors import ConfigError
from pipeline.serving.inputs import Unreadable, read_texts


def _read(path: Path, content: str | bytes) -> list[str | Unreadable]:
    """The rows; errors without the file's name."""
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return [
        row if isinstance(row, str) else Unreadable(row.error.removeprefix(f"{path}, "))
        for row in read_texts([], str(path))
    ]


def _stdin(content: str) -> list[str | Unreadable]:
    return list(read_texts([], "-", io.BytesIO(content.encode())))


def test_arguments_come_first(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("三\n", encoding="utf-8")
    assert list(read_texts(["one", ""], str(tmp_path / "a.txt"))) == ["one", "", "三"]


def test_an_argument_that_is_not_utf8() -> None:
    assert list(read_texts(["a", "bad \udcff"], None)) == ["a", Unreadable("argument 2: not valid UTF-8")]


def test_plain_text_is_a_line_a_document(tmp_path: Path) -> None:
    rows = _read(tmp_path / "a.txt", '京都の寺\r\n\n{"text": "kept as it is"}\n no end')
    assert rows == ["京都の寺", "", '{"text": "kept as it is"}', " no end"]


def test_bytes_that_are_not_utf8_spoil_their_row_only(tmp_path: Path) -> None:
    rows = _read(tmp_path / "a.txt", b"caf\xe9\n" + "café\n".encode())
    assert rows == [Unreadable("row 1: not UTF-8: byte 0xe9 at position 4"), "café"]


def test_json_lines(tmp_path: Path) -> None:
    lines = [
        '{"text": "寺\\nと庭", "id": 1}',
        "",
        "{broken",
        '["text"]',
        '{"text": 5}',
        '{"text": ""}',
        '{"text": "\\ud800"}',
    ]
    rows = _read(tmp_path / "a.JSONL", "\n".join(lines))
    shown = [row if isinstance(row, str) else row.error.split(" (")[0] for row in rows]
    assert shown == [
        "寺\nと庭",
        "row 3: not valid JSON: Expecting property name enclosed in double quotes: line 1 column 2",
        "row 4: a JSON list, not an object",
        "row 5: no string in 'text'",
        "",
        "row 7: half of a surrogate pair, which is no character",
    ]


def test_csv_with_quotes_and_line_breaks(tmp_path: Path) -> None:
    rows = _read(tmp_path / "a.csv", '\ufeffid,text\n1,"a, ""b""\nc"\n2\n\n3,携帯\0電話\n"4,寺\n5,庭\n')
    assert rows == [
        'a, "b"\nc',
        Unreadable("record 3, line 4: 1 fields, but the header names 2 columns"),
        Unreadable("record 5, line 6: a NUL character, which is no text"),
        Unreadable("record 6, line 7: not valid CSV: a quotation mark is never closed"),
        "庭",
    ]


def test_first_lines_that_are_hard_to_know() -> None:
    assert _stdin("長" * 140_000) == ["長" * 140_000]
    assert _stdin("a\0b\n") == [Unreadable("stdin, row 1: a NUL character, which is no text")]
    (row,) = _stdin('{"text": ' + "[" * 100_000)
    assert isinstance(row, Unreadable) and "not valid JSON" in row.error


def test_tabs_without_quotes(tmp_path: Path) -> None:
    assert _read(tmp_path / "a.tsv", 'id\ttext\n1\t"京都" の寺\n') == ['"京都" の寺']


def test_csv_without_the_column_names_those_there_are(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"no column 'text'; its columns are id, 本文"):
        _read(tmp_path / "a.csv", "id,本文\n1,寺\n")


def test_a_long_document_in_csv(tmp_path: Path) -> None:
    assert _read(tmp_path / "a.csv", "text\n" + "長" * 200_000 + "\n") == ["長" * 200_000]


def test_stdin_is_known_by_its_first_line() -> None:
    assert _stdin('{"text": "寺"}\n{"text": "b"}\n') == ["寺", "b"]
    assert _stdin("label,text\nx,寺\n") == ["寺"]
    assert _stdin("寺, a text\n{b}\n") == ["寺, a text", "{b}"]
    assert _stdin("") == []


def test_rows_are_read_as_they_are_needed() -> None:
    class Endless(io.RawIOBase):
        def readable(self) -> bool:
            return True

        def readinto(self, buffer) -> int:  # type: ignore[no-untyped-def, override]
            buffer[:4] = b"abc\n"
            return 4

    texts = read_texts([], "-", io.BufferedReader(Endless()))
    assert [next(texts) for _ in range(3)] == ["abc"] * 3


def test_a_file_that_is_not_there() -> None:
    with pytest.raises(ConfigError, match=r"--input: nowhere\.txt is not a file"):
        list(read_texts([], "nowhere.txt"))
