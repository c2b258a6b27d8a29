"""What a classifier answers, as data: the same from a directory, over gRPC and over REST."""

import dataclasses
import itertools
from collections.abc import Mapping

import numpy as np

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


def to_predictions(outputs: Mapping[str, np.ndarray]) -> list[Prediction]:
    """Reads the outputs of the signature ``serving_default``.

    Args:
        outputs: ``label`` and ``score``, ``[N]``; ``labels`` and ``probabilities``, ``[N, K]``; if a text may have
            several labels, ``chosen``, ``[N, K]``. Strings are ``bytes`` objects.

    Returns:
        N answers.

    Raises:
        KeyError: If one of them is missing.
    """
    found = []
    for row, label in enumerate(outputs["label"].tolist()):
        labels = [name.decode() for name in outputs["labels"][row].tolist()]
        probabilities = dict(zip(labels, outputs["probabilities"][row].tolist(), strict=True))
        chosen = list(itertools.compress(labels, outputs["chosen"][row])) if "chosen" in outputs else None
        found.append(Prediction(label.decode(), float(outputs["score"][row]), probabilities, chosen))
    return found
