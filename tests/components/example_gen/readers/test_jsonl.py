from collections.abc import Iterator
from pathlib import Path

import pytest

from components.errors import ConfigError, DataError
from components.example_gen.config import SourceConfig
from components.example_gen.readers import columns
from components.example_gen.readers.jsonl import read_keys, read_objects
from components.example_gen.readers.lines import raw_lines
from components.example_gen.rows import Piece, Rejection, Row
from tests.components.example_gen.helpers import piece, short, write

LABELLED = SourceConfig(format="jsonl", files="x", label_column="label", group_column="group")


def read_jsonl(given: Piece, config: SourceConfig) -> Iterator[Row | Rejection]:
    return columns.to_rows(read_objects(raw_lines(given), given), given, config)


def test_objects(tmp_path: Path) -> None:
    content = """\
{"text": "京都へ行く。", "label": "京都", "group": 3}
{"label": true, "text": "\\u4eac\\u90fd \\ud83c\\udf63"}

{"text": "two", "label": 2, "group": null}
"""
    path = write(tmp_path / "a.jsonl", content)
    rows = list(read_jsonl(piece(path), LABELLED))
    assert short(rows) == [
        ("a.jsonl:1", "京都へ行く。", "京都"),
        ("a.jsonl:2", "京都 🍣", "true"),
        ("a.jsonl:4", "two", "2"),
    ]
    assert [row.group for row in rows] == ["3", None, None]  # type: ignore[union-attr]


def test_unusable_lines_are_rejected(tmp_path: Path) -> None:
    content = b"""\
{"text": "cut off
["text", "label"]
{"label": "a"}
{"text": null, "label": "a"}
{"text": 5, "label": "a"}
{"text": "x"}
{"text": "x", "label": 0.5}
{"text": "x", "label": ["a"]}
{"text": "half \\ud83c", "label": "a"}
{"text": "caf\xe9", "label": "a"}
"""
    path = write(tmp_path / "a.jsonl", content)
    assert short(read_jsonl(piece(path), LABELLED)) == [
        (1, "not valid JSON: Unterminated string starting at: line 1 column 10 (char 9)"),
        (2, "a JSON list, not an object"),
        (3, "no text in 'text'"),
        (4, "no text in 'text'"),
        (5, "'text' is 5, not a text"),
        (6, "no value in 'label'"),
        (7, "'label' is 0.5, neither a string nor an integer"),
        (8, "'label' is ['a']: several labels need label_separator in the configuration"),
        (9, "half of a surrogate pair, which is no character"),
        (10, "not UTF-8: byte 0xe9 at position 14"),
    ]


def test_keys_are_those_of_the_first_objects(tmp_path: Path) -> None:
    path = write(tmp_path / "a.jsonl", '{"text": "a"}\nnonsense\n{"label": "b", "text": "c"}\n')
    assert read_keys(piece(path)) == ["text", "label"]
    with pytest.raises(ConfigError, match="no column 'group'; its columns are 'text', 'label'"):
        columns.check(path, read_keys(piece(path)), LABELLED)


def test_keys_that_come_late_are_looked_for(tmp_path: Path) -> None:
    rows = ['{"text": "文"}'] * 150 + ['{"text": "文", "札": ["a"]}', '{"more": 1}']
    path = write(tmp_path / "a.jsonl", "\n".join(rows))
    assert read_keys(piece(path)) == ["text"]
    assert read_keys(piece(path), ["text", "札"]) == ["text", "札"]
    assert read_keys(piece(path), ["nowhere"]) == ["text", "札", "more"]


def test_a_file_of_something_else_is_an_error(tmp_path: Path) -> None:
    path = write(tmp_path / "a.jsonl", "text,label\nx,y\n")
    with pytest.raises(DataError, match="no JSON object in its first 2 lines; the first is not valid JSON"):
        read_keys(piece(path))
