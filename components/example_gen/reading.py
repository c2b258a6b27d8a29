"""Reading by format: checking a file before anything runs, dividing it among workers, and reading a piece."""

import tarfile
import zlib
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pyarrow as pa

from components.errors import ConfigError, DataError
from components.example_gen.config import COLUMN_FORMATS, ExampleGenConfig, SourceConfig
from components.example_gen.readers import columns, delimited, jsonl, knbc, lines, newsgroups, parquet, wikitext
from components.example_gen.rows import Piece, Rejection, Row

RANGE_BYTES = 32 << 20
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


def divide(piece: Piece, config: ExampleGenConfig, length: int = RANGE_BYTES) -> Iterator[Piece]:
    """Divides a large file where its format allows: files of lines into ranges, Parquet files into row groups."""
    source = config.sources[piece.source]
    with _naming(piece.path):
        if source.format == "parquet":
            yield from parquet.divide(piece)
        elif source.format in ("wikitext", "text", "jsonl", "knbc_tsv") and not piece.path.endswith(".gz"):
            scan = wikitext.scan_wikitext if source.format == "wikitext" else lines.scan_text
            yield from lines.divide(piece, length, scan)
        else:
            yield piece


def read(piece: Piece, source: SourceConfig) -> Iterator[Row | Rejection]:
    """Reads a piece as its source says.

    Yields:
        Rows with labels only if the source is labelled, and rejections, in the order of the file.

    Raises:
        DataError: If the file breaks off or cannot be read at all.
    """
    with _naming(piece.path):
        for row in _read(piece, source):
            if source.unlabelled and isinstance(row, Row):
                row.label = None
            yield row


def _check(path: str, source: SourceConfig, number: int) -> None:
    try:
        _check_columns(path, source)
    except ConfigError as error:
        raise error.within(f"sources.{number}") from None


def _check_columns(path: str, source: SourceConfig) -> None:
    with _naming(path):
        if source.format == "parquet":
            parquet.check(path, source)
        elif source.format in COLUMN_FORMATS:
            if source.format == "jsonl":
                there = jsonl.read_keys(path, columns.wanted(source))
            else:
                there = delimited.read_header(path, source.format == "tsv")
            columns.check(path, there, source)
        elif source.format == "knbc":
            knbc.check_pair(path)
        elif source.format == "knbc_tsv":
            knbc.check_theme(path)


def _read(piece: Piece, source: SourceConfig) -> Iterator[Row | Rejection]:
    match source.format:
        case "wikitext":
            return wikitext.read_wikitext(piece, source.headings == "drop", source.split.keep_groups)
        case "text":
            return lines.read_text(piece, source.split.keep_groups)
        case "newsgroups":
            return newsgroups.read_newsgroups(piece, source.remove, source.split.method == "newest")
        case "knbc":
            return knbc.read_pair(piece)
        case "knbc_tsv":
            return knbc.read_tsv(piece)
        case "csv" | "tsv":
            return delimited.read_delimited(piece, source, source.format == "tsv")
        case "jsonl":
            return jsonl.read_jsonl(piece, source)
        case "parquet":
            return parquet.read_parquet(piece, source)


@contextmanager
def _naming(path: str) -> Iterator[None]:
    """Turns the errors of broken files into one that names the file."""
    try:
        yield
    except UNREADABLE as error:
        raise DataError(f"{path}: cannot be read: {error}; is the file whole?") from error
