"""Batches for the tests of the Beam steps."""

from typing import Any

import apache_beam as beam

from components.example_gen.batches import Batch, batch_rows
from components.example_gen.config import ExampleGenConfig
from components.example_gen.rows import Piece, Row

_kept: list[Batch] = []


def config(*sources: dict[str, Any]) -> ExampleGenConfig:
    """A configuration of CSV sources with ids and labels, but for what is given."""
    defaults = {"format": "csv", "files": "a.csv", "label_column": "label", "id_column": "id"}
    return ExampleGenConfig.model_validate({"sources": [{**defaults, **source} for source in sources]})


def batches(
    given: ExampleGenConfig, source: int, rows: list[Row], split: str | None = None, size: int = 7
) -> list[Batch]:
    """Rows of a source, a few to a batch."""
    piece = Piece(source, split, "a.csv", "a.csv")
    parts = [rows[start : start + size] for start in range(0, len(rows), size)]
    made = [batch for part in parts for batch in batch_rows(part, piece, given.sources[source])]
    return [batch for batch in made if isinstance(batch, Batch)]


def where(batch: Batch) -> list[tuple[str, str | None]]:
    """FILE:ROW and split of every row."""
    return [(f"{file}:{row}", batch.split) for file, row in zip(batch.files, batch.rows, strict=True)]


def run(transform: beam.PTransform, inputs: list[Batch]) -> dict[str, str | None]:
    """FILE:ROW of every row that a transform lets through, with its split."""
    _kept.clear()
    with beam.Pipeline() as pipeline:
        found = pipeline | beam.Create(inputs) | transform
        _ = getattr(found, "batches", found) | "Keep" >> beam.Map(_keep)
    places = [place for batch in _kept for place in where(batch)]
    assert len(places) == len(dict(places))
    return dict(places)


def _keep(batch: Batch) -> None:
    # By the name of a module, so that the runner, which copies what it is given, fills this list and not a copy.
    _kept.append(batch)
