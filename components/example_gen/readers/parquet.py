"""Parquet files with named columns."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from components.arrow import pa
from components.errors import DataError
from components.example_gen.config import SourceConfig
from components.example_gen.opening import open_raw
from components.example_gen.readers import columns
from components.example_gen.readers.parquet_file import batch_rows, open_parquet, readable
from components.example_gen.rows import Entry, Piece, Rejection


def check(path: str, config: SourceConfig) -> None:
    """Makes sure that a file has the named columns, and that the text is a column of strings.

    Raises:
        DataError: If it is not so, or the file is no Parquet file.
    """
    with open_raw(path) as stream, readable(path):
        schema = open_parquet(path, stream).schema_arrow
        names = schema.names
    columns.check(path, names, config)
    kind = _plain_type(schema.field(config.text_column).type)
    if not _holds_text(kind):
        raise DataError(f"{path}: column {config.text_column!r} holds {kind}, not strings")


def read_names(path: str) -> list[str]:
    """The columns of a file.

    Raises:
        DataError: If it is no Parquet file.
    """
    with open_raw(path) as stream, readable(path):
        names: list[str] = open_parquet(path, stream).schema_arrow.names
    return names


def divide(piece: Piece) -> Iterator[Piece]:
    """Divides a file into its row groups."""
    with open_raw(piece.path) as stream, readable(piece.path):
        metadata = open_parquet(piece.path, stream).metadata
        row = 0
        for group in range(metadata.num_row_groups):
            yield replace(piece, start=group, stop=group + 1, row=row)
            row += metadata.row_group(group).num_rows


def read_rows(piece: Piece, names: Sequence[str]) -> Iterator[Entry | Rejection]:
    """Reads the rows of row groups ``piece.start`` to ``piece.stop``.

    Args:
        piece: A range of row groups; all if ``piece.stop`` is None.
        names: The columns to read; no other is looked at.
    """
    with open_raw(piece.path) as stream, readable(piece.path):
        table = open_parquet(piece.path, stream)
        groups = list(range(piece.start, table.num_row_groups if piece.stop is None else piece.stop))
        number = piece.row
        rows = batch_rows(piece.path, stream, table, groups, names)
        for batch in table.iter_batches(rows, row_groups=groups, columns=list(names)):
            columnwise = (_values(batch.column(batch.schema.get_field_index(name))) for name in names)
            for values in zip(*columnwise, strict=True):
                number += 1
                yield _entry(dict(zip(names, values, strict=True)), piece, number)


def _entry(values: dict[str, object], piece: Piece, number: int) -> Entry | Rejection:
    for name, value in values.items():
        try:
            values[name] = _decoded(value)
        except UnicodeDecodeError as error:
            wrong = f"0x{error.object[error.start]:02x} at position {error.start + 1}"
            return Rejection(piece.path, number, f"{name!r} is not UTF-8: byte {wrong}")
    return Entry(values, number)


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
