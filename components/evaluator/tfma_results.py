"""Reads what TFMA wrote."""

import numpy as np
import tensorflow_model_analysis as tfma

from components.errors import DataError
from components.metrics import ClassificationMetrics, summarize

_CONFUSION = "multi_class_confusion_matrix_at_thresholds"
_LOSS = "sparse_categorical_crossentropy"


def overall_metrics(output: str, labels: list[str]) -> ClassificationMetrics:
    """Reads the metrics over all examples.

    Args:
        output: The folder that TFMA wrote into.
        labels: Label texts by class number.

    Raises:
        DataError: If there were no examples, or examples whose label the model does not know.
    """
    for slice_metrics in tfma.load_metrics(output):
        if not slice_metrics.slice_key.single_slice_keys:
            values = {item.key.name: item.value for item in slice_metrics.metric_keys_and_values}
            confusion = _confusion(values[_CONFUSION], len(labels))
            return summarize(confusion, labels, loss=values[_LOSS].double_value.value)
    raise DataError("the split to evaluate on has no examples: check the input and its split")


def _confusion(value: tfma.proto.metrics_for_slice_pb2.MetricValue, classes: int) -> np.ndarray:
    confusion = np.zeros((classes, classes), int)
    (matrix,) = value.multi_class_confusion_matrix_at_thresholds.matrices
    for entry in matrix.entries:
        if entry.actual_class_id < 0:
            unknown = sum(e.num_weighted_examples for e in matrix.entries if e.actual_class_id < 0)
            raise DataError(
                f"{unknown:.0f} examples to evaluate on have a label that the train split does not have: "
                "correct the labels, add rows with them to the train split, or split by label (stratified)"
            )
        confusion[entry.actual_class_id, entry.predicted_class_id] = round(entry.num_weighted_examples)
    return confusion
