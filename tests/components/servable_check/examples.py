"""Writes raw Examples as ExampleGen does."""

from collections.abc import Iterable, Mapping
from pathlib import Path

import tensorflow as tf


def write_examples(path: Path, rows: Iterable[Mapping[str, str]]) -> str:
    """Writes rows as a gzip TFRecord of ``tf.Example``; returns the file's name."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tf.io.TFRecordWriter(str(path), "GZIP") as writer:
        for row in rows:
            example = tf.train.Example()
            for name, value in row.items():
                example.features.feature[name].bytes_list.value.append(value.encode())
            writer.write(example.SerializeToString())
    return str(path)
