"""The records that pass between nodes: gzip TFRecords of ``tf.Example``, a folder a split."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import tensorflow as tf

from components.files import list_names

COLUMN = "column/"  # before the name of a column that ExampleGen kept beside text and label


def split_files(directory: str | Path) -> list[str]:
    """Lists the record files of a split's folder in their order.

    Args:
        directory: Local or remote folder that holds ``*.gz`` files.
    """
    return [f"{directory}/{name}" for name in list_names(str(directory)) if name.endswith(".gz")]


def read_records(files: Sequence[str]) -> tf.data.Dataset:
    """Reads serialized examples, one after the other in the order of the files.

    Args:
        files: Paths, such as `split_files` gives.

    Returns:
        Scalar ``tf.string`` elements.
    """
    options = tf.data.Options()
    options.autotune.enabled = False  # the end of reading may wait for the tuner, see components.training.batches
    return tf.data.TFRecordDataset(list(files), compression_type="GZIP").with_options(options)


def count_records(files: Sequence[str]) -> int:
    """Counts the examples of record files.

    Args:
        files: Paths.
    """
    return int(read_records(files).reduce(np.int64(0), lambda count, _: count + 1).numpy())
