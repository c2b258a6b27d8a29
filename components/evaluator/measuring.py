"""Metrics of a classifier from its answers."""

import math
from collections import Counter
from collections.abc import Sequence

import numpy as np
from scipy.special import xlogy

from components.evaluator import slices
from components.metrics import CalibrationBin, ClassificationMetrics, SliceMetrics, compute_metrics
from components.predictions import UNKNOWN, Predictions

CALIBRATION_BINS = 15
MOST_VALUES = 100  # of a slice
_LEAST = 1e-7  # probabilities below it count as it: no single text makes the loss infinite


def measure(predictions: Predictions, top_k: Sequence[int] = ()) -> ClassificationMetrics:
    """Computes all metrics over all rows.

    Args:
        predictions: n rows, n at least 1.
        top_k: For which k the share of texts is computed whose label is among the k most probable; those that are not
            below the number of labels are left out, and all where a text may have several labels.
    """
    metrics = compute_metrics(predictions.actual, predictions.chosen, predictions.labels)
    return metrics.model_copy(
        update={
            "loss": mean_loss(predictions),
            "ece": calibration_error(predictions),
            "calibration": calibration(predictions),
            "top_k_accuracy": {} if predictions.multi_label else _top_k(predictions, top_k),
        }
    )


def measure_slices(predictions: Predictions) -> dict[str, dict[str, SliceMetrics]]:
    """Computes metrics over parts of the rows.

    Args:
        predictions: With values to slice by.

    Returns:
        Metrics by slice name and value: lengths and shares in their order, others by falling number of rows, at most
        100 of each.
    """
    measured = {}
    ordered = {value: place for place, value in enumerate(slices.order())}
    for name, values in predictions.slices.items():
        counts = Counter(values.tolist())
        rank = ordered if name in (slices.TEXT_LENGTH, slices.UNKNOWN_TOKENS) else {}
        shown = sorted(counts, key=lambda value: (rank.get(value, 0), -counts[value], value))[:MOST_VALUES]
        places = {value: place for place, value in enumerate(counts)}
        rows = np.array([places[value] for value in values.tolist()])  # NumPy's own comparison knows no NUL at the end
        measured[name] = {value: _slice(predictions.take(rows == places[value])) for value in shown}
    return measured


def mean_loss(predictions: Predictions) -> float:
    """Mean cross-entropy in nats, per text, or per decision where a text may have several labels.

    A model gives a label that it does not know the probability 0.
    """
    if predictions.multi_label:
        marks, probabilities = predictions.actual, _clipped(predictions.probabilities)
        return float(-(xlogy(marks, probabilities) + xlogy(~marks, 1 - probabilities)).mean())
    return float(-np.log(_clipped(_own(predictions))).mean())


def calibration_error(predictions: Predictions) -> float:
    """Expected calibration error: how far probabilities are from the shares of texts that they are right for.

    Guo et al. 2017, arXiv:1706.04599, equation 5, over the bins of `calibration`; NaN if the model says NaN of a text.
    """
    if not np.isfinite(predictions.probabilities).all():
        return math.nan
    bins = calibration(predictions)
    return sum(one.count * abs(one.said - one.right) for one in bins) / sum(one.count for one in bins)


def calibration(predictions: Predictions) -> list[CalibrationBin]:
    """What the model said of the most probable label, and how often it was right, in 15 bins of equal width.

    Where a text may have several labels, of every decision. Empty bins are left out.
    """
    if predictions.multi_label:
        said, right = predictions.probabilities.reshape(-1), predictions.actual.reshape(-1)
    else:
        said, right = predictions.probabilities.max(axis=1), predictions.chosen == predictions.actual
    said, right = said[np.isfinite(said)], right[np.isfinite(said)]
    bins = np.minimum((said * CALIBRATION_BINS).astype(int), CALIBRATION_BINS - 1)
    counts = np.bincount(bins, minlength=CALIBRATION_BINS)
    sums = (np.bincount(bins, values, CALIBRATION_BINS) for values in (said.astype(np.float64), right))
    return [
        CalibrationBin(count=count, said=one / count, right=other / count)
        for count, one, other in zip(counts.tolist(), *sums, strict=True)
        if count
    ]


def _own(predictions: Predictions) -> np.ndarray:
    """The probability that each text's own label got, of shape ``[n]``."""
    own = predictions.probabilities[np.arange(len(predictions.ids)), predictions.actual]
    return np.where(predictions.actual == UNKNOWN, 0, own)


def _clipped(probabilities: np.ndarray) -> np.ndarray:
    return np.clip(probabilities.astype(np.float64), _LEAST, 1 - _LEAST)


def _top_k(predictions: Predictions, top_k: Sequence[int]) -> dict[int, float]:
    better = (predictions.probabilities > _own(predictions)[:, np.newaxis]).sum(axis=1)
    among = [better + (predictions.actual == UNKNOWN) * len(predictions.labels) < k for k in top_k]
    return {k: float(one.mean()) for k, one in zip(top_k, among, strict=True) if k < len(predictions.labels)}


def _slice(part: Predictions) -> SliceMetrics:
    metrics = compute_metrics(part.actual, part.chosen, part.labels)
    return SliceMetrics(
        example_count=metrics.example_count,
        accuracy=metrics.accuracy,
        weighted_f1=metrics.weighted_f1,
        loss=mean_loss(part),
        ece=calibration_error(part),
    )
