"""Dividing rows into ``train`` and ``eval``."""

from collections.abc import Iterable, Iterator
from itertools import chain

import apache_beam as beam
from apache_beam.pvalue import AsDict, PCollection

from components.example_gen.batches import Batch
from components.example_gen.config import ExampleGenConfig
from components.example_gen.splitting import choose_eval, is_eval


class Divide(beam.PTransform):
    """Gives the rows of every batch without a split to ``train`` and ``eval``; gives batches of one split each.

    Args:
        config: The configuration whose sources the batches belong to.
    """

    def __init__(self, config: ExampleGenConfig) -> None:
        super().__init__()
        self._config = config

    def expand(self, batches: PCollection) -> PCollection:
        """Applies the transform."""
        shares = {
            number: source.split.eval_share
            for number, source in enumerate(self._config.sources)
            if source.dealt_by_label
        }
        if not shares:
            return batches | beam.FlatMap(_divide, self._config, {})
        chosen = (
            batches
            | "Labels" >> beam.FlatMap(_units, set(shares))
            | beam.GroupByKey()
            | "Choose" >> beam.Map(_choose, shares)
        )
        return batches | beam.FlatMap(_divide, self._config, AsDict(chosen))


def _units(batch: Batch, sources: set[int]) -> Iterator[tuple[int, list[tuple[bytes, str]]]]:
    if batch.source in sources:
        yield batch.source, list(zip(batch.units, batch.strata, strict=True))


def _choose(
    source_and_rows: tuple[int, Iterable[list[tuple[bytes, str]]]], shares: dict[int, float]
) -> tuple[int, frozenset[bytes]]:
    source, rows = source_and_rows
    return source, choose_eval(chain.from_iterable(rows), shares[source])


def _divide(batch: Batch, config: ExampleGenConfig, chosen: dict[int, frozenset[bytes]]) -> Iterator[Batch]:
    if batch.split is not None:
        yield batch
        return
    if batch.source in chosen:
        in_eval = [unit in chosen[batch.source] for unit in batch.units]
    else:
        share = config.sources[batch.source].split.eval_share
        in_eval = [is_eval(unit, share) for unit in batch.units]
    for split, chosen_rows in (("train", [not mark for mark in in_eval]), ("eval", in_eval)):
        if any(chosen_rows):
            yield batch.select(chosen_rows, split)
