"""Finds the texts that a model was surest about and wrong."""

import numpy as np

from components.predictions import Predictions, read_predictions, read_texts
from components.report.story import Mistake

SHOWN = 20
_LONGEST = 400  # characters


def find_mistakes(folder: str, count: int = SHOWN) -> list[Mistake]:
    """Finds the most confident mistakes.

    Args:
        folder: Of predictions with texts, see `components.predictions`.
        count: How many at most.

    Returns:
        Worst first: by the probability of a wrong label; where a text may have several labels, by the probability of
        its worst decision.
    """
    predictions = read_predictions(folder)
    sureness = _sureness(predictions)
    wrong = np.flatnonzero(sureness > 0)
    worst = wrong[np.argsort(-sureness[wrong], kind="stable")][:count]
    texts = read_texts(folder, predictions.ids[worst])
    return [
        Mistake(
            text=_short(texts[predictions.ids[row]]),
            actual=_names(predictions, predictions.actual[row]),
            chosen=_names(predictions, predictions.chosen[row]),
            score=float(sureness[row]),
        )
        for row in worst
    ]


def _sureness(predictions: Predictions) -> np.ndarray:
    """How sure the model was of its worst wrong decision, 0 where all are right, shape ``[n]``."""
    probabilities = predictions.probabilities
    if not predictions.multi_label:
        return np.where(predictions.actual != predictions.chosen, probabilities.max(axis=1), 0)
    said = np.where(predictions.chosen, probabilities, 1 - probabilities)
    return np.where(predictions.actual != predictions.chosen, said, 0).max(axis=1)


def _names(predictions: Predictions, answer: np.ndarray) -> str:
    numbers = np.flatnonzero(answer) if predictions.multi_label else [answer]
    return ", ".join(predictions.labels[number] for number in numbers) or "(none)"


def _short(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
