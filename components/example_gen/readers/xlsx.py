"""Excel workbooks: the values of one sheet, whose first row names the columns.

Formulas count by the values that Excel stored with them; nothing is computed.
"""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, time

from components.errors import DataError
from components.example_gen.limits import MAX_SHEET_COLUMNS
from components.example_gen.readers.workbook import Cells, opened
from components.example_gen.rows import Entry, Piece, Rejection


def read_header(path: str, sheet: str | None) -> list[str]:
    """Reads the names of the columns: the first row of a sheet that is not empty.

    Args:
        path: The workbook.
        sheet: Name of the sheet; None: the first.

    Raises:
        ConfigError: If there is no such sheet.
        DataError: If the sheet is empty, or the file is no workbook or beyond the limits.
    """
    with opened(path, sheet) as rows:
        return _header(rows, path)


def read_rows(
    piece: Piece, sheet: str | None, names: Sequence[str], date_column: str | None = None
) -> Iterator[Entry | Rejection]:
    """Reads the rows below the header; those whose cells are all empty are no rows.

    Numbers, dates and truth values become text as a cell may show them: 3, 2024-01-31, true.

    Args:
        piece: A whole workbook.
        sheet: See `read_header`.
        names: The columns that matter: a cell in another one never makes a row useless.
        date_column: The one whose dates stay dates.

    Yields:
        Rows, and rejections of those with an error of a formula, such as ``#N/A``, in a column that matters.
    """
    with opened(piece.path, sheet) as rows:
        header = _header(rows, piece.path)
        names_by_place = {header.index(name) + 1: name for name in names if name in header}
        for number, cells in rows:
            if all(cell["value"] is None for cell in cells):
                continue
            values: dict[str, object] = {}
            wrong = ""
            for cell in cells:
                name = names_by_place.get(cell["column"])
                if name is not None:
                    values[name] = cell["value"] if name == date_column else _text(cell["value"])
                    if cell["data_type"] == "e":
                        wrong = f"{name!r} is {cell['value']}, an error of a formula"
            yield Rejection(piece.path, number, wrong) if wrong else Entry(values, number)


def _header(rows: Iterator[tuple[int, Cells]], path: str) -> list[str]:
    for _, cells in rows:
        named = {cell["column"]: _text(cell["value"]) for cell in cells if cell["value"] is not None}
        if named:
            width = min(max(named), MAX_SHEET_COLUMNS)
            return [named.get(place) or "" for place in range(1, width + 1)]
    raise DataError(f"{path}: the sheet is empty; its first row must name the columns")


def _text(value: object) -> str | None:
    if value is None:
        return None
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    if isinstance(value, datetime) and value.time() == time():
        return value.date().isoformat()
    if isinstance(value, date | time):  # a datetime is a date
        return value.isoformat()
    return str(value).replace("_x000D_", "\r")  # how Excel writes a carriage return
