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
            exec_properties: ``config``: a `BaselineConfig` as JSON; ``multi_label``: 1 if an example may have several
                labels or none.
        """
        config = BaselineConfig.model_validate_json(exec_properties["config"])
        train, evaluation = (
            read_texts(
                artifact_utils.get_split_uri(input_dict["examples"], split), bool(exec_properties.get("multi_label"))
            )
            for split in (TRAIN_SPLIT, EVAL_SPLIT)
        )
        metrics = train_and_evaluate(train, evaluation, config)
        results.write_metrics(artifact_utils.get_single_uri(output_dict["evaluation"]), metrics.model_dump())


def read_texts(directory: str, multi_label: bool = False) -> LabelledTexts:
    """Reads a split of raw labelled Examples.

    Args:
        directory: The split's folder of gzip TFRecords; bytes that are not UTF-8 become U+FFFD.
        multi_label: Whether an example may have several labels or none.
    """
    spec = {"text": tf.io.FixedLenFeature([], tf.string), "label": tf.io.RaggedFeature(tf.string)}
    texts: list[str] = []
    labels: list[tuple[str, ...]] = []
    for serialized in read_records(split_files(directory)).batch(4096):
        parsed = tf.io.parse_example(serialized, spec)
        texts += [text.decode("utf-8", "replace") for text in parsed["text"].numpy()]
        labels += [tuple(one.decode("utf-8", "replace") for one in label) for label in parsed["label"].to_list()]
    return LabelledTexts(texts, labels, multi_label)
