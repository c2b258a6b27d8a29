"""The records around FeatureGen, gzip TFRecords of tf.Example: tokenized examples in, features out."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import tensorflow as tf

from components.examples import read_records


@dataclass(frozen=True)
class TokenizedTexts:
    """A run of transformed examples, in file order.

    Attributes:
        input_ids: Token ids without padding, ragged int64 of shape ``[n, None]``.
        label_ids: Class numbers, int64 of shape ``[n]``.
        ids: Example ids, bytes, object array of shape ``[n]``.
        texts: Raw texts, UTF-8 bytes, object array of shape ``[n]``.
        token_counts: Tokens of each whole text, 0 where cleaning left nothing, int64 of shape ``[n]``.
        groups: What each example belongs to, an article say; bytes, empty if unknown, object array of shape ``[n]``.
    """

    input_ids: tf.RaggedTensor
    label_ids: np.ndarray
    ids: np.ndarray
    texts: np.ndarray
    token_counts: np.ndarray
    groups: np.ndarray


@dataclass(frozen=True)
class FeatureSet:
    """The features of a split.

    Attributes:
        features: float32 of shape ``[n, width]``.
        label_ids: Class numbers, int64 of shape ``[n]``.
        ids: Example ids, bytes, object array of shape ``[n]``.
        texts: Raw texts, UTF-8 bytes, object array of shape ``[n]``.
        token_counts: Tokens of each whole text, 0 where cleaning left nothing, int64 of shape ``[n]``.
        groups: What each example belongs to, an article say; bytes, empty if unknown, object array of shape ``[n]``.
    """

    features: np.ndarray
    label_ids: np.ndarray
    ids: np.ndarray
    texts: np.ndarray
    token_counts: np.ndarray
    groups: np.ndarray

    def __len__(self) -> int:
        """Number of examples."""
        return len(self.label_ids)

    def take(self, rows: np.ndarray) -> "FeatureSet":
        """Selects examples.

        Args:
            rows: Positions, or a bool array of shape ``[n]``.
        """
        return FeatureSet(**{name: values[rows] for name, values in vars(self).items()})


_COMMON = {
    "label_id": tf.io.FixedLenFeature([], tf.int64),
    "id": tf.io.FixedLenFeature([], tf.string),
    "text": tf.io.FixedLenFeature([], tf.string),
    "token_count": tf.io.FixedLenFeature([], tf.int64),
    "group": tf.io.FixedLenFeature([], tf.string, default_value=""),
}


def read_tokenized(files: Sequence[str], window: int) -> Iterator[TokenizedTexts]:
    """Reads transformed examples in order, at most ``window`` at a time, so that memory stays bounded.

    Args:
        files: Paths of gzip TFRecords with ``input_ids``, ``label_id``, ``id``, ``text``, ``token_count`` and maybe
            ``group``.
        window: Number of examples of each piece but the last.
    """
    spec = {"input_ids": tf.io.RaggedFeature(tf.int64, row_splits_dtype=tf.int64), **_COMMON}
    for serialized in read_records(files).batch(window):
        parsed = tf.io.parse_example(serialized, spec)
        yield TokenizedTexts(parsed["input_ids"], *(parsed[name].numpy() for name in _COMMON))


def write_features(writer: tf.io.TFRecordWriter, features: np.ndarray, source: TokenizedTexts) -> None:
    """Appends features to a record file, in the order of their source.

    Args:
        writer: An open writer.
        features: float32 of shape ``[n, width]``.
        source: The ``n`` examples that they were computed from.
    """
    rows = zip(features, source.label_ids, source.ids, source.texts, source.token_counts, source.groups, strict=True)
    for vector, label_id, key, text, token_count, group in rows:
        feature = {
            "features": tf.train.Feature(float_list=tf.train.FloatList(value=vector)),
            "label_id": tf.train.Feature(int64_list=tf.train.Int64List(value=[label_id])),
            "id": tf.train.Feature(bytes_list=tf.train.BytesList(value=[key])),
            "text": tf.train.Feature(bytes_list=tf.train.BytesList(value=[text])),
            "token_count": tf.train.Feature(int64_list=tf.train.Int64List(value=[token_count])),
            "group": tf.train.Feature(bytes_list=tf.train.BytesList(value=[group])),
        }
        writer.write(tf.train.Example(features=tf.train.Features(feature=feature)).SerializeToString())


def read_features(files: Sequence[str], width: int) -> FeatureSet:
    """Reads the features of a split into memory, in order.

    Args:
        files: Paths of gzip TFRecords that `write_features` wrote.
        width: Length of each feature vector.
    """
    spec = {"features": tf.io.FixedLenFeature([width], tf.float32), **_COMMON}
    parts = [tf.io.parse_example(serialized, spec) for serialized in read_records(files).batch(4096)]
    if not parts:
        numbers, names = np.empty(0, np.int64), np.empty(0, object)
        return FeatureSet(np.empty((0, width), np.float32), numbers, names, names, numbers, names)
    joined = {name: np.concatenate([part[name].numpy() for part in parts]) for name in spec}
    return FeatureSet(*joined.values())
