"""Finding the label by which a row with several labels is dealt."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace

import apache_beam as beam
from apache_beam.pvalue import AsDict, PCollection

from components.example_gen.batches import Batch
from components.example_gen.config import ExampleGenConfig
from components.example_gen.splitting import rarest


class Stratify(beam.PTransform):
    """Sets the strata of rows that may have several labels: of each row the label that is rarest in its source.

    A set of labels is no stratum: most sets may be there only once, and nothing could be shared out. It is how
    Sechidis, Tsoumakas and Vlahavas deal rows first ("On the Stratification of Multi-label Data", ECML PKDD 2011).

    Args:
        config: The configuration whose sources the batches belong to.
    """

    def __init__(self, config: ExampleGenConfig) -> None:
        super().__init__()
        self._sources = {number for number, source in enumerate(config.sources) if source.multi_label}

    @staticmethod
    def is_needed(config: ExampleGenConfig) -> bool:
        """Whether rows of any source with several labels are dealt by them."""
        return any(source.multi_label and (source.dealt_by_label or source.limit) for source in config.sources)

    def expand(self, batches: PCollection) -> PCollection:
        """Applies the transform."""
        counts = batches | "Count" >> beam.FlatMap(_count, self._sources) | beam.CombinePerKey(_total)
        return batches | "Set" >> beam.Map(_set_strata, self._sources, AsDict(counts))


def _count(batch: Batch, sources: set[int]) -> Iterator[tuple[int, Counter[str]]]:
    if batch.source in sources:
        yield batch.source, Counter(label for labels in batch.labels for label in labels)


def _total(counters: Iterable[Counter[str]]) -> Counter[str]:
    total: Counter[str] = Counter()
    for counter in counters:
        total.update(counter)
    return total


def _set_strata(batch: Batch, sources: set[int], counts: dict[int, Counter[str]]) -> Batch:
    if batch.source not in sources:
        return batch
    return replace(batch, strata=[rarest(labels, counts[batch.source]) for labels in batch.labels])
