"""What the formats with named columns share: checking that columns exist, and making rows of their values."""

import math
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from datetime import date, datetime, timezone

from dateutil.parser import isoparse

from components.errors import ConfigError
from components.example_gen.config import SourceConfig
from components.example_gen.files import nearest
from components.example_gen.limits import MAX_TEXT, shown
from components.example_gen.rows import Entry, Piece, Rejection, Row


def wanted(config: SourceConfig) -> dict[str, str]:
    """The columns that a source names, text first, each with the option that names it."""
    options = ["text_column", *([] if config.unlabelled else ["label_column"]), "id_column"]
    options += ["group_column", "date_column"]
    named: dict[str, str] = {}
    for option in options:
        name = getattr(config, option)
        if name is not None:
            named.setdefault(name, option)
    for name in config.keep_columns:
        named.setdefault(name, "keep_columns")
    return named


def check(path: str, there: Iterable[str], config: SourceConfig) -> None:
    """Makes sure that a file has the columns that its source names, each once.

    Args:
        path: The file.
        there: Its columns.
        config: The source.

    Raises:
        ConfigError: Naming the option, the file, the missing column, the columns there are and the most similar of
            them.
    """
    there = list(there)
    for name, option in wanted(config).items():
        if name not in there:
            columns = ", ".join(repr(column) for column in there) or "none"
            raise ConfigError(option, f"{path}: no column {name!r}{nearest(name, there)}; its columns are {columns}")
        if there.count(name) > 1:
            raise ConfigError(option, f"{path}: column {name!r} appears {there.count(name)} times; rename all but one")


def to_rows(entries: Iterable[Entry | Rejection], piece: Piece, config: SourceConfig) -> Iterator[Row | Rejection]:
    """Makes rows of all entries of a piece, see `to_row`."""
    for entry in entries:
        if isinstance(entry, Rejection):
            yield entry
            continue
        row = to_row(entry.values, piece, entry.row, config)
        if isinstance(row, Rejection):
            row.record = entry.record
        yield row


def to_row(values: Mapping[str, object], piece: Piece, number: int, config: SourceConfig) -> Row | Rejection:
    """Makes a row of the values in the named columns.

    The text stays as it is. Labels, ids and groups may be integers or booleans too; white space around them is cut.
    Labels with a separator are divided at it; of equal ones of a row, one counts.
    Dates are strings as `SourceConfig.date_format` has them, or ISO 8601 (without a zone: UTC), dates, times, numbers.
    A label has no line break: vocabularies are files with a label a line.

    Args:
        values: Value by column.
        piece: The piece that they were read from.
        number: Number of the row in its file.
        config: The source, which names the columns.

    Returns:
        The row, or the reason why there is none: no text, no label or no id, or a value of another kind.
    """
    text = values.get(config.text_column)
    if isinstance(text, str) and text.strip():
        row = Row(f"{piece.name}:{number}", text, None, None, piece.path, number)
        try:
            check_text(text, config.text_column)
            if config.label_column is not None and not config.unlabelled:
                row.label = _label(values, config.label_column, config.label_separator)
            if config.id_column is not None:
                row.id = _name(values, config.id_column)
            if config.group_column is not None:
                row.group = _name(values, config.group_column, optional=True) or None
            if config.date_column is not None:
                row.date = _date(values, config.date_column, config.date_format)
            row.kept = {name: value for name in config.keep_columns if (value := _kept(values, name))}
        except ValueError as error:
            return Rejection(piece.path, number, str(error))
        return row
    if text is None or isinstance(text, str):
        return Rejection(piece.path, number, f"no text in {config.text_column!r}")
    return Rejection(piece.path, number, f"{config.text_column!r} is {_short(text)}, not a text")


def check_text(text: str, column: str) -> None:
    """Makes sure that a value is text.

    Raises:
        ValueError: If it is too long, or holds a NUL character, with the reason for a person to read.
    """
    if len(text) > MAX_TEXT // 4 and len(text.encode("utf-8", "surrogatepass")) > MAX_TEXT:
        raise ValueError(f"{column!r} has more than {shown(MAX_TEXT)}")
    if "\0" in text:
        raise ValueError(f"{column!r} has a NUL character, which is no text")


def _name(values: Mapping[str, object], column: str, optional: bool = False) -> str:
    value = values.get(column)
    if value is None or isinstance(value, str):
        name = (value or "").strip()
        if not name and not optional:
            raise ValueError(f"no value in {column!r}")
        return name
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int):
        return str(value)
    raise ValueError(f"{column!r} is {_short(value)}, neither a string nor an integer")


def _kept(values: Mapping[str, object], column: str) -> str:
    value = values.get(column)
    if isinstance(value, float | date):  # a datetime is a date
        return str(value)
    return _name(values, column, optional=True)


def _label(values: Mapping[str, object], column: str, separator: str | None) -> str | tuple[str, ...]:
    value = values.get(column)
    if separator is None:
        if isinstance(value, list):
            raise ValueError(f"{column!r} is {_short(value)}: several labels need label_separator in the configuration")
        return _one_line(_name(values, column), column)
    parts = value if isinstance(value, list) else _name(values, column, optional=True).split(separator)
    names = (_one_line(_name({column: part}, column, optional=True), column) for part in parts)
    return tuple(dict.fromkeys(name for name in names if name))


def _one_line(name: str, column: str) -> str:
    if "\n" in name or "\r" in name:
        raise ValueError(f"{column!r} is {_short(name)}: a label cannot hold a line break")
    return name


def _date(values: Mapping[str, object], column: str, form: str | None) -> float:
    value = values.get(column)
    if value is None or value == "":
        raise ValueError(f"no value in {column!r}")
    if isinstance(value, str):
        value = _parsed(value.strip(), form)
    if isinstance(value, datetime):
        return (value if value.tzinfo else value.replace(tzinfo=timezone.utc)).timestamp()
    if isinstance(value, date):
        return datetime(value.year, value.month, value.day, tzinfo=timezone.utc).timestamp()
    if isinstance(value, int | float) and not isinstance(value, bool):
        with suppress(OverflowError):
            number = float(value)
            if math.isfinite(number):
                return number
    due = f"not a date of the form {form!r}" if form else "neither an ISO 8601 date or time nor a number"
    raise ValueError(f"{column!r} is {_short(values[column])}, {due}")


def _parsed(text: str, form: str | None) -> datetime | float | None:
    if form:
        with suppress(ValueError, OverflowError):
            return datetime.strptime(text, form)
        return None
    with suppress(ValueError):
        return float(text)
    with suppress(ValueError, OverflowError):
        return isoparse(text)
    return None


def _short(value: object) -> str:
    shown = repr(value)
    return shown if len(shown) <= 60 else shown[:57] + "..."
