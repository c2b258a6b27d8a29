"""The records that readers take and give."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from components.example_gen.layout import PLAIN, Layout


@dataclass(slots=True)
class Row:
    """One text.

    Attributes:
        id: Unique and stable, for example ``"wiki.train.tokens:12"`` or ``"sci.med/58045"``.
        text: The text, not blank.
        label: Its class, or a tuple of classes where there may be several or none; None in unlabelled data.
        group: What it belongs to, for example its article; None if unknown.
        file: Path of the file that it was read from.
        row: Its number in that file, from 1: a line, a parquet row, or a member of a tar file.
        kept: Values of further columns, by column; those that are missing are left out.
        date: A number that rises with time, comparable within a source, such as seconds since 1970; None if unknown.
    """

    id: str
    text: str
    label: str | tuple[str, ...] | None = None
    group: str | None = None
    file: str = ""
    row: int = 0
    date: float | None = None
    kept: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True, order=True)
class Rejection:
    """A row that cannot be used, and why.

    Attributes:
        file: Path of its file.
        row: Its number in that file, from 1.
        reason: What is wrong with it, for a person to read.
        record: The number of its record, header included, where records may have several lines; else 0.
    """

    file: str
    row: int
    reason: str
    record: int = 0

    @property
    def place(self) -> str:
        """Where it is in its file, for a person to read."""
        return f"record {self.record}, line {self.row}" if self.record else f"row {self.row}"


@dataclass(slots=True)
class Entry:
    """A row of a format with named columns, before it is known whether it can be used.

    Attributes:
        values: Value by column.
        row: Its number in the file, from 1: a line, a Parquet row, or a row of a sheet.
        record: The number of its record, see `Rejection`.
    """

    values: Mapping[str, object]
    row: int
    record: int = 0


@dataclass(slots=True)
class Piece:
    """A part of the input that one worker reads alone.

    Attributes:
        source: Position of its source in the configuration.
        split: The split that its rows belong to; None if they are still to be divided.
        path: The file; the directory of a KNBC pair; the topmost folder of newsgroup messages.
        name: Short name of the file, unique among the inputs of a node: the first half of the ids of its rows.
        size: Bytes on disk.
        start: First byte of a range of lines, or first row group of a parquet file.
        stop: End of that range, exclusive; None for the end of the file.
        row: Rows before the piece.
        article: Article borders before the piece.
        messages: Paths of single messages, where each message is a file.
        layout: How the file is written, if it is text.
    """

    source: int
    split: str | None
    path: str
    name: str
    size: int = 0
    start: int = 0
    stop: int | None = None
    row: int = 0
    article: int = 0
    messages: list[str] = field(default_factory=list)
    layout: Layout = PLAIN
