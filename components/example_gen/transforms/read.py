"""Reading pieces of files into batches of rows."""

from collections.abc import Iterator
from typing import Any

import apache_beam as beam
from apache_beam.pvalue import PCollection, TaggedOutput

from components.errors import DataError
from components.example_gen import reading
from components.example_gen.batches import Batch, batch_rows
from components.example_gen.config import TEXT_FORMATS, ExampleGenConfig, SourceConfig
from components.example_gen.rows import Piece, Rejection
from components.example_gen.splitting import digest, is_eval


def split_of(source: SourceConfig, split: str | None, rejection: Rejection) -> str:
    """The split in which a rejected row counts: the given one, or one by a hash of where the row is."""
    if split is not None:
        return split
    unit = digest(f"{rejection.file}:{rejection.row}", source.split.seed)
    return "eval" if is_eval(unit, source.split.eval_share) else "train"


class Read(beam.PTransform):
    """Reads pieces into batches, large files in ranges.

    Gives a mapping: ``batches``; ``rejected``: pairs of a split and a `Rejection`; ``errors``: messages about files
    that break off or cannot be read; ``layouts``: pairs of a path and how that file is written.

    Args:
        config: The configuration whose sources the pieces belong to.
    """

    def __init__(self, config: ExampleGenConfig) -> None:
        super().__init__()
        self._config = config

    def expand(self, pieces: PCollection) -> dict[str, PCollection]:
        """Applies the transform."""
        divided = pieces | "Divide" >> beam.ParDo(_Divide(self._config)).with_outputs(
            "errors", "layouts", main="pieces"
        )
        read = (
            divided.pieces
            | "Spread" >> beam.Reshuffle()
            | "Read" >> beam.ParDo(_ReadPiece(self._config)).with_outputs("rejected", "errors", main="batches")
        )
        errors = (divided.errors, read.errors) | "Errors" >> beam.Flatten()
        return {"batches": read.batches, "rejected": read.rejected, "errors": errors, "layouts": divided.layouts}


class _Divide(beam.DoFn):
    def __init__(self, config: ExampleGenConfig) -> None:
        self._config = config

    def process(self, piece: Piece) -> Iterator[Any]:
        source = self._config.sources[piece.source]
        try:
            piece = reading.laid_out(piece, source)
            if source.format in TEXT_FORMATS and source.format != "knbc":
                yield TaggedOutput("layouts", (piece.path, piece.layout.describe(source.format == "csv")))
            yield from reading.divide(piece, source)
        except DataError as error:
            # Beam would raise it as another type, so it travels as data and is raised when the pipeline has ended.
            yield TaggedOutput("errors", str(error))


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
            yield TaggedOutput("errors", str(error))
