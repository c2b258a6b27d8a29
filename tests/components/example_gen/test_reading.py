import gzip
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from components.errors import ConfigError, DataError
from components.example_gen import reading
from components.example_gen.config import ExampleGenConfig, SourceConfig
from components.example_gen.inputs import find_inputs, plan
from components.example_gen.rows import Piece, Row
from tests.components.example_gen.helpers import short, write


def config(**source: Any) -> ExampleGenConfig:
    return ExampleGenConfig.model_validate({"sources": source})


def pieces(given: ExampleGenConfig) -> list[Piece]:
    return plan(given, find_inputs(given)).pieces


def divided(piece: Piece, source: SourceConfig, length: int) -> Iterator[Piece]:
    return reading.divide(reading.laid_out(piece, source), source, length)


def read_all(given: ExampleGenConfig, length: int = reading.RANGE_BYTES) -> list[tuple[object, ...]]:
    parts = [part for piece in pieces(given) for part in divided(piece, given.sources[piece.source], length)]
    return short(row for part in parts for row in reading.read(part, given.sources[part.source]))


@pytest.mark.parametrize(
    ("format", "name", "content", "expected"),
    [
        ("text", "a.txt", "一\n\n二\n", [("a.txt:1", "一", None), ("a.txt:3", "二", None)]),
        ("wikitext", "a.tokens", "\n = T = \n\n x \n", [("a.tokens:2", "= T =", None), ("a.tokens:4", "x", None)]),
        ("csv", "a.csv", "text\n一\n二\n", [("a.csv:2", "一", None), ("a.csv:3", "二", None)]),
        ("tsv", "a.tsv", "n\ttext\n1\t一\n", [("a.tsv:2", "一", None)]),
        (
            "jsonl",
            "a.jsonl",
            '{"text": "一"}\n{"text": "二"}\n',
            [("a.jsonl:1", "一", None), ("a.jsonl:2", "二", None)],
        ),
        ("knbc_tsv", "Kyoto.tsv", "KN1_Kyoto_1-1-1-1\t一\t\t\t\t\n", [("KN1_Kyoto_1-1-1-1", "一", "京都")]),
    ],
)
@pytest.mark.parametrize("packed", [False, True])
def test_formats_of_lines(
    tmp_path: Path, format: str, name: str, content: str, expected: list[tuple[str, str, str | None]], packed: bool
) -> None:
    raw = content.encode()
    write(tmp_path / (name + ".gz" if packed else name), gzip.compress(raw, mtime=0) if packed else raw)
    given = config(format=format, files=str(tmp_path))
    reading.check(given, pieces(given))
    wanted = [(str(row[0]).replace(name, name + ".gz"), *row[1:]) for row in expected] if packed else expected
    assert read_all(given) == read_all(given, length=1) == wanted


def test_unlabelled_drops_labels(tmp_path: Path) -> None:
    write(tmp_path / "features.csv", "feature\n一\n")
    write(tmp_path / "labels.csv", "label\na\n")
    for unlabelled, label in ((False, "a"), (True, None)):
        given = config(format="knbc", files=str(tmp_path), unlabelled=unlabelled)
        assert read_all(given) == [(f"{tmp_path.name}:2", "一", label)]


def test_options_reach_the_readers(tmp_path: Path) -> None:
    path = write(tmp_path / "a.tokens", "\n = T = \n\n x \n\n = U = \n\n y \n")
    given = config(format="wikitext", files=path, headings="drop", split={"keep_groups": True})
    parts = [part for piece in pieces(given) for part in divided(piece, given.sources[0], 10)]
    rows = [row for part in parts for row in reading.read(part, given.sources[0]) if isinstance(row, Row)]
    assert [(row.text, row.group) for row in rows] == [("x", "a.tokens#1"), ("y", "a.tokens#2")]
    message = write(tmp_path / "sci.med" / "1", "Subject: s\n\nbody")
    assert read_all(config(format="newsgroups", files=message, remove=["headers"])) == [
        ("sci.med/1", "body", "sci.med")
    ]


@pytest.mark.parametrize(
    ("format", "name", "content", "message"),
    [
        (
            "csv",
            "a.csv",
            "txt,label\n",
            r"a\.csv: no column 'text' \(did you mean 'txt'\?\); its columns are 'txt', 'label'",
        ),
        ("tsv", "a.tsv", "text,label\n", r"a\.tsv: no column 'text'.*; its columns are 'text,label'"),
        ("jsonl", "a.jsonl", '{"body": "x"}\n', r"a\.jsonl: no column 'text'; its columns are 'body'"),
        (
            "csv",
            "a.csv.gz",
            gzip.compress(b"text\n", mtime=0)[:-4],
            r"a\.csv\.gz: cannot be read: Compressed file",
        ),
        ("csv", "a.csv.gz", b"BZh91AY", r"a\.csv\.gz: is compressed with bzip2; unpack it, or compress it with gzip"),
        ("knbc_tsv", "a.tsv", "x", "'a' is no theme of KNBC"),
        ("parquet", "a.parquet", "x", "not a Parquet file"),
    ],
)
def test_check(tmp_path: Path, format: str, name: str, content: str | bytes, message: str) -> None:
    write(tmp_path / name, content)
    given = config(format=format, files=str(tmp_path))
    with pytest.raises(ConfigError if "no column" in message else DataError, match=message):
        reading.check(given, pieces(given))


@pytest.mark.parametrize(
    ("format", "name", "content"),
    [
        ("text", "a.txt.gz", gzip.compress("文\n".encode() * 9999, mtime=0)[:-9]),
        ("newsgroups", "a.tar.gz", gzip.compress(b"no tar file", mtime=0)),
    ],
)
def test_files_that_break_off_are_errors(tmp_path: Path, format: str, name: str, content: bytes) -> None:
    given = config(format=format, files=write(tmp_path / name, content))
    with pytest.raises(DataError, match=f"{name}: cannot be read: "):
        read_all(given)
