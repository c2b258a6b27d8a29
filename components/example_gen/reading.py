"""Reading by format: checking a file before anything runs, dividing it among workers, and reading a piece."""

import tarfile
import zlib
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace

from components.arrow import pa
from components.errors import ConfigError, DataError, first_line
from components.example_gen.config import COLUMN_FORMATS, TEXT_FORMATS, ExampleGenConfig, SourceConfig
from components.example_gen.layout import PLAIN
from components.example_gen.layouts import find_layout, find_layout_of_head
from components.example_gen.limits import MAX_BAD_ROWS
from components.example_gen.opening import is_packed
from components.example_gen.readers import columns, delimited, jsonl, knbc, lines, newsgroups, parquet, wikitext
from components.example_gen.rows import Entry, Piece, Rejection, Row

RANGE_BYTES = 32 << 20
DIVIDED = ("wikitext", "text", "jsonl", "knbc_tsv")
UNREADABLE = (OSError, EOFError, zlib.error, tarfile.TarError, pa.ArrowException)


def check(config: ExampleGenConfig, pieces: Iterable[Piece]) -> None:
    """Looks at the beginning of every file that must have certain columns.

    Raises:
        ConfigError: At the first file, in the order of the pieces, that has not the columns that its source names.
        DataError: At the first file that cannot be read.
    """
    with ThreadPoolExecutor(max_workers=16) as threads:
        for _ in threads.map(lambda piece: _check(piece.path, config.sources[piece.source], piece.source), pieces):
            pass


def divide(piece: Piece, source: SourceConfig, length: int = RANGE_BYTES) -> Iterator[Piece]:
    """Divides a large file where its format allows.

    Files of lines are divided into ranges if they need no translation, Parquet files into row groups.

    Args:
        piece: As `laid_out` gives it.
        source: Its format.
        length: Bytes of a range, at least.

    Raises:
        DataError: If the file cannot be read.
    """
    with _naming(piece.path):
        if source.format == "parquet":
            yield from parquet.divide(piece)
        elif source.format in DIVIDED and piece.layout.is_plain and not is_packed(piece.path):
            scan = wikitext.scan_wikitext if source.format == "wikitext" else lines.scan_text
            yield from lines.divide(piece, length, scan)
        else:
            yield piece


def laid_out(piece: Piece, source: SourceConfig) -> Piece:
    """A whole file with the decision how it is written.

    Raises:
        DataError: If that is not certain, or the file cannot be read.
    """
    if source.format not in TEXT_FORMATS or source.format == "knbc":  # a pair of files, each written in its own way
        return piece
    with _naming(piece.path):
        return replace(piece, layout=find_layout(piece.path, source, columns.wanted(source)))


def read(piece: Piece, source: SourceConfig) -> Iterator[Row | Rejection]:
    """Reads a piece as its source says.

    Yields:
        Rows with labels only if the source is labelled, and rejections, in the order of the file.

    Raises:
        DataError: If the file breaks off or cannot be read at all.
    """
    bad = 0
    with _naming(piece.path):
        for row in _read(piece, source):
            if isinstance(row, Rejection):
                bad += 1
                if bad > MAX_BAD_ROWS:
                    raise DataError(
                        f"{piece.path}: {MAX_BAD_ROWS:,} rows in succession cannot be used, the last at {row.place}: "
                        f"{row.reason}; is it a file of the format {source.format!r}?"
                    )
            else:
                bad = 0
                if source.unlabelled:
                    row.label = None
            yield row


def read_entries(piece: Piece, source: SourceConfig) -> Iterator[Entry | Rejection]:
    """Reads a piece of a format with named columns, whatever is in them.

    Args:
        piece: As `divide` gives it.
        source: Its format is one of `COLUMN_FORMATS`.

    Raises:
        DataError: If the file breaks off or cannot be read at all.
    """
    with _naming(piece.path):
        yield from _read_entries(piece, source)


def _check(path: str, source: SourceConfig, number: int) -> None:
    try:
        _check_columns(path, source, number)
    except ConfigError as error:
        raise error.within(f"sources.{number}") from None


def _check_columns(path: str, source: SourceConfig, number: int) -> None:
    with _naming(path):
        if source.format == "parquet":
            parquet.check(path, source)
        elif source.format in COLUMN_FORMATS:
            wanted = columns.wanted(source)
            layout = find_layout_of_head(path, source, wanted) if source.format in TEXT_FORMATS else PLAIN
            columns.check(path, column_names(Piece(number, None, path, path, layout=layout), source), source)
        elif source.format == "knbc":
            knbc.check_pair(path, source)
        elif source.format == "knbc_tsv":
            knbc.check_theme(path)


def column_names(piece: Piece, source: SourceConfig) -> list[str]:
    """The columns of a file: its header, its schema, or the keys of its first objects.

    Args:
        piece: A whole file of a format with named columns, and how it is written.
        source: Its format.

    Raises:
        ConfigError: If it is a workbook without the sheet that is named.
        DataError: If it cannot be read.
    """
    with _naming(piece.path):
        match source.format:
            case "parquet":
                return parquet.read_names(piece.path)
            case "xlsx":
                from components.example_gen.readers import xlsx  # openpyxl takes a third of a second

                return xlsx.read_header(piece.path, source.sheet)
            case "jsonl":
                return jsonl.read_keys(piece, columns.wanted(source))
            case _:
                return delimited.read_header(piece, source.format == "tsv")


def _read(piece: Piece, source: SourceConfig) -> Iterator[Row | Rejection]:
    match source.format:
        case "wikitext":
            return wikitext.read_wikitext(piece, source.headings == "drop", source.split.keep_groups)
        case "text":
            return lines.read_text(piece, source.split.keep_groups)
        case "newsgroups":
            return newsgroups.read_newsgroups(piece, source.remove, source.split.method == "newest")
        case "knbc":
            return knbc.read_pair(piece, source)
        case "knbc_tsv":
            return knbc.read_tsv(piece)
        case _:
            return columns.to_rows(_read_entries(piece, source), piece, source)


def _read_entries(piece: Piece, source: SourceConfig) -> Iterator[Entry | Rejection]:
    match source.format:
        case "jsonl":
            return jsonl.read_objects(lines.raw_lines(piece), piece)
        case "parquet":
            return parquet.read_rows(piece, list(columns.wanted(source)))
        case "xlsx":
            from components.example_gen.readers import xlsx

            return xlsx.read_rows(piece, source.sheet, list(columns.wanted(source)), source.date_column)
        case _:
            return delimited.read_records(lines.raw_lines(piece), piece, source.format == "tsv")


@contextmanager
def _naming(path: str) -> Iterator[None]:
    """Turns the errors of broken files into one that names the file."""
    try:
        yield
    except UNREADABLE as error:
        if isinstance(error, OSError) and error.strerror:
            raise DataError(f"{path}: cannot be read: {error.strerror}") from error
        raise DataError(f"{path}: cannot be read: {first_line(error)}; is the file whole?") from error
