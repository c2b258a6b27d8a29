"""The Baseline's Do: raw labelled Examples in, the metrics of TF-IDF and a linear model out."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import tensorflow as tf
from tfx import types
from tfx.dsl.components.base import base_executor
from tfx.types import artifact_utils

from components import predictions
from components.baseline.config import BaselineConfig
from components.baseline.model import Answers, LabelledTexts, train_and_answer
from components.evaluator import results
from components.examples import read_records, split_files

TRAIN_SPLIT, EVAL_SPLIT = "train", "eval"


class Executor(base_executor.BaseExecutor):
    """Trains and judges the baseline."""

    def Do(
        self,
        input_dict: dict[str, list[types.Artifact]],
        output_dict: dict[str, list[types.Artifact]],
        exec_properties: dict[str, Any],
    ) -> None:
        """See the base class.

        Args:
            input_dict: ``examples``: raw and labelled.
            output_dict: ``evaluation``: ``metrics.json`` and ``predictions/``, in the Evaluator's form.
            exec_properties: ``config``: a `BaselineConfig` as JSON; ``multi_label``: 1 if an example may have several
                labels or none; ``split``: the one to judge on.
        """
        config = BaselineConfig.model_validate_json(exec_properties["config"])
        train, evaluation = (
            read_texts(
                artifact_utils.get_split_uri(input_dict["examples"], split), bool(exec_properties.get("multi_label"))
            )
            for split in (TRAIN_SPLIT, exec_properties.get("split") or EVAL_SPLIT)
        )
        answers = train_and_answer(train, evaluation, config)
        output = artifact_utils.get_single_uri(output_dict["evaluation"])
        results.write_metrics(output, answers.metrics.model_dump())
        predictions.write_labels(f"{output}/{predictions.FOLDER}", answers.labels, evaluation.multi_label)
        predictions.write_rows(f"{output}/{predictions.FOLDER}", _rows(evaluation, answers))


def read_texts(directory: str, multi_label: bool = False) -> LabelledTexts:
    """Reads a split of raw labelled Examples.

    Args:
        directory: The split's folder of gzip TFRecords; bytes that are not UTF-8 become U+FFFD.
        multi_label: Whether an example may have several labels or none.
    """
    spec = {
        "id": tf.io.FixedLenFeature([], tf.string),
        "group": tf.io.FixedLenFeature([], tf.string, ""),
        "text": tf.io.FixedLenFeature([], tf.string),
        "label": tf.io.RaggedFeature(tf.string),
    }
    read = LabelledTexts([], [], multi_label)
    for serialized in read_records(split_files(directory)).batch(4096):
        parsed = tf.io.parse_example(serialized, spec)
        read.texts.extend(text.decode("utf-8", "replace") for text in parsed["text"].numpy())
        labels = parsed["label"].to_list()
        read.labels.extend(tuple(one.decode("utf-8", "replace") for one in label) for label in labels)
        read.ids.extend(parsed["id"].numpy())
        read.groups.extend(parsed["group"].numpy())
    return read


def _rows(evaluation: LabelledTexts, answers: Answers) -> Iterator[bytes]:
    """One that is chosen counts as certain: the model gives no probabilities."""
    for row, group, actual, chosen in zip(evaluation.ids, evaluation.groups, *answers.marks, strict=True):
        values = {"id": row, "group": group}
        yield predictions.to_example(values, np.flatnonzero(actual), np.flatnonzero(chosen), chosen.astype(np.float32))
