"""Reads the texts that a person wants classified: from arguments, a file, or stdin.

The format of a file is known by its suffix: ``.jsonl``, ``.ndjson`` and ``.json`` are JSON lines, ``.csv`` is
CSV with a header, anything else is plain text, a line a document. Stdin (``-``) is known by its first line: a
JSON object is JSON lines; a CSV header with a column ``text`` is CSV; anything else is plain text. Files are
UTF-8, with or without a mark.
"""

import csv
import io
import itertools
import json
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

from components.errors import ConfigError

FIELD = "text"
STDIN = "-"
_JSON_SUFFIXES = (".jsonl", ".ndjson", ".json")

Report = Callable[[str], None]
Reader = Callable[[Iterable[str], str, Report], Iterator[str]]


def read_texts(
    arguments: Sequence[str], source: str | None, report: Report, stdin: BinaryIO | None = None
) -> Iterator[str]:
    """Reads texts one by one, in order: the arguments first, then the file.

    Args:
        arguments: Texts given on the command line.
        source: A file, ``-`` for stdin, or None.
        report: Called with a message for every row that cannot be used; reading goes on with the next.
        stdin: What ``-`` means; the process's stdin if None.

    Yields:
        Raw texts.

    Raises:
        ConfigError: If there is no such file, or a CSV file has no column ``text``.
    """
    yield from arguments
    if source == STDIN:
        yield from _read(stdin or sys.stdin.buffer, "stdin", None, report)
    elif source is not None:
        path = Path(source)
        if not path.is_file():
            raise ConfigError("--input", f"{source} is not a file")
        with path.open("rb") as file:
            yield from _read(file, source, _reader_of(path), report)


def _read(file: BinaryIO, name: str, reader: Reader | None, report: Report) -> Iterator[str]:
    # Bytes that are not UTF-8 become lone surrogates, so that one bad row does not end the reading of the others.
    lines = io.TextIOWrapper(file, encoding="utf-8-sig", errors="surrogateescape", newline="")
    try:
        first = next(lines, None)
        if first is not None:
            chosen = reader or _sniff(first)
            yield from chosen(itertools.chain([first], lines), name, report)
    finally:
        lines.detach()  # the file is closed by whoever opened it


def _reader_of(path: Path) -> Reader:
    suffix = path.suffix.lower()
    if suffix in _JSON_SUFFIXES:
        return _json_lines
    return _csv if suffix == ".csv" else _plain


def _sniff(first: str) -> Reader:
    if first.lstrip().startswith("{"):
        try:
            json.loads(first)
            return _json_lines
        except ValueError:
            return _plain
    return _csv if FIELD in next(csv.reader([first]), []) else _plain


def _plain(lines: Iterable[str], name: str, report: Report) -> Iterator[str]:
    for number, line in enumerate(lines, start=1):
        text = line.rstrip("\r\n")
        if not text.strip():
            report(f"{name}, row {number}: the line is blank; left out")
        elif _usable(text, name, number, report):
            yield text


def _json_lines(lines: Iterable[str], name: str, report: Report) -> Iterator[str]:
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except ValueError as error:
            report(f"{name}, row {number}: not JSON ({error}); left out")
            continue
        text = row.get(FIELD) if isinstance(row, dict) else None
        if not isinstance(text, str):
            report(f"{name}, row {number}: no string in the field {FIELD!r}; left out")
        elif _usable(text, name, number, report):
            yield text


def _csv(lines: Iterable[str], name: str, report: Report) -> Iterator[str]:
    csv.field_size_limit(2**31 - 1)  # documents are longer than the default of 131,072 characters
    rows = csv.reader(lines)
    header = next(rows, [])
    if FIELD not in header:
        raise ConfigError("--input", f"{name} has no column {FIELD!r}; its columns are {', '.join(header)}")
    column = header.index(FIELD)
    for number, row in enumerate(rows, start=2):
        if not row:
            continue
        if len(row) != len(header):
            report(f"{name}, row {number}: {len(row)} values for {len(header)} columns; left out")
        elif _usable(row[column], name, number, report):
            yield row[column]


def _usable(text: str, name: str, number: int, report: Report) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        report(f"{name}, row {number}: not valid UTF-8; left out")
        return False
    return True
