"""The Baseline's Do: raw labelled Examples in, the metrics of TF-IDF and a linear model out."""

from typing import Any

import tensorflow as tf
from tfx import types
from tfx.dsl.components.base import base_executor
from tfx.types import artifact_utils

from components.baseline.config import BaselineConfig
from components.baseline.model import LabelledTexts, train_and_evaluate
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
            input_dict: ``examples``: raw and labelled, with splits ``train`` and ``eval``.
            output_dict: ``evaluation``: ``metrics.json``, in the Evaluator's form.
            exec_properties: ``config``: a `BaselineConfig` as JSON.
        """
        config = BaselineConfig.model_validate_json(exec_properties["config"])
        train, evaluation = (
            read_texts(artifact_utils.get_split_uri(input_dict["examples"], split))
            for split in (TRAIN_SPLIT, EVAL_SPLIT)
        )
        metrics = train_and_evaluate(train, evaluation, config)
        results.write_metrics(artifact_utils.get_single_uri(output_dict["evaluation"]), metrics.model_dump())


def read_texts(directory: str) -> LabelledTexts:
    """Reads a split of raw labelled Examples.

    Args:
        directory: The split's folder of gzip TFRecords; bytes that are not UTF-8 become U+FFFD.
    """
    spec = {"text": tf.io.FixedLenFeature([], tf.string), "label": tf.io.FixedLenFeature([], tf.string)}
    texts: list[str] = []
    labels: list[str] = []
    for serialized in read_records(split_files(directory)).batch(4096):
        parsed = tf.io.parse_example(serialized, spec)
        texts += [text.decode("utf-8", "replace") for text in parsed["text"].numpy()]
        labels += [label.decode("utf-8", "replace") for label in parsed["label"].numpy()]
    return LabelledTexts(texts, labels)
