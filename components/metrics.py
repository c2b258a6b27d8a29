"""Classification metrics, computed once and in one form for Trainer, Baseline and Evaluator."""

from collections.abc import Sequence

import numpy as np
import pydantic


class ClassMetrics(pydantic.BaseModel):
    """Metrics of one class; 0 where a denominator is 0.

    Attributes:
        precision: Share of those predicted as this class that are of it.
        recall: Share of those of this class that are predicted as it.
        f1: Harmonic mean of the two.
        support: Examples of this class.
    """

    precision: float
    recall: float
    f1: float
    support: int


class SliceMetrics(pydantic.BaseModel):
    """Metrics of a classifier on a part of the examples; see `ClassificationMetrics`."""

    example_count: int
    accuracy: float
    weighted_f1: float
    loss: float
    ece: float


class CalibrationBin(pydantic.BaseModel):
    """Answers of about the same probability.

    Attributes:
        count: How many.
        said: Their mean probability.
        right: The share of them that is right.
    """

    count: int
    said: float
    right: float


class ClassificationMetrics(pydantic.BaseModel):
    """Metrics of a classifier.

    Attributes:
        example_count: Examples judged.
        accuracy: Share of examples whose label is right; where an example may have several, all of them.
        micro_f1: F1 of all decisions together; the accuracy where each example has one label.
        macro_f1: Mean F1 over the classes.
        weighted_f1: Mean F1 over the classes, weighted by support.
        loss: Mean cross-entropy in nats; None where there are no probabilities.
        ece: Expected calibration error; None where there are no probabilities.
        calibration: By rising probability, bins that have answers; empty where there are no probabilities.
        top_k_accuracy: By k, the share of examples whose label is among the k most probable.
        labels: Label texts, in the order of the confusion matrix.
        unseen_labels: Those of them that no row to train on has: the classifier never answers them.
        per_class: Metrics by label text.
        confusion_matrix: Counts: a row an actual class, a column a predicted class; None where an example may have
            several labels.
    """

    example_count: int
    accuracy: float
    micro_f1: float
    macro_f1: float
    weighted_f1: float
    loss: float | None = None
    ece: float | None = None
    calibration: list[CalibrationBin] = []
    top_k_accuracy: dict[int, float] = {}
    labels: list[str]
    unseen_labels: list[str] = []
    per_class: dict[str, ClassMetrics]
    confusion_matrix: list[list[int]] | None


def compute_metrics(actual: np.ndarray, predicted: np.ndarray, labels: Sequence[str]) -> ClassificationMetrics:
    """Computes metrics from class numbers, or from marks where an example may have several labels.

    Args:
        actual: Class numbers, int of shape ``[n]``, n at least 1, -1 for an example of none of the classes, which is
            wrong whatever was predicted; or marks, bool of shape ``[n, classes]``.
        predicted: The same of what was predicted.
        labels: Label texts by class number.

    Example:
        >>> metrics = compute_metrics(np.array([0, 0, 1]), np.array([0, 1, 1]), ["京都", "スポーツ"])
        >>> metrics.per_class["京都"].recall
        0.5
    """
    if actual.ndim == 1:
        confusion = np.zeros((len(labels), len(labels)), int)
        known = actual >= 0
        np.add.at(confusion, (actual[known], predicted[known]), 1)
        return summarize(confusion, labels, unknown=predicted[~known])
    right = (actual & predicted).sum(axis=0)
    exact = float((actual == predicted).all(axis=1).mean())
    return _metrics(right, actual.sum(axis=0), predicted.sum(axis=0), labels, len(actual), exact)


def summarize(
    confusion: np.ndarray, labels: Sequence[str], loss: float | None = None, unknown: Sequence[int] | np.ndarray = ()
) -> ClassificationMetrics:
    """Computes metrics from a confusion matrix.

    F1 is that of scikit-learn's ``f1_score`` with all labels given and ``zero_division=0``.

    Args:
        confusion: Counts of shape ``[classes, classes]``: actual by predicted; at least one example in all.
        labels: Label texts by class number.
        loss: Mean cross-entropy, if known.
        unknown: The classes predicted for examples that are of none of the classes, and so not in the matrix.
    """
    right, total = np.diag(confusion), int(confusion.sum()) + len(unknown)
    accuracy = float(right.sum() / total)
    predicted = confusion.sum(axis=0) + np.bincount(np.asarray(unknown, int), minlength=len(labels))
    metrics = _metrics(right, confusion.sum(axis=1), predicted, labels, total, accuracy, len(unknown))
    return metrics.model_copy(update={"loss": loss, "confusion_matrix": confusion.astype(int).tolist()})


def f1_averages(
    right: np.ndarray, support: np.ndarray, predicted: np.ndarray, outside: float = 0, unknown: float = 0
) -> dict[str, float]:
    """Averages F1 over the classes.

    Args:
        right: Examples of each class that are predicted as it, of shape ``[classes]``.
        support: Examples of each class.
        predicted: Examples predicted as each class.
        outside: Answers with a class that is none of these; each is a wrong decision.
        unknown: Examples that are of none of these; each counts like one of a class with an F1 of 0.

    Returns:
        ``micro_f1``, ``macro_f1`` and ``weighted_f1``, see `ClassificationMetrics`.
    """
    f1 = _ratio(2 * right, support + predicted)
    decisions = support.sum() + predicted.sum() + outside + unknown
    return {
        "micro_f1": float(2 * right.sum() / decisions) if decisions else 0.0,
        "macro_f1": float(f1.mean()),
        "weighted_f1": float((f1 * support).sum() / max(support.sum() + unknown, 1)),
    }


def _metrics(
    right: np.ndarray,
    support: np.ndarray,
    predicted: np.ndarray,
    labels: Sequence[str],
    examples: int,
    accuracy: float,
    unknown: int = 0,
) -> ClassificationMetrics:
    precision, recall = _ratio(right, predicted), _ratio(right, support)
    f1 = _ratio(2 * right, support + predicted)
    return ClassificationMetrics(
        example_count=examples,
        accuracy=accuracy,
        **f1_averages(right, support, predicted, unknown=unknown),
        labels=list(labels),
        per_class={
            label: ClassMetrics(precision=precision[i], recall=recall[i], f1=f1[i], support=int(support[i]))
            for i, label in enumerate(labels)
        },
        confusion_matrix=None,
    )


def _ratio(numerator: np.ndarray, denominator: np.ndarray) -> np.ndarray:
    return np.divide(numerator, denominator, out=np.zeros(len(numerator)), where=denominator > 0)
