"""Keeping a limited number of rows a split."""

import heapq
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Any

import apache_beam as beam
from apache_beam.pvalue import AsDict, PCollection, TaggedOutput

from components.example_gen.batches import Batch
from components.example_gen.config import ExampleGenConfig
from components.example_gen.splitting import even_shares

Cell = tuple[int, str, str]  # source, split, label


class Limit(beam.PTransform):
    """Keeps `SourceConfig.limit` rows a split: outputs ``batches``, and ``left_out``: pairs of a split and a count.

    The rows with the smallest hashes of their ids are kept, evenly over the labels.

    Args:
        config: The configuration whose sources the batches belong to.
    """

    def __init__(self, config: ExampleGenConfig) -> None:
        super().__init__()
        self._limits = {number: source.limit for number, source in enumerate(config.sources) if source.limit}

    @staticmethod
    def is_needed(config: ExampleGenConfig) -> bool:
        """Whether any source has a limit."""
        return any(source.limit for source in config.sources)

    def expand(self, batches: PCollection) -> Any:
        """Applies the transform."""
        largest = (
            batches
            | "Cells" >> beam.FlatMap(_cells, set(self._limits))
            | beam.CombinePerKey(_Smallest(max(self._limits.values())))
            | "BySplit" >> beam.Map(_by_split)
            | beam.GroupByKey()
            | "Threshold" >> beam.FlatMap(_thresholds, self._limits)
        )
        return batches | beam.ParDo(_KeepSmallest(set(self._limits)), AsDict(largest)).with_outputs(
            "left_out", main="batches"
        )


def _cells(batch: Batch, sources: set[int]) -> Iterator[tuple[Cell, list[bytes]]]:
    if batch.source in sources:
        cells: dict[Cell, list[bytes]] = {}
        for key, label in zip(batch.keys, batch.strata, strict=True):
            cells.setdefault((batch.source, batch.split or "", label), []).append(key)
        yield from cells.items()


def _by_split(cell_and_keys: tuple[Cell, list[bytes]]) -> tuple[tuple[int, str], tuple[str, list[bytes]]]:
    (source, split, label), keys = cell_and_keys
    return (source, split), (label, keys)


class _Smallest(beam.CombineFn):
    """The n smallest of all lists of hashes, in order."""

    def __init__(self, n: int) -> None:
        self._n = n

    def create_accumulator(self) -> list[bytes]:
        return []

    def add_input(self, accumulator: list[bytes], element: list[bytes]) -> list[bytes]:
        accumulator.extend(element)
        return accumulator if len(accumulator) < 4 * self._n else heapq.nsmallest(self._n, accumulator)

    def merge_accumulators(self, accumulators: Iterable[list[bytes]]) -> list[bytes]:
        return heapq.nsmallest(self._n, chain.from_iterable(accumulators))

    def extract_output(self, accumulator: list[bytes]) -> list[bytes]:
        return heapq.nsmallest(self._n, accumulator)


def _thresholds(
    group: tuple[tuple[int, str], Iterable[tuple[str, list[bytes]]]], limits: dict[int, int]
) -> Iterator[tuple[Cell, bytes]]:
    """The largest hash to keep, by source, split and label."""
    split, cells = group
    keys = dict(cells)
    shares = even_shares({label: len(hashes) for label, hashes in keys.items()}, limits[split[0]])
    yield from (((*split, label), keys[label][share - 1]) for label, share in shares.items() if share)


class _KeepSmallest(beam.DoFn):
    def __init__(self, sources: set[int]) -> None:
        self._sources = sources

    def process(self, batch: Batch, largest: dict[Cell, bytes]) -> Iterator[Any]:
        if batch.source not in self._sources:
            yield batch
            return
        split = batch.split or ""
        keep = [
            key <= largest.get((batch.source, split, label), b"")
            for key, label in zip(batch.keys, batch.strata, strict=True)
        ]
        yield batch.select(keep)
        yield TaggedOutput("left_out", (split, keep.count(False)))
