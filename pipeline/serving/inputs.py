"""Reads the texts that you want classified: from arguments, a file, or stdin; with the code that reads training data.

The suffix of a file tells its format, in small letters or capitals, with or without ``.gz``: ``.jsonl``, ``.ndjson``
and ``.json`` are JSON lines, ``.csv`` is CSV with a header, ``.tsv`` the same with tabs and no quoting, ``.parquet``
and ``.xlsx`` are tables with a column ``text``, anything else is plain text, a line a document. The first line of stdin
(``-``) tells its format: a JSON object is JSON lines; a CSV header with a column ``text`` is CSV; anything else is
plain text. Encoding and delimiter are found as in training; of stdin, which nobody can read twice, a byte order mark
tells the encoding, else it is UTF-8.
"""

import dataclasses
import io
import itertools
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import PurePath
from typing import BinaryIO, cast

from components.errors import ConfigError
from components.example_gen import delimiters, reading
from components.example_gen.config import COLUMN_FORMATS, Format, SourceConfig
from components.example_gen.encodings import AUTO, MARKS, normalize
from components.example_gen.layout import BOM, UTF8, Layout, limited_lines, translated
from components.example_gen.opening import unpacked
from components.example_gen.readers import columns, delimited, jsonl, lines
from components.example_gen.rows import Entry, Piece, Rejection
from components.files import is_file

FIELD = "text"
STDIN = "-"
_SNIFFED = 10_000
_FORMATS: dict[str, Format] = {
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".json": "jsonl",
    ".csv": "csv",
    ".tsv": "tsv",
    ".parquet": "parquet",
    ".xlsx": "xlsx",
    ".xlsm": "xlsx",
}


@dataclasses.dataclass(frozen=True)
class Unreadable:
    """A row that holds no text that could be read.

    Attributes:
        error: Where it is and what is wrong with it.
    """

    error: str


def read_texts(
    arguments: Sequence[str], source: str | None, stdin: BinaryIO | None = None, encoding: str = AUTO
) -> Iterator[str | Unreadable]:
    """Reads texts one by one, in order: the arguments first, then the file.

    Args:
        arguments: Texts given on the command line.
        source: A file, ``-`` for stdin, or None.
        stdin: What ``-`` means; the process's stdin if None.
        encoding: That of the file; ``auto``: found out.

    Yields:
        For each row its raw text, or why there is none. Blank lines are empty texts in plain text, and nothing in JSON
        lines and CSV.

    Raises:
        ConfigError: If there is no such file, or it has no column ``text``.
        DataError: If the file cannot be read, or its encoding is not certain.
    """
    try:
        encoding = normalize(encoding)
    except ValueError as error:
        raise ConfigError("--encoding", str(error)) from None
    for number, text in enumerate(arguments, start=1):
        yield _checked(text, f"argument {number}")
    if source == STDIN:
        yield from _read_stream(stdin or sys.stdin.buffer, encoding)
    elif source is not None:
        if not is_file(source):
            raise ConfigError("--input", f"{source} is not a file; pipe what is not a regular file into `--input -`")
        yield from _read_file(source, encoding)


def _read_file(path: str, encoding: str) -> Iterator[str | Unreadable]:
    config = _config(_format_of(path), path, encoding)
    piece = reading.laid_out(Piece(0, None, path, path), config)
    if config.format not in COLUMN_FORMATS:
        yield from _plain(lines.raw_lines(piece), piece)
        return
    if config.format != "jsonl":  # of which every row has its own keys
        _check_column(path, reading.column_names(piece, config))
    yield from _texts(reading.read_entries(piece, config), path)


def _read_stream(stream: BinaryIO, encoding: str) -> Iterator[str | Unreadable]:
    """Reads stdin as it comes; it is not closed."""
    if not hasattr(stream, "peek"):
        stream = cast(BinaryIO, io.BufferedReader(cast(io.RawIOBase, stream)))
    content = unpacked(stream, "stdin")
    if encoding == AUTO:
        beginning = cast(io.BufferedReader, content).peek(4)
        encoding = next((name for mark, name in MARKS.items() if beginning.startswith(mark)), UTF8)
    piece = Piece(0, None, "stdin", "stdin", layout=Layout(encoding))
    found = limited_lines(translated(content, piece.layout), "stdin")
    numbered = ((number, line.removeprefix(BOM) if number == 1 else line) for number, (line, _) in enumerate(found, 1))
    first = next(numbered, None)
    if first is None:
        return
    everything = itertools.chain([first], numbered)
    head = first[1][:_SNIFFED]
    if head.lstrip().startswith(b"{"):
        yield from _texts(jsonl.read_objects(everything, piece), "stdin")
        return
    delimiter = delimiters.of_header(head, FIELD)
    if delimiter is None:
        yield from _plain(everything, piece)
    else:
        piece.layout = dataclasses.replace(piece.layout, delimiter=delimiter)
        yield from _texts(delimited.read_records(everything, piece, tabs=False), "stdin")


def _format_of(path: str) -> Format:
    name = PurePath(path.lower().removesuffix(".gz"))
    return _FORMATS.get(name.suffix, "text")


def _config(form: Format, path: str, encoding: str) -> SourceConfig:
    return SourceConfig(format=form, files=path, encoding=encoding if form not in ("parquet", "xlsx") else AUTO)


def _check_column(path: str, there: Sequence[str]) -> None:
    if FIELD not in there:
        raise ConfigError("--input", f"{path} has no column {FIELD!r}; its columns are {', '.join(there)[:200]}")


def _plain(raw: Iterable[tuple[int, bytes]], piece: Piece) -> Iterator[str | Unreadable]:
    for number, line in raw:
        text = lines.decode(line, piece, number)
        yield text if isinstance(text, str) else _unreadable(text, piece.path)


def _texts(entries: Iterable[Entry | Rejection], path: str) -> Iterator[str | Unreadable]:
    for entry in entries:
        if isinstance(entry, Rejection):
            yield _unreadable(entry, path)
            continue
        text = entry.values.get(FIELD)
        try:
            if not isinstance(text, str):
                raise ValueError(f"no string in {FIELD!r}")
            columns.check_text(text, FIELD)
            yield text
        except ValueError as error:
            yield _unreadable(Rejection(path, entry.row, str(error), entry.record), path)


def _unreadable(rejection: Rejection, path: str) -> Unreadable:
    return Unreadable(f"{path}, {rejection.place}: {rejection.reason}")


def _checked(text: str, where: str) -> str | Unreadable:
    try:
        text.encode()
    except UnicodeEncodeError:
        return Unreadable(f"{where}: not valid UTF-8")
    return text
