"""Answers of classifiers that never were."""

from collections.abc import Sequence

import numpy as np

from components.predictions import Predictions

LABELS = ["良い", "悪い"]


def single(
    actual: Sequence[int],
    chosen: Sequence[int],
    probabilities: np.ndarray | None = None,
    labels: Sequence[str] = LABELS,
    groups: Sequence[bytes] | None = None,
) -> Predictions:
    """Answers with one label a text; certain of it, if no probabilities are given."""
    given = np.eye(len(labels))[list(chosen)] if probabilities is None else probabilities
    rows = len(actual)
    return Predictions(
        list(labels),
        np.array([b"%06d" % row for row in range(rows)], object),
        np.array([b""] * rows if groups is None else groups, object),
        np.array(actual),
        np.array(chosen),
        np.asarray(given, np.float32),
    )


def several(actual: Sequence[Sequence[int]], probabilities: Sequence[Sequence[float]]) -> Predictions:
    """Answers with marks; chosen is what has at least the probability 0.5."""
    given = np.array(probabilities, np.float32)
    marks = np.array(actual, bool)
    rows = single([0] * len(marks), [0] * len(marks))
    return Predictions(list("abcdefgh"[: given.shape[1]]), rows.ids, rows.groups, marks, given >= 0.5, given)
