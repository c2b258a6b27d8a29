"""The verbs `predict` and `fill-mask`: from texts to what is printed."""

import json
import sys
from collections.abc import Sequence
from pathlib import Path

from components.errors import ConfigError, DataError
from pipeline.serving import local_model
from pipeline.serving.inputs import read_texts


def print_predictions(model: Path, texts: Sequence[str], source: str | None) -> int:
    """Prints a JSON line for each text: ``label``, ``score``, ``probabilities``.

    Args:
        model: As for `local_model.predict`.
        texts: Texts given on the command line.
        source: A file, ``-`` for stdin, or None.

    Returns:
        0 if every row was answered, 3 if some could not be read; those are named on stderr.

    Raises:
        ConfigError: If there is nothing to classify, or no such model or file.
    """
    if not texts and source is None:
        raise ConfigError("", "nothing to classify: give texts, or --input FILE (- for stdin)")
    left_out: list[str] = []

    def report(message: str) -> None:
        left_out.append(message)
        print(f"tfx-bert: {message}", file=sys.stderr)

    for answer in local_model.predict(model, read_texts(texts, source, report)):
        row = {"label": answer.label, "score": answer.score, "probabilities": answer.probabilities}
        print(json.dumps(row, ensure_ascii=False))
    return DataError.exit_code if left_out else 0


def print_fillings(model: Path, text: str) -> None:
    """Prints the likeliest tokens for the ``[MASK]`` of a text with their scores, best first.

    Args:
        model: As for `local_model.fill_mask`.
        text: Raw text that contains ``[MASK]``.
    """
    for token, score in local_model.fill_mask(model, text):
        print(f"{score:.4f}  {token}")
