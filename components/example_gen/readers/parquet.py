"""Parquet files with named columns."""

from collections.abc import Iterator
from dataclasses import replace

import pyarrow as pa
import pyarrow.parquet as pq

from components.errors import DataError
from components.example_gen import files
from components.example_gen.config import SourceConfig
from components.example_gen.readers import columns
from components.example_gen.rows import Piece, Rejection, Row

BATCH_ROWS = 1000


def check(path: str, config: SourceConfig) -> None:
    """Makes sure that a file has the named columns, and that the text is a column of strings.

    Raises:
        DataError: If it is not so, or the file is no Parquet file.
    """
    try:
        with files.open_binary(path) as stream:
            schema = pq.read_schema(stream)
    except pa.ArrowInvalid as error:
        raise DataError(f"{path}: not a Parquet file: {error}") from error
    columns.check(path, schema.names, config)
    kind = _plain_type(schema.field(config.text_column).type)
    if not _holds_text(kind):
        raise DataError(f"{path}: column {config.text_column!r} holds {kind}, not strings")


def divide(piece: Piece) -> Iterator[Piece]:
    """Divides a file into its row groups."""
    with files.open_binary(piece.path) as stream:
        metadata = pq.ParquetFile(stream).metadata
        row = 0
        for group in range(metadata.num_row_groups):
            yield replace(piece, start=group, stop=group + 1, row=row)
            row += metadata.row_group(group).num_rows


def read_parquet(piece: Piece, config: SourceConfig) -> Iterator[Row | Rejection]:
    """Reads the rows of row groups ``piece.start`` to ``piece.stop``.

    Args:
        piece: A range of row groups; all if ``piece.stop`` is None.
        config: Names the columns.
    """
    names = list(columns.wanted(config))
    with files.open_binary(piece.path) as stream:
        table = pq.ParquetFile(stream)
        groups = range(piece.start, table.num_row_groups if piece.stop is None else piece.stop)
        number = piece.row
        for batch in table.iter_batches(BATCH_ROWS, row_groups=list(groups), columns=names):
            columnwise = (_values(batch.column(batch.schema.get_field_index(name))) for name in names)
            for values in zip(*columnwise, strict=True):
                number += 1
                yield _row(dict(zip(names, values, strict=True)), piece, number, config)


def _row(values: dict[str, object], piece: Piece, number: int, config: SourceConfig) -> Row | Rejection:
    for name, value in values.items():
        try:
            values[name] = _decoded(value)
        except UnicodeDecodeError as error:
            wrong = f"0x{error.object[error.start]:02x} at position {error.start + 1}"
            return Rejection(piece.path, number, f"{name!r} is not UTF-8: byte {wrong}")
    return columns.to_row(values, piece, number, config)


def _decoded(value: object) -> object:
    if isinstance(value, list):
        return [_decoded(part) for part in value]
    return value.decode("utf-8") if isinstance(value, bytes) else value


def _values(column: pa.Array) -> list[object]:
    """Values of a column, strings as bytes: one that is not UTF-8 must cost one row, not the batch."""
    kind = _plain_type(column.type)
    if pa.types.is_dictionary(column.type):
        column = column.cast(kind)
    if _holds_text(kind):
        column = column.cast(pa.large_binary())
    elif _is_list(kind) and _holds_text(kind.value_type):
        column = column.cast(pa.large_list(pa.large_binary()))
    values: list[object] = column.to_pylist()
    return values


def _plain_type(kind: pa.DataType) -> pa.DataType:
    return kind.value_type if pa.types.is_dictionary(kind) else kind


def _is_list(kind: pa.DataType) -> bool:
    return any(test(kind) for test in (pa.types.is_list, pa.types.is_large_list))


def _holds_text(kind: pa.DataType) -> bool:
    tests = (pa.types.is_string, pa.types.is_large_string, pa.types.is_binary, pa.types.is_large_binary)
    return any(test(kind) for test in tests)
