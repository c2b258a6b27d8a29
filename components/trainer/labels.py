"""How an exported model keeps its label texts where anyone can read them without loading it."""

import json
from collections.abc import Sequence
from pathlib import Path

import tensorflow as tf

LABELS_FILE = "assets.extra/labels.json"


def write_labels(directory: str | Path, labels: Sequence[str]) -> None:
    """Writes ``assets.extra/labels.json``, which TF Serving passes over.

    Args:
        directory: The SavedModel's folder, local or remote.
        labels: Label texts by class number.
    """
    path = f"{directory}/{LABELS_FILE}"
    tf.io.gfile.makedirs(path.rpartition("/")[0])
    with tf.io.gfile.GFile(path, "w") as file:
        file.write(json.dumps(list(labels), ensure_ascii=False))


def read_labels(directory: str | Path) -> list[str]:
    """Reads the label texts of an exported model, by class number.

    Args:
        directory: The SavedModel's folder, local or remote.
    """
    with tf.io.gfile.GFile(f"{directory}/{LABELS_FILE}") as file:
        return json.loads(file.read())
