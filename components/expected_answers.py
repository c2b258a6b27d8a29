"""What a model answered to some texts before it was written, kept in it: whoever loads it sees whether it still does.

The Trainer writes ``assets.extra/expected_answers.json``, which TF Serving passes over; ServableCheck compares.
"""

import base64
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import tensorflow as tf

from components import files

EXPECTED_FILE = "assets.extra/expected_answers.json"
_TEXTS = 16


def spread_texts(texts: Sequence[bytes], count: int = _TEXTS) -> list[bytes]:
    """Takes texts of evenly spread lengths, the shortest and the longest included.

    Args:
        texts: To choose from.
        count: How many.

    Returns:
        Distinct texts, shortest first; fewer than asked if there are fewer. The same texts give the same choice.
    """
    found = sorted(set(texts), key=lambda text: (len(text), text))
    if count < 2:
        return found[len(found) // 2 :][:count]
    if len(found) <= count:
        return found
    return [found[i * (len(found) - 1) // (count - 1)] for i in range(count)]


def write_expected(directory: str | Path, texts: Sequence[bytes], probabilities: np.ndarray) -> None:
    """Writes answers into a model's folder.

    Args:
        directory: The SavedModel's folder, local or remote.
        texts: n raw texts.
        probabilities: float, shape ``[n, labels]``.
    """
    path = f"{directory}/{EXPECTED_FILE}"
    content = {
        "texts": [base64.b64encode(text).decode() for text in texts],
        "probabilities": probabilities.astype(float).tolist(),
    }
    tf.io.gfile.makedirs(path.rpartition("/")[0])
    with tf.io.gfile.GFile(path, "w") as file:
        file.write(json.dumps(content))


def read_expected(directory: str | Path) -> dict[str, list]:
    """Reads what `write_expected` wrote.

    Args:
        directory: The SavedModel's folder, local or remote.

    Returns:
        ``texts``: base64 of the bytes; ``probabilities``: a list a text. Both empty if the model has none.
    """
    path = f"{directory}/{EXPECTED_FILE}"
    if not files.is_there(path):
        return {"texts": [], "probabilities": []}
    with tf.io.gfile.GFile(path) as file:
        return json.loads(file.read())
