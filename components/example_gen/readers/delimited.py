"""CSV (RFC 4180) and TSV (no quoting) with a header line, in UTF-8."""

import csv
from collections import deque
from collections.abc import Iterator

from components.errors import DataError
from components.example_gen.config import SourceConfig
from components.example_gen.readers import columns
from components.example_gen.readers.lines import decode, raw_lines
from components.example_gen.rows import Piece, Rejection, Row

MAX_FIELD = 1 << 24
"""Characters in a field; a quotation mark that is never closed is noticed when so many have followed it."""

NumberedLine = tuple[int, bytes]
Record = tuple[int, list[str]] | Rejection


def read_header(path: str, tabs: bool) -> list[str]:
    """Reads the column names in the first line that is not blank.

    Raises:
        DataError: If the file is empty or that line cannot be read.
    """
    lines = raw_lines(Piece(0, None, path, path))
    first = next((record for record in records(lines, path, tabs) if _not_blank(record)), None)
    if first is None:
        raise DataError(f"{path}: is empty; its first line must name the columns")
    if isinstance(first, Rejection):
        raise DataError(f"{path}: line {first.row}, which must name the columns, is wrong: {first.reason}")
    return first[1]


def read_delimited(piece: Piece, config: SourceConfig, tabs: bool) -> Iterator[Row | Rejection]:
    """Reads the records of a CSV or TSV file by its header; blank lines are no records.

    Records with more or fewer fields than the header are rejected.

    Args:
        piece: A whole file.
        config: Names the columns.
        tabs: Whether fields are set apart by tabs, see `records`.
    """
    header: list[str] | None = None
    for record in records(raw_lines(piece), piece.path, tabs):
        if isinstance(record, Rejection):
            yield record
            continue
        number, fields = record
        if not fields:
            continue
        if header is None:
            header = fields
        elif len(fields) == len(header):
            yield columns.to_row(dict(zip(header, fields, strict=True)), piece, number, config)
        else:
            yield Rejection(piece.path, number, f"{len(fields)} fields, but the header names {len(header)} columns")


def records(lines: Iterator[NumberedLine], path: str, tabs: bool) -> Iterator[Record]:
    """Reads the fields of every record, header included, with the number of its first line; none for a blank line.

    CSV records that break the quoting rules are rejected. Reading goes on at the line after the one where such a
    record began, so that one stray quotation mark costs one line.

    Args:
        lines: The lines of a file with their numbers and line ends.
        path: The file's name, for rejections.
        tabs: Whether fields are set apart by tabs, with quotation marks as ordinary characters; otherwise by commas,
            with quotation marks as in RFC 4180.
    """
    return _split_lines(lines, path) if tabs else _parse_csv(lines, path)


def _not_blank(record: Record) -> bool:
    return isinstance(record, Rejection) or bool(record[1])


def _split_lines(lines: Iterator[NumberedLine], path: str) -> Iterator[Record]:
    for number, raw in lines:
        line = decode(raw, path, number)
        yield line if isinstance(line, Rejection) else (number, line.split("\t") if line else [])


def _parse_csv(lines: Iterator[NumberedLine], path: str) -> Iterator[Record]:
    csv.field_size_limit(MAX_FIELD)
    feed = _Feed(lines, path)
    reader = csv.reader(feed, strict=True)
    while True:
        number = feed.begin_record()
        try:
            fields = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            feed.rewind()
            yield Rejection(path, number, f"not valid CSV: {error}")
        else:
            yield feed.undecodable or (number, fields)


class _Feed:
    """The lines of a file for `csv.reader`, which can be rewound to the second line of the present record."""

    def __init__(self, lines: Iterator[NumberedLine], path: str) -> None:
        self._lines = lines
        self._path = path
        self._again: deque[NumberedLine] = deque()
        self._record: list[NumberedLine] = []
        self._next = 1
        self.undecodable: Rejection | None = None

    def begin_record(self) -> int:
        """Forgets the last record, and gives the number of the line that comes next."""
        self._record.clear()
        self.undecodable = None
        return self._next

    def rewind(self) -> None:
        """Puts back all lines of the present record but its first."""
        self._again.extendleft(reversed(self._record[1:]))
        self._next -= len(self._record[1:])

    def __iter__(self) -> "_Feed":
        return self

    def __next__(self) -> str:
        number, raw = self._again.popleft() if self._again else next(self._lines)
        self._record.append((number, raw))
        self._next = number + 1
        if b"\0" in raw:
            raise csv.Error("line contains NUL")  # Python itself says so up to 3.10
        try:
            return raw.decode("utf-8")
        except UnicodeDecodeError:
            wrong = decode(raw, self._path, number)
            self.undecodable = wrong if isinstance(wrong, Rejection) else None
            return raw.decode("utf-8", "replace")
