from pathlib import Path

import pytest

from components.example_gen.readers.lines import divide
from components.example_gen.readers.wikitext import heading_level, levels, read_wikitext, scan_wikitext
from tests.components.example_gen.helpers import piece, short, texts, write

PAGE = """\
 
 = Robert Boulter = 
 
 Robert Boulter is an English <unk> . 
 
 = = Career = = 
 
 = = = 2000 – 2005 = = = 
 
 In 2000 he had a role @-@ part . 
 
 = 京都 = 
 
 京都 は 日本 の <unk> で ある 。 
"""


@pytest.mark.parametrize(
    ("line", "level"),
    [
        (" = Homarus gammarus = \n", 1),
        (" = = Description = = \n", 2),
        ("= = = 京都 の 歴史 = = =", 3),
        (" = = ", 0),
        (" \n", 0),
        (" The value is = 5 = \n", 0),
        (" = 5 is not a heading \n", 0),
        (" = = unequal = \n", 0),
        (" =glued= \n", 0),
    ],
)
def test_heading_level(line: str, level: int) -> None:
    assert heading_level(line.encode()) == level


def test_headings_are_kept_or_dropped(tmp_path: Path) -> None:
    path = write(tmp_path / "wiki.train.tokens", PAGE)
    assert short(read_wikitext(piece(path))) == [
        ("wiki.train.tokens:2", "= Robert Boulter =", None),
        ("wiki.train.tokens:4", "Robert Boulter is an English <unk> .", None),
        ("wiki.train.tokens:6", "= = Career = =", None),
        ("wiki.train.tokens:8", "= = = 2000 – 2005 = = =", None),
        ("wiki.train.tokens:10", "In 2000 he had a role @-@ part .", None),
        ("wiki.train.tokens:12", "= 京都 =", None),
        ("wiki.train.tokens:14", "京都 は 日本 の <unk> で ある 。", None),
    ]
    assert [row[0] for row in short(read_wikitext(piece(path), drop_headings=True))] == [
        "wiki.train.tokens:4",
        "wiki.train.tokens:10",
        "wiki.train.tokens:14",
    ]


def test_headings_stand_between_blank_lines() -> None:
    lines = [b" = Points = \n", b" = legend = \n", b" \n", b" = = Section = = \n", b"\n", b"x\n", b" = 5 = \n", b"\n"]
    assert [level for _, level in levels(lines)] == [0, 0, 0, 2, 0, 0, 0, 0]
    assert [line for line, _ in levels(lines)] == lines
    assert list(levels([b" = Title = "])) == [(b" = Title = ", 1)]


@pytest.mark.parametrize("length", [1, 20, 50, 150])
@pytest.mark.parametrize("drop", [False, True])
def test_ranges_read_like_the_whole(tmp_path: Path, drop: bool, length: int) -> None:
    whole = piece(write(tmp_path / "w", PAGE))
    parts = list(divide(whole, length, scan_wikitext))
    rows = [row for part in parts for row in read_wikitext(part, drop, with_articles=True)]
    assert len(parts) > 1
    assert rows == list(read_wikitext(whole, drop, with_articles=True))
    assert {row.group for row in rows} == {"w#1", "w#2"}  # type: ignore[union-attr]


def test_bytes_that_are_no_text_are_rejected(tmp_path: Path) -> None:
    path = write(tmp_path / "w", b" fine \n caf\xe9 \n")
    assert short(read_wikitext(piece(path))) == [("w:1", "fine", None), (2, "not UTF-8: byte 0xe9 at position 5")]


@pytest.mark.data
@pytest.mark.parametrize(
    ("file", "lines", "articles", "sections"),
    [
        ("wiki.train.tokens", 23_767, 600, 5_582),
        ("wiki.valid.tokens", 2_461, 60, 560),
        ("wiki.test.tokens", 2_891, 60, 644),
    ],
)
def test_wikitext_2(data_dir: Path, file: str, lines: int, articles: int, sections: int) -> None:
    path = data_dir / "wikitext-2" / file
    kept = list(read_wikitext(piece(path), with_articles=True))
    assert len(texts(kept)) == lines
    assert len({row.group for row in kept}) == articles  # type: ignore[union-attr]
    dropped = texts(read_wikitext(piece(path), drop_headings=True))
    assert len(dropped) == lines - articles - sections
    assert not any(text.startswith("= = ") for text in dropped)
