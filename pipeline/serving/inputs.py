"""Reads the texts that a person wants classified: from arguments, a file, or stdin.

The format of a file is known by its suffix: ``.jsonl``, ``.ndjson`` and ``.json`` are JSON lines, ``.csv`` is
CSV with a header, ``.tsv`` the same with tabs and no quoting, anything else is plain text, a line a document. Stdin
(``-``) is known by its first line: a JSON object is JSON lines; a CSV header with a column ``text`` is CSV; anything
else is plain text. Files are UTF-8, with or without a mark.
"""

import csv
import dataclasses
import io
import itertools
import json
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO

from components.errors import ConfigError

FIELD = "text"
STDIN = "-"
_NOT_UTF8 = "not valid UTF-8"


@dataclasses.dataclass(frozen=True)
class Unreadable:
    """A row that holds no text that could be read.

    Attributes:
        error: Where it is and what is wrong with it.
    """

    error: str


Reader = Callable[[Iterable[str], str], Iterator[str | Unreadable]]


def read_texts(
    arguments: Sequence[str], source: str | None, stdin: BinaryIO | None = None
) -> Iterator[str | Unreadable]:
    """Reads texts one by one, in order: the arguments first, then the file.

    Args:
        arguments: Texts given on the command line.
        source: A file, ``-`` for stdin, or None.
        stdin: What ``-`` means; the process's stdin if None.

    Yields:
        For each row its raw text, or why there is none. Blank lines are empty texts in plain text, and nothing in JSON
        lines and CSV.

    Raises:
        ConfigError: If there is no such file, or a CSV file has no column ``text``.
    """
    for number, text in enumerate(arguments, start=1):
        yield _checked(text, f"argument {number}")
    if source == STDIN:
        yield from _read(stdin or sys.stdin.buffer, "stdin", None)
    elif source is not None:
        path = Path(source)
        if not path.is_file():
            raise ConfigError("--input", f"{source} is not a file")
        with path.open("rb") as file:
            yield from _read(file, source, _READERS.get(path.suffix.lower(), _plain))


def _read(file: BinaryIO, name: str, reader: Reader | None) -> Iterator[str | Unreadable]:
    # Bytes that are not UTF-8 become lone surrogates, so that one bad row does not end the reading of the others.
    lines = io.TextIOWrapper(file, encoding="utf-8-sig", errors="surrogateescape", newline="")
    try:
        first = next(lines, None)
        if first is not None:
            chosen = reader or _sniff(first)
            yield from chosen(itertools.chain([first], lines), name)
    finally:
        lines.detach()  # the file is closed by whoever opened it


def _sniff(first: str) -> Reader:
    if first.lstrip().startswith("{"):
        try:
            json.loads(first)
            return _json_lines
        except ValueError:
            return _plain
    return _csv if FIELD in next(csv.reader([first]), []) else _plain


def _plain(lines: Iterable[str], name: str) -> Iterator[str | Unreadable]:
    for number, line in enumerate(lines, start=1):
        yield _checked(line.rstrip("\r\n"), f"{name}, row {number}")


def _json_lines(lines: Iterable[str], name: str) -> Iterator[str | Unreadable]:
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        where = f"{name}, row {number}"
        try:
            row = json.loads(line)
        except ValueError as error:
            yield Unreadable(f"{where}: not JSON ({error})")
            continue
        text = row.get(FIELD) if isinstance(row, dict) else None
        yield _checked(text, where) if isinstance(text, str) else Unreadable(f"{where}: no string in {FIELD!r}")


def _csv(lines: Iterable[str], name: str, **dialect: Any) -> Iterator[str | Unreadable]:
    csv.field_size_limit(2**31 - 1)  # documents are longer than the default of 131,072 characters
    rows = csv.reader((line.replace("\0", "\ufffd") for line in lines), **dialect)  # the module stops at a NUL
    header = next(rows, [])
    if FIELD not in header:
        raise ConfigError("--input", f"{name} has no column {FIELD!r}; its columns are {', '.join(header)[:200]}")
    column = header.index(FIELD)
    for number, row in enumerate(rows, start=2):
        where = f"{name}, row {number}"
        if len(row) == len(header):
            yield _checked(row[column], where)
        elif row:
            yield Unreadable(f"{where}: {len(row)} values for {len(header)} columns")


def _checked(text: str, where: str) -> str | Unreadable:
    try:
        text.encode()
    except UnicodeEncodeError:
        return Unreadable(f"{where}: {_NOT_UTF8}")
    return text


_READERS: dict[str, Reader] = {
    ".jsonl": _json_lines,
    ".ndjson": _json_lines,
    ".json": _json_lines,
    ".csv": _csv,
    ".tsv": partial(_csv, delimiter="\t", quoting=csv.QUOTE_NONE),
}
