"""Drawing a part of a corpus on Beam, so that training a vocabulary takes the memory of the part."""

import posixpath
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import apache_beam as beam
import tensorflow as tf

from components.errors import DataError
from components.examples import read_records
from components.files import look

_BUCKETS = 1 << 40
_BATCH = 4096


@dataclass(frozen=True)
class Texts:
    """The texts of record files; each iteration reads them anew, one after the other.

    Attributes:
        files: gzip TFRecords of ``tf.Example`` with the feature ``text``.
    """

    files: list[str]

    def __iter__(self) -> Iterator[bytes]:
        """Yields the raw texts in the order of the files.

        Raises:
            DataError: If a row has no text.
        """
        for file in self.files:
            for index, record in enumerate(read_records([file]).as_numpy_iterator()):
                values = tf.train.Example.FromString(record).features.feature["text"].bytes_list.value
                if len(values) != 1:
                    raise DataError(f"{file}: row {index} has {len(values)} values of the feature text, expected 1")
                yield values[0]


def share_to_draw(files: Sequence[str], megabytes: float) -> float:
    """How much of a corpus fits a limit.

    Args:
        files: Its record files.
        megabytes: Limit in MiB of the files as they are, packed.

    Returns:
        A share of the rows; 1 if all of it fits.
    """
    size = sum(found.size for file in files if (found := look(file)))
    return min(1.0, megabytes * 2**20 / max(size, 1))


def draw(pipeline: beam.Pipeline, files: Sequence[str], share: float, directory: str) -> list[str]:
    """Adds the drawing of a part to a Beam pipeline, file by file.

    Whether a record is drawn depends on its bytes alone: the same ones are drawn from the same corpus, however many
    workers there are.

    Args:
        pipeline: The pipeline.
        files: Record files.
        share: Expected share of the records.
        directory: Where to write.

    Returns:
        The files that will be there when the pipeline has run, one for each of ``files``.
    """
    parts = [posixpath.join(directory, f"part-{number:05d}.gz") for number in range(len(files))]
    tf.io.gfile.makedirs(directory)
    _ = (
        pipeline
        | "Files" >> beam.Create(list(zip(files, parts, strict=True)))
        | beam.Reshuffle()
        | "Draw" >> beam.Map(_draw_file, share)
    )
    return parts


def _draw_file(source_and_part: tuple[str, str], share: float) -> None:
    source, part = source_and_part
    drawn = read_records([source]).batch(_BATCH).map(lambda records: _drawn(records, share)).unbatch()
    with tf.io.TFRecordWriter(part, "GZIP") as writer:
        for record in drawn.as_numpy_iterator():
            writer.write(record)


def _drawn(records: tf.Tensor, share: float) -> tf.Tensor:
    places = tf.strings.to_hash_bucket_fast(records, _BUCKETS)
    return tf.boolean_mask(records, places < tf.constant(int(share * _BUCKETS), tf.int64))
