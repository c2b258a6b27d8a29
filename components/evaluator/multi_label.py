"""Judges a model that may give a text several labels.

Not by TFMA: its label must be one dense tensor, which the raw labels become only with the vocabulary of the model, and
its metrics of several labels must know the classes before there are any.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import tensorflow as tf
from scipy.special import xlogy
from tensorflow.core.protobuf import saved_model_pb2

from components.errors import DataError
from components.examples import read_records
from components.metrics import ClassificationMetrics, compute_metrics

CHOSEN = "chosen"
_SPEC = {"text": tf.io.FixedLenFeature([], tf.string), "label": tf.io.RaggedFeature(tf.string)}


def is_multi_label(directory: str) -> bool:
    """Whether a SavedModel may give a text several labels; reads its signatures, without loading it.

    Args:
        directory: Of the SavedModel, local or remote.
    """
    with tf.io.gfile.GFile(f"{directory}/saved_model.pb", "rb") as file:
        (graph,) = saved_model_pb2.SavedModel.FromString(file.read()).meta_graphs
    return CHOSEN in graph.signature_def["serving_default"].outputs


def judge_files(model: Any, files: Sequence[str], labels: list[str], batch_size: int) -> ClassificationMetrics:
    """Computes metrics on raw Examples.

    Args:
        model: From `tf.saved_model.load`, of `components.trainer.export`.
        files: gzip TFRecords with ``text`` and any number of ``label``.
        labels: Label texts by class number.
        batch_size: Texts in a request to the model.

    Raises:
        DataError: If there are no examples, or examples with a label that the model does not know.
    """
    numbers = {label.encode(): number for number, label in enumerate(labels)}
    actual, chosen, losses, unknown = [], [], [], 0
    for serialized in read_records(files).batch(batch_size):
        parsed = tf.io.parse_example(serialized, _SPEC)
        marks = np.zeros((len(serialized), len(labels)), bool)
        for row, names in enumerate(parsed["label"].to_list()):
            known = [numbers[name] for name in names if name in numbers]
            marks[row, known] = True
            unknown += len(known) < len(names)
        answer = model.signatures["serving_default"](text=parsed["text"])
        probabilities = np.clip(answer["probabilities"].numpy().astype(np.float64), 1e-7, 1 - 1e-7)
        losses.append(-(xlogy(marks, probabilities) + xlogy(~marks, 1 - probabilities)).mean(axis=1))
        actual.append(marks)
        chosen.append(answer[CHOSEN].numpy())
    if unknown:
        raise DataError(
            f"{unknown} examples to evaluate on have a label that the train split does not have: "
            "correct the labels, add rows with them to the train split, or split by label (stratified)"
        )
    if not actual:
        raise DataError("the split to evaluate on has no examples: check the input and its split")
    metrics = compute_metrics(np.concatenate(actual), np.concatenate(chosen), labels)
    return metrics.model_copy(update={"loss": float(np.mean(np.concatenate(losses)))})
