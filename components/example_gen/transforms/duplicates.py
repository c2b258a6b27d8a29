"""Keeping one row of each id."""

from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Any

import apache_beam as beam
from apache_beam.pvalue import AsDict, PCollection, TaggedOutput

from components.example_gen.batches import Batch
from components.example_gen.config import ExampleGenConfig
from components.example_gen.rows import Rejection
from components.example_gen.transforms.read import split_of

Place = tuple[int, str, int]  # source, file, row: the first of equal ids is the one with the smallest place


class DropDuplicates(beam.PTransform):
    """Keeps the first row of each id, by source, file and row: outputs ``batches`` and ``rejected``.

    Ids that are made of file and row differ anyway; see `is_needed`.

    Args:
        config: The configuration whose sources the batches belong to.
    """

    def __init__(self, config: ExampleGenConfig) -> None:
        super().__init__()
        self._config = config

    @staticmethod
    def is_needed(config: ExampleGenConfig) -> bool:
        """Whether any id comes from the data."""
        return any(
            source.id_column is not None or source.format in ("newsgroups", "knbc_tsv") for source in config.sources
        )

    def expand(self, batches: PCollection) -> Any:
        """Applies the transform."""
        repeated = batches | beam.FlatMap(_places) | beam.GroupByKey() | beam.FlatMapTuple(_repeated)
        return batches | beam.ParDo(_DropRepeated(self._config), AsDict(repeated)).with_outputs(
            "rejected", main="batches"
        )


def _places(batch: Batch) -> Iterator[tuple[int, list[tuple[bytes, Place]]]]:
    """Places of ids by the first byte of their hash: 256 groups, so that a worker holds a part of them only."""
    buckets: dict[int, list[tuple[bytes, Place]]] = {}
    for key, file, row in zip(batch.keys, batch.files, batch.rows, strict=True):
        buckets.setdefault(key[0], []).append((key, (batch.source, file, row)))
    yield from buckets.items()


def _repeated(_: int, places: Iterable[list[tuple[bytes, Place]]]) -> Iterator[tuple[Place, Place]]:
    """Every place of an id but the first, with the first."""
    by_key: dict[bytes, list[Place]] = {}
    for key, place in chain.from_iterable(places):
        by_key.setdefault(key, []).append(place)
    for same in by_key.values():
        first = min(same)
        yield from ((place, first) for place in same if place != first)


class _DropRepeated(beam.DoFn):
    def __init__(self, config: ExampleGenConfig) -> None:
        self._config = config

    def process(self, batch: Batch, repeated: dict[Place, Place]) -> Iterator[Any]:
        places = [(batch.source, file, row) for file, row in zip(batch.files, batch.rows, strict=True)]
        again = [place in repeated for place in places] if repeated else []
        if not any(again):
            yield batch
            return
        yield batch.select([not mark for mark in again])
        source = self._config.sources[batch.source]
        for place in places:
            if place in repeated:
                _, file, row = repeated[place]
                rejection = Rejection(place[1], place[2], f"its id is that of row {row} of {file}")
                yield TaggedOutput("rejected", (split_of(source, batch.split, rejection), rejection))
