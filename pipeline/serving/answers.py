"""What a classifier answers, as data: the same from a directory, over gRPC and over REST."""

import dataclasses
import itertools
import math
from collections.abc import Mapping

import numpy as np

from pipeline.serving.target import Scores, ServingError, Target

CLASSIFY = "serving_default"
TOKENIZE = "tokenize"  # the signature that shows what the model reads


@dataclasses.dataclass(frozen=True)
class Prediction:
    """A classifier's answer to one text.

    Attributes:
        label: The most probable label.
        score: Its probability.
        probabilities: Probability by label.
        labels: The labels that the text is given, if the model may give several or none; else None.
    """

    label: str
    score: float
    probabilities: dict[str, float]
    labels: list[str] | None = None


class Unfit(ValueError):
    """Outputs that are not a classifier's."""


def to_predictions(outputs: Mapping[str, np.ndarray], count: int) -> list[Prediction]:
    """Reads the outputs of the signature ``serving_default``.

    Args:
        outputs: ``label`` and ``score``, ``[N]``; ``labels`` and ``probabilities``, ``[N, K]``; if a text may have
            several labels, ``chosen``, ``[N, K]``. Strings are ``bytes`` objects.
        count: The number of texts, N.

    Returns:
        N answers.

    Raises:
        KeyError: If one of them is missing.
        Unfit: If one of them is of another type or shape, is not finite, or contradicts the others.
    """
    names, scores = _checked(outputs, "label", "O", 1, count), _checked(outputs, "score", "f", 1, count)
    labels, probabilities = (
        _checked(outputs, "labels", "O", 2, count),
        _checked(outputs, "probabilities", "f", 2, count),
    )
    chosen = _checked(outputs, "chosen", "b", 2, count) if "chosen" in outputs else None
    for name, array in (("probabilities", probabilities), ("chosen", chosen)):
        if array is not None and array.shape != labels.shape:
            raise Unfit(f"{name} has the shape {list(array.shape)}, and labels {list(labels.shape)}")
    found = []
    for row, name in enumerate(_texts(names, "label")):
        of_row = _texts(labels[row], "labels")
        if len(set(of_row)) != len(of_row) or name not in of_row:
            raise Unfit(f"label and labels contradict each other in row {row}")
        by_label = dict(zip(of_row, probabilities[row].tolist(), strict=True))
        several = list(itertools.compress(of_row, chosen[row])) if chosen is not None else None
        found.append(Prediction(name, float(scores[row]), by_label, several))
    return found


def checked_scores(target: Target, scores: Scores, count: int) -> Scores:
    """The answer of the Classification API, if there is one of finite numbers for each text.

    Args:
        target: Who answered.
        scores: By label, for each text.
        count: The number of texts.

    Raises:
        ServingError: If not.
    """
    if len(scores) != count:
        raise malformed(target, f"{len(scores):,} answers to {count:,} texts")
    if not all(math.isfinite(score) for row in scores for score in row.values()):
        raise malformed(target, "a score is not finite")
    return scores


def malformed(target: Target, reason: str) -> ServingError:
    """The error of an answer that TF Serving would not give."""
    return ServingError("INTERNAL", f"{target.server} does not answer as TF Serving does: {reason}")


def _checked(outputs: Mapping[str, np.ndarray], name: str, kind: str, rank: int, count: int) -> np.ndarray:
    array = outputs[name]
    if array.dtype.kind != kind and not (kind == "f" and array.dtype.kind in "iu"):  # JSON writes 1.0 as 1
        wanted = {"O": "strings", "f": "numbers", "b": "truth values"}[kind]
        raise Unfit(f"{name} does not consist of {wanted}")
    if array.ndim != rank or len(array) != count:
        raise Unfit(f"{name} has the shape {list(array.shape)} for {count:,} texts")
    if kind == "f" and not np.isfinite(array).all():
        raise Unfit(f"{name} is not finite")
    return array


def _texts(array: np.ndarray, name: str) -> list[str]:
    try:
        return [text.decode() for text in array.tolist()]
    except (UnicodeDecodeError, AttributeError):
        raise Unfit(f"{name} is not text") from None
