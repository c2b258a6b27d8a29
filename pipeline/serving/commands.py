"""The verbs `predict`, `fill-mask` and `tokenize`: from texts to what is printed."""

import dataclasses
import json
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

from components.errors import ConfigError, DataError
from pipeline.serving import local_model, local_tokenizer
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
    return _print_rows(lambda rows: local_model.predict(model, rows), texts, source)


def print_tokens(model: Path | None, tokenizer: Path | None, texts: Sequence[str], source: str | None) -> int:
    """Prints a JSON line for each text: ``cleaned``, ``pieces``, ``ids``.

    Args:
        model: As for `local_model.tokenize`; or
        tokenizer: as for `local_tokenizer.tokenize`. One of the two.
        texts: Texts given on the command line.
        source: A file, ``-`` for stdin, or None.

    Returns:
        0 if every row was answered, 3 if some could not be read; those are named on stderr.

    Raises:
        ConfigError: If not one of the two is given, there is nothing to tokenize, or no such model or file.
        DataError: If the tokenizer directory has no text graph.
    """
    if model is not None and tokenizer is None:
        return _print_rows(lambda rows: local_model.tokenize(model, rows), texts, source)
    if tokenizer is not None and model is None:
        return _print_rows(lambda rows: local_tokenizer.tokenize(tokenizer, rows), texts, source)
    raise ConfigError("", "give either --tokenizer DIR or --model DIR")


def _print_rows(
    answer: Callable[[Iterator[str]], Iterable[local_model.Prediction | local_model.Tokenized]],
    texts: Sequence[str],
    source: str | None,
) -> int:
    if not texts and source is None:
        raise ConfigError("", "no texts: give some, or --input FILE (- for stdin)")
    left_out: list[str] = []

    def report(message: str) -> None:
        left_out.append(message)
        print(f"tfx-bert: {message}", file=sys.stderr)

    for row in answer(read_texts(texts, source, report)):
        print(json.dumps(dataclasses.asdict(row), ensure_ascii=False))
    return DataError.exit_code if left_out else 0


def print_fillings(model: Path, text: str) -> None:
    """Prints the likeliest tokens for the ``[MASK]`` of a text with their scores, best first.

    Args:
        model: As for `local_model.fill_mask`.
        text: Raw text that contains ``[MASK]``.
    """
    for token, score in local_model.fill_mask(model, text):
        print(f"{score:.4f}  {token}")
