"""CSV (RFC 4180, with any delimiter) and TSV (no quoting) with a header line."""

from collections.abc import Iterator

from components.errors import DataError
from components.example_gen.readers.csv_records import NumberedLine, Record, parse
from components.example_gen.readers.lines import decode, raw_lines
from components.example_gen.rows import Entry, Piece, Rejection


def read_header(piece: Piece, tabs: bool) -> list[str]:
    """Reads the column names in the first line that is not blank.

    Args:
        piece: A whole file.
        tabs: See `read_records`.

    Raises:
        DataError: If the file is empty or that line cannot be read.
    """
    first = next((record for record in _records(raw_lines(piece), piece, tabs) if _not_blank(record)), None)
    if first is None:
        raise DataError(f"{piece.path}: is empty; its first line must name the columns")
    return _header(first, piece)


def read_records(lines: Iterator[NumberedLine], piece: Piece, tabs: bool) -> Iterator[Entry | Rejection]:
    """Reads the records of a CSV or TSV file by its header; blank lines are no records.

    Records with more or fewer fields than the header are rejected.

    Args:
        lines: What `raw_lines` gives.
        piece: The whole file that they are from; its layout names the delimiter.
        tabs: Whether fields are set apart by tabs, with quotation marks as ordinary characters; otherwise by the
            delimiter, with quotation marks as in RFC 4180.

    Raises:
        DataError: If the header cannot be read.
    """
    header: list[str] | None = None
    for record, found in enumerate(_records(lines, piece, tabs), start=1):
        if header is None:
            header = _header(found, piece) if _not_blank(found) else None
        elif isinstance(found, Rejection):
            found.record = record
            yield found
        elif len(found[1]) == len(header):
            yield Entry(dict(zip(header, found[1], strict=True)), found[0], record)
        elif found[1]:
            reason = f"{len(found[1])} fields, but the header names {len(header)} columns"
            yield Rejection(piece.path, found[0], reason, record)


def _records(lines: Iterator[NumberedLine], piece: Piece, tabs: bool) -> Iterator[Record]:
    return _split(lines, piece) if tabs else parse(lines, piece.path, piece.layout.delimiter, piece.layout.encoding)


def _split(lines: Iterator[NumberedLine], piece: Piece) -> Iterator[Record]:
    for number, raw in lines:
        line = decode(raw, piece, number)
        yield line if isinstance(line, Rejection) else (number, line.split("\t") if line else [])


def _not_blank(record: Record) -> bool:
    return isinstance(record, Rejection) or bool(record[1])


def _header(record: Record, piece: Piece) -> list[str]:
    if isinstance(record, Rejection):
        raise DataError(f"{piece.path}: line {record.row}, which must name the columns, is wrong: {record.reason}")
    return record[1]
