"""Reading pieces of files into batches of rows."""

from collections.abc import Iterator
from typing import Any

import apache_beam as beam
from apache_beam.pvalue import PCollection, TaggedOutput

from components.errors import DataError
from components.example_gen import reading
from components.example_gen.batches import Batch, batch_rows
from components.example_gen.config import ExampleGenConfig, SourceConfig
from components.example_gen.rows import Piece, Rejection
from components.example_gen.splitting import digest, is_eval


def split_of(source: SourceConfig, split: str | None, rejection: Rejection) -> str:
    """The split in which a rejected row counts: the given one, or one by a hash of where the row is."""
    if split is not None:
        return split
    unit = digest(f"{rejection.file}:{rejection.row}", source.split.seed)
    return "eval" if is_eval(unit, source.split.eval_share) else "train"


class Read(beam.PTransform):
    """Reads pieces into batches, large files in ranges: outputs ``batches``, ``rejected`` and ``errors``.

    ``rejected`` are pairs of a split and a `Rejection`; ``errors`` are messages about files that break off.

    Args:
        config: The configuration whose sources the pieces belong to.
    """

    def __init__(self, config: ExampleGenConfig) -> None:
        super().__init__()
        self._config = config

    def expand(self, pieces: PCollection) -> Any:
        """Applies the transform."""
        return (
            pieces
            | "Divide" >> beam.FlatMap(reading.divide, self._config)
            | "Spread" >> beam.Reshuffle()
            | "Read" >> beam.ParDo(_ReadPiece(self._config)).with_outputs("rejected", "errors", main="batches")
        )


class _ReadPiece(beam.DoFn):
    def __init__(self, config: ExampleGenConfig) -> None:
        self._config = config

    def process(self, piece: Piece) -> Iterator[Any]:
        source = self._config.sources[piece.source]
        try:
            for item in batch_rows(reading.read(piece, source), piece, source):
                if isinstance(item, Batch):
                    yield item
                else:
                    yield TaggedOutput("rejected", (split_of(source, piece.split, item), item))
        except DataError as error:
            # Beam would raise it as another type, so it travels as data and is raised when the pipeline has ended.
            yield TaggedOutput("errors", str(error))
