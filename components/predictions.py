"""What a classifier answered to labelled texts, row by row.

Evaluator and Baseline write it beside their metrics; the gates pair the rows of two models by it, and the report shows
texts of it. The folder ``predictions`` holds gzip TFRecords of ``tf.Example`` and ``labels.json``. Features of a row:

- ``id``, ``group``, ``text``: bytes, of the raw Example; ``group`` may be absent,
- ``label_ids``: int64, the numbers of the labels that it has, -1 for one that the model does not know,
- ``chosen``: int64, the numbers of the labels that the model gave it,
- ``probabilities``: float, one a label of the model,
- ``label`` and further bytes: values to slice by, under the slice's name.
"""

import dataclasses
import json
from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import tensorflow as tf

from components.errors import DataError
from components.examples import read_records, split_files

FOLDER = "predictions"  # of a ModelEvaluation artifact
LABELS_FILE = "labels.json"
UNKNOWN = -1
_BATCH = 4096


@dataclasses.dataclass(frozen=True)
class Predictions:
    """The rows of a folder, sorted by id.

    Attributes:
        labels: The model's labels, by number.
        ids: object (bytes), shape ``[n]``.
        groups: object (bytes), shape ``[n]``: which rows belong together; empty bytes where none is known.
        actual: Label numbers, int of shape ``[n]``; or, where a text may have several, marks, bool of shape
            ``[n, labels]``.
        chosen: The same of what the model answered.
        probabilities: float32, shape ``[n, labels]``.
        slices: By name of a slice, its value in each row: object (str), shape ``[n]``.
        unknown: Number of rows with a label that the model does not know: -1 in ``actual``, or no mark.
    """

    labels: list[str]
    ids: np.ndarray
    groups: np.ndarray
    actual: np.ndarray
    chosen: np.ndarray
    probabilities: np.ndarray
    slices: Mapping[str, np.ndarray] = dataclasses.field(default_factory=dict)
    unknown: int = 0

    @property
    def multi_label(self) -> bool:
        """Whether a text may have several labels or none."""
        return self.actual.ndim == 2

    def take(self, rows: np.ndarray) -> "Predictions":
        """Some of the rows.

        Args:
            rows: bool, shape ``[n]``, or int, their places.
        """
        return Predictions(
            self.labels,
            self.ids[rows],
            self.groups[rows],
            self.actual[rows],
            self.chosen[rows],
            self.probabilities[rows],
            {name: values[rows] for name, values in self.slices.items()},
            self.unknown,
        )


def to_example(
    features: Mapping[str, bytes], label_ids: Iterable[int], chosen: Iterable[int], probabilities: np.ndarray
) -> bytes:
    """Makes a row.

    Args:
        features: ``id`` and ``text``, perhaps ``group``, and the values to slice by.
        label_ids: The numbers of its labels.
        chosen: The numbers of the labels that the model gave it.
        probabilities: float, shape ``[labels]``.

    Returns:
        A serialized ``tf.Example``.
    """
    example = tf.train.Example()
    feature = example.features.feature
    for name, value in features.items():
        feature[name].bytes_list.value.append(value)
    feature["label_ids"].int64_list.value.extend(int(number) for number in label_ids)
    feature["chosen"].int64_list.value.extend(int(number) for number in chosen)
    feature["probabilities"].float_list.value.extend(probabilities.tolist())
    return example.SerializeToString()


def write_labels(folder: str, labels: Sequence[str], multi_label: bool) -> None:
    """Writes what the numbers in the rows mean.

    Args:
        folder: Of the rows, local or remote; made if it is not there.
        labels: By number.
        multi_label: Whether a text may have several labels or none.
    """
    tf.io.gfile.makedirs(folder)
    with tf.io.gfile.GFile(f"{folder}/{LABELS_FILE}", "w") as file:
        file.write(json.dumps({"labels": list(labels), "multi_label": multi_label}, ensure_ascii=False))


def write_rows(folder: str, rows: Iterable[bytes]) -> None:
    """Writes rows into one file, for writers without Beam.

    Args:
        folder: Local or remote; made if it is not there.
        rows: From `to_example`.
    """
    tf.io.gfile.makedirs(folder)
    with tf.io.TFRecordWriter(f"{folder}/rows-00000-of-00001.gz", "GZIP") as writer:
        for row in rows:
            writer.write(row)


def read_predictions(folder: str, slices: Sequence[str] = ()) -> Predictions:
    """Reads all rows, without their texts.

    Args:
        folder: Local or remote.
        slices: Names of the values to slice by that are read; empty where a row has none.

    Raises:
        DataError: If there are no rows.
    """
    with tf.io.gfile.GFile(f"{folder}/{LABELS_FILE}") as file:
        described = json.loads(file.read())
    labels = described["labels"]
    spec = {
        "id": tf.io.FixedLenFeature([], tf.string),
        "group": tf.io.FixedLenFeature([], tf.string, ""),
        "label_ids": tf.io.RaggedFeature(tf.int64, row_splits_dtype=tf.int64),
        "chosen": tf.io.RaggedFeature(tf.int64, row_splits_dtype=tf.int64),
        "probabilities": tf.io.FixedLenFeature([len(labels)], tf.float32),
        **{name: tf.io.FixedLenFeature([], tf.string, "") for name in slices},
    }
    parts = [tf.io.parse_example(rows, spec) for rows in read_records(split_files(folder)).batch(_BATCH)]
    if not parts:
        raise DataError("the split to evaluate on has no examples: check the input and its split")
    whole = {name: tf.concat([part[name] for part in parts], axis=0) for name in spec}
    unknown = tf.reduce_any(whole["label_ids"] == UNKNOWN, axis=1).numpy()

    def numbers(ragged: tf.RaggedTensor) -> np.ndarray:
        values = ragged.flat_values.numpy()
        if not described["multi_label"]:
            return values
        marks = np.zeros((len(unknown), len(labels)), bool)
        marks[ragged.value_rowids().numpy()[values != UNKNOWN], values[values != UNKNOWN]] = True
        return marks

    predictions = Predictions(
        labels,
        whole["id"].numpy(),
        whole["group"].numpy(),
        numbers(whole["label_ids"]),
        numbers(whole["chosen"]),
        whole["probabilities"].numpy(),
        {name: np.array([value.decode() for value in whole[name].numpy()], object) for name in slices},
        int(unknown.sum()),
    )
    return predictions.take(np.argsort(predictions.ids))


def read_texts(folder: str, ids: Iterable[bytes]) -> dict[bytes, str]:
    """Reads the texts of some rows.

    Args:
        folder: Local or remote.
        ids: Of which rows.

    Returns:
        Texts by id; bytes that are not UTF-8 become U+FFFD.
    """
    wanted = set(ids)
    spec = {name: tf.io.FixedLenFeature([], tf.string) for name in ("id", "text")}
    texts = {}
    for serialized in read_records(split_files(folder)).batch(_BATCH):
        parsed = tf.io.parse_example(serialized, spec)
        for row, text in zip(parsed["id"].numpy(), parsed["text"].numpy(), strict=True):
            if row in wanted:
                texts[row] = text.decode("utf-8", "replace")
    return texts
