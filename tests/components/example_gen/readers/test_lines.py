import gzip
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from components.example_gen.readers.lines import divide, is_blank, raw_lines, read_text, scan_text
from components.example_gen.rows import Piece
from tests.components.example_gen.helpers import piece, short, texts, write


def test_blank_lines_are_no_rows_but_end_articles(tmp_path: Path) -> None:
    content = "社格\n社格とは、神社の格式。\n\n　\n 京都駅\r\nlast line"
    path = write(tmp_path / "SNT.txt", content)
    assert short(read_text(piece(path))) == [
        ("SNT.txt:1", "社格", None),
        ("SNT.txt:2", "社格とは、神社の格式。", None),
        ("SNT.txt:5", " 京都駅", None),
        ("SNT.txt:6", "last line", None),
    ]
    groups = [row.group for row in read_text(piece(path), with_articles=True)]  # type: ignore[union-attr]
    assert groups == ["SNT.txt#1", "SNT.txt#1", "SNT.txt#3", "SNT.txt#3"]


def test_only_line_feeds_end_lines(tmp_path: Path) -> None:
    path = write(tmp_path / "a.txt", "one\u2028two\x85three\x0cfour\rfive\nsix")
    assert texts(read_text(piece(path))) == ["one\u2028two\x85three\x0cfour\rfive", "six"]


def test_byte_order_mark_and_gzip(tmp_path: Path) -> None:
    path = write(tmp_path / "a.txt.gz", gzip.compress(b"\xef\xbb\xbf" + "一\n二\n".encode()))
    assert short(read_text(piece(path))) == [("a.txt.gz:1", "一", None), ("a.txt.gz:2", "二", None)]


def test_bytes_that_are_no_text_are_rejected(tmp_path: Path) -> None:
    path = write(tmp_path / "a.txt", "良い\n".encode() + "悪い\n".encode("shift_jis") + b"fine\n")
    assert short(read_text(piece(path))) == [
        ("a.txt:1", "良い", None),
        (2, "not UTF-8: byte 0x88 at position 1"),
        ("a.txt:3", "fine", None),
    ]


@pytest.mark.parametrize(
    ("line", "blank"),
    [
        (b"", True),
        (b" \t\r\n", True),
        ("　　\n".encode(), True),
        ("　x\n".encode(), False),
        (b"\xe3\n", False),
        (b"\x1c\xc2\xa0\n", True),
    ],
)
def test_is_blank(line: bytes, blank: bool) -> None:
    assert is_blank(line) is blank


LINES = st.lists(st.sampled_from(["", "a", "京都へ行く。", "　", "長い" * 9]), max_size=30)


@settings(deadline=None)
@given(LINES, st.integers(1, 40), st.booleans())
def test_ranges_read_like_the_whole(
    tmp_path_factory: pytest.TempPathFactory, lines: list[str], length: int, end: bool
) -> None:
    content = "\n".join(lines) + ("\n" if end else "")
    whole = piece(write(tmp_path_factory.mktemp("lines") / "a.txt", content))
    parts = list(divide(whole, length, scan_text))
    assert [part.start for part in parts[1:]] == [part.stop for part in parts[:-1]]
    assert parts[-1].stop is None
    read = [row for part in parts for row in read_text(part, with_articles=True)]
    assert read == list(read_text(whole, with_articles=True))
    assert sum(len(list(raw_lines(part))) for part in parts) == len(content.encode().splitlines())


def test_a_file_that_is_no_longer_than_a_range_is_one_piece(tmp_path: Path) -> None:
    whole = piece(write(tmp_path / "a.txt", "1234\n5678\n"))
    assert list(divide(whole, 10, scan_text)) == [whole]
    assert [(part.start, part.stop, part.row) for part in divide(whole, 4, scan_text)] == [(0, 5, 0), (5, None, 1)]


@pytest.mark.data
def test_ja_wiki_kyoto(data_dir: Path) -> None:
    rows = articles = 0
    for path in sorted((data_dir / "ja-wiki-kyoto").glob("*.txt.gz")):
        found = list(read_text(Piece(0, None, str(path), path.name), with_articles=True))
        rows += len(texts(found))
        articles += len({row.group for row in found})  # type: ignore[union-attr]
    assert (rows, articles) == (487_507, 14_111)
