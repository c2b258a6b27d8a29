"""Brings the answers of two classifiers, which may know different labels, onto one set of labels, matched by name."""

import dataclasses
from collections.abc import Sequence

import numpy as np

from components.errors import DataError
from components.predictions import UNKNOWN, Predictions


@dataclasses.dataclass(frozen=True)
class Aligned:
    """What two classifiers answered, over the labels of both.

    Marks have a column a label and a last one for labels that neither of the two knows.

    Attributes:
        labels: The candidate's in their order, then those that only the other knows.
        actual: What is right, bool of shape ``[n, labels + 1]``.
        chosen: What the candidate answered, bool of the same shape.
        other_chosen: What the other answered.
        averaged: The columns over which F1 is averaged, bool of shape ``[labels + 1]``: the candidate's labels, and
            those that texts have.
        other: The other's answers in terms of `labels`, with a probability of 0 for a label that it does not know.
    """

    labels: list[str]
    actual: np.ndarray
    chosen: np.ndarray
    other_chosen: np.ndarray
    averaged: np.ndarray
    other: Predictions


def align(candidate: Predictions, other: Predictions) -> Aligned:
    """Aligns the answers of two classifiers to the same texts.

    Args:
        candidate: n rows.
        other: The same rows.

    Raises:
        DataError: If the two say that a text has different labels: its id stands for two rows.
    """
    labels = [*candidate.labels, *(label for label in other.labels if label not in candidate.labels)]
    actual, also = (_marks(each.actual, each.labels, labels) for each in (candidate, other))
    _check_same_texts(candidate, other, labels, actual, also)
    # Where one of the two does not know a label of a text, the other may.
    merged = actual | also
    merged[:, -1] = actual[:, -1] & also[:, -1] & ~merged[:, :-1].any(axis=1)
    known = np.array([*(label in candidate.labels for label in labels), False])
    return Aligned(
        labels,
        merged,
        _marks(candidate.chosen, candidate.labels, labels),
        _marks(other.chosen, other.labels, labels),
        known | merged.any(axis=0),
        _renumbered(other, labels, merged),
    )


def _check_same_texts(
    candidate: Predictions, other: Predictions, labels: Sequence[str], actual: np.ndarray, also: np.ndarray
) -> None:
    both = [number for number, label in enumerate(labels) if label in candidate.labels and label in other.labels]
    differ = (actual[:, both] != also[:, both]).any(axis=1)
    if differ.any():
        row = candidate.ids[int(np.flatnonzero(differ)[0])].decode("utf-8", "replace")
        raise DataError(
            f"rows with the same id have different labels, the first is {row!r}: make `id_column` unique, over all "
            "spans too"
        )


def _marks(answers: np.ndarray, labels: Sequence[str], wanted: Sequence[str]) -> np.ndarray:
    """Marks, bool of shape ``[n, wanted + 1]``: the last for `UNKNOWN`."""
    places = np.array([*(wanted.index(label) for label in labels), len(wanted)])  # `UNKNOWN` is the last one's index
    marks = np.zeros((len(answers), len(wanted) + 1), bool)
    rows, numbers = np.nonzero(answers) if answers.ndim == 2 else (np.arange(len(answers)), answers)
    marks[rows, places[numbers]] = True
    return marks


def _renumbered(predictions: Predictions, labels: Sequence[str], actual: np.ndarray) -> Predictions:
    places = np.array([labels.index(label) for label in predictions.labels])
    probabilities = np.zeros((len(predictions.ids), len(labels)), np.float32)
    probabilities[:, places] = predictions.probabilities
    chosen: np.ndarray
    if predictions.multi_label:
        chosen = np.zeros(probabilities.shape, bool)
        chosen[:, places] = predictions.chosen
        right = actual[:, :-1]
    else:
        chosen = places[predictions.chosen]
        right = np.where(actual[:, -1], UNKNOWN, actual.argmax(axis=1))
    return dataclasses.replace(
        predictions, labels=list(labels), actual=right, chosen=chosen, probabilities=probabilities, unknown=0
    )
