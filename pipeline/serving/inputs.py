"""Reads the texts that a person wants classified: from arguments, a file, or stdin.

The format of a file is known by its suffix: ``.jsonl``, ``.ndjson`` and ``.json`` are JSON lines, ``.csv`` is
CSV with a header, ``.tsv`` the same with tabs and no quoting, anything else is plain text, a line a document. Stdin
(``-``) is known by its first line: a JSON object is JSON lines; a CSV header with a column ``text`` is CSV; anything
else is plain text. Files are UTF-8, with or without a mark.
"""

import dataclasses
import itertools
import json
import sys
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import BinaryIO

from components.errors import ConfigError
from components.example_gen.readers.delimited import NumberedLine, records
from components.example_gen.readers.lines import BOM, decode
from components.example_gen.rows import Rejection

FIELD = "text"
STDIN = "-"
_SNIFFED = 10_000


@dataclasses.dataclass(frozen=True)
class Unreadable:
    """A row that holds no text that could be read.

    Attributes:
        error: Where it is and what is wrong with it.
    """

    error: str


_NO_TEXT = {b"\x1f\x8b": "compressed by gzip", b"\xff\xfe": "UTF-16", b"\xfe\xff": "UTF-16"}  # how they begin

Reader = Callable[[Iterator[NumberedLine], str], Iterator[str | Unreadable]]


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
    lines = ((number, line.removeprefix(BOM) if number == 1 else line) for number, line in enumerate(file, start=1))
    first = next(lines, None)
    if first is not None:
        for mark, what in _NO_TEXT.items():
            if first[1].startswith(mark):
                raise ConfigError("--input", f"{name} is {what}: texts must be plain UTF-8")
        chosen = reader or _sniff(first[1][:_SNIFFED])
        yield from chosen(itertools.chain([first], lines), name)


def _sniff(beginning: bytes) -> Reader:
    if beginning.lstrip().startswith(b"{"):
        return _json_lines
    header = next(records(iter([(1, beginning)]), "", tabs=False), None)
    return _csv if isinstance(header, tuple) and FIELD in header[1] else _plain


def _plain(lines: Iterator[NumberedLine], name: str) -> Iterator[str | Unreadable]:
    for number, raw in lines:
        line = decode(raw, name, number)
        yield line if isinstance(line, str) else _unreadable(line)


def _json_lines(lines: Iterator[NumberedLine], name: str) -> Iterator[str | Unreadable]:
    for number, raw in lines:
        if raw.strip():
            yield _json_text(raw, f"{name}, row {number}")


def _json_text(raw: bytes, where: str) -> str | Unreadable:
    try:
        row = json.loads(raw)
    except (ValueError, RecursionError) as error:
        return Unreadable(f"{where}: not JSON ({error})")
    text = row.get(FIELD) if isinstance(row, dict) else None
    return _checked(text, where) if isinstance(text, str) else Unreadable(f"{where}: no string in {FIELD!r}")


def _csv(lines: Iterator[NumberedLine], name: str, tabs: bool = False) -> Iterator[str | Unreadable]:
    header: list[str] = []
    for record in records(lines, name, tabs):
        if isinstance(record, Rejection):
            yield _unreadable(record)
            continue
        number, fields = record
        if not header:
            header = fields
            if header and FIELD not in header:
                columns = ", ".join(header)[:200]
                raise ConfigError("--input", f"{name} has no column {FIELD!r}; its columns are {columns}")
        elif len(fields) == len(header):
            yield fields[header.index(FIELD)]
        elif fields:
            yield Unreadable(f"{name}, row {number}: {len(fields)} values for {len(header)} columns")


def _unreadable(rejection: Rejection) -> Unreadable:
    return Unreadable(f"{rejection.file}, row {rejection.row}: {rejection.reason}")


def _checked(text: str, where: str) -> str | Unreadable:
    try:
        text.encode()
    except UnicodeEncodeError:
        return Unreadable(f"{where}: not valid UTF-8")
    return text


_READERS: dict[str, Reader] = {
    ".jsonl": _json_lines,
    ".ndjson": _json_lines,
    ".json": _json_lines,
    ".csv": _csv,
    ".tsv": partial(_csv, tabs=True),
}
