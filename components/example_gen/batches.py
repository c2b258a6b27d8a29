"""Batches of rows as serialized ``tf.Example`` records, beside what decides where they go.

Beam spends more on an element than a row costs, so the elements of the pipeline are batches.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import compress

from tfx_bsl.coders import example_coder

from components.arrow import pa
from components.example_gen.config import SourceConfig, SplitConfig
from components.example_gen.rows import Piece, Rejection, Row
from components.example_gen.splitting import digest, newest_first
from components.examples import COLUMN

MAX_ROWS = 1000
MAX_CHARACTERS = 1 << 22


@dataclass(slots=True)
class Batch:
    """Rows of one source, in columns of the same length.

    Attributes:
        source: Position of the source in the configuration.
        split: The split of all rows; None if they are still to be divided.
        records: Serialized ``tf.Example`` protos with the features of `encode`.
        keys: Hashes of the ids.
        units: Seeded hashes of what a split keeps together: the id, or the group; or what `newest_first` makes of date
            and id. Empty if the split is given.
        strata: The label by which each row is dealt, an empty string if it has none. Where there may be several,
            `Stratify` chooses it.
        labels: All labels of each row where there may be several; else empty.
        files: Files that the rows come from.
        rows: Row numbers in those files.
    """

    source: int
    split: str | None
    records: list[bytes]
    keys: list[bytes]
    units: list[bytes]
    strata: list[str]
    labels: list[tuple[str, ...]]
    files: list[str]
    rows: list[int]

    def select(self, keep: Sequence[bool], split: str | None = None) -> "Batch":
        """The rows that are marked to be kept.

        Args:
            keep: A mark for each row.
            split: The split that they go to; None to leave it as it is.
        """
        columns = (self.records, self.keys, self.units, self.strata, self.labels, self.files, self.rows)
        return Batch(self.source, split or self.split, *(list(compress(column, keep)) for column in columns))  # type: ignore[arg-type]


def encode(rows: Sequence[Row]) -> list[bytes]:
    """Serializes rows as ``tf.Example`` protos.

    Each has the features ``text`` and ``id``, and ``label`` and ``group`` where there is one: one UTF-8 value each, but
    as many as there are of a multi-label ``label``; and ``column/NAME`` of each kept column.
    """
    parts: dict[str, Callable[[Row], str | tuple[str, ...] | None]] = {
        "text": lambda row: row.text,
        "id": lambda row: row.id,
        "label": lambda row: row.label,
        "group": lambda row: row.group,
        **{
            f"{COLUMN}{name}": partial(_kept, name) for name in dict.fromkeys(name for row in rows for name in row.kept)
        },
    }
    columns = {}
    for name, part in parts.items():
        values = [part(row) for row in rows]
        if any(value is not None for value in values):
            listed = [None if value is None else [one.encode("utf-8") for one in _several(value)] for value in values]
            columns[name] = pa.array(listed, pa.list_(pa.binary()))
    records: list[bytes] = example_coder.RecordBatchToExamples(pa.RecordBatch.from_pydict(columns))
    return records


def batch_rows(rows: Iterable[Row | Rejection], piece: Piece, source: SourceConfig) -> Iterator[Batch | Rejection]:
    """Gathers rows into batches of at most 1000 rows, and about 4 million characters; hands rejections on."""
    waiting: list[Row] = []
    characters = 0
    for row in rows:
        if isinstance(row, Rejection):
            yield row
            continue
        waiting.append(row)
        characters += len(row.text)
        if len(waiting) >= MAX_ROWS or characters >= MAX_CHARACTERS:
            yield _batch(waiting, piece, source)
            waiting, characters = [], 0
    if waiting:
        yield _batch(waiting, piece, source)


def _batch(rows: list[Row], piece: Piece, source: SourceConfig) -> Batch:
    return Batch(
        source=piece.source,
        split=piece.split,
        records=encode(rows),
        keys=[digest(row.id) for row in rows],
        units=[] if piece.split else [_unit(row, source.split) for row in rows],
        strata=[row.label if isinstance(row.label, str) else "" for row in rows],
        labels=[_several(row.label or ()) for row in rows] if source.multi_label else [],
        files=[row.file for row in rows],
        rows=[row.row for row in rows],
    )


def _kept(name: str, row: Row) -> str | None:
    return row.kept.get(name)


def _several(value: str | tuple[str, ...]) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else value


def _unit(row: Row, split: SplitConfig) -> bytes:
    key = digest((split.keep_groups and row.group) or row.id, split.seed)
    return key if row.date is None or split.method != "newest" else newest_first(row.date, key)
