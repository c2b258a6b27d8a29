"""Asks a SavedModel on disk: what ``tfx-bert predict`` and ``tfx-bert fill-mask`` do.

Imports TensorFlow and the TF Text ops only, so that it starts as fast as TensorFlow does.
"""

import concurrent.futures
import dataclasses
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np

from components.errors import ConfigError, DataError
from components.served_model import ServedModel, reason_of
from pipeline.serving.answers import CLASSIFY, TOKENIZE, Prediction, Unfit, to_predictions
from pipeline.serving.batches import batches
from pipeline.serving.model_dir import find_model
from pipeline.serving.order import by_length, several_at_a_time

FILL_MASK = "fill_mask"
MASK = "[MASK]"
_VERBS = {
    CLASSIFY: ("a classifier", "tfx-bert predict"),
    FILL_MASK: ("a masked language model", "tfx-bert fill-mask"),
    TOKENIZE: ("a model that shows its tokens", "tfx-bert tokenize"),
}


@dataclasses.dataclass(frozen=True)
class Tokenized:
    """What a model reads of one text.

    Attributes:
        cleaned: The text after cleaning.
        pieces: Its tokens, special ones included.
        ids: Their ids.
    """

    cleaned: str
    pieces: list[str]
    ids: list[int]


def predict(model_dir: str | Path, texts: Iterable[str], batch_size: int = 32) -> Iterator[Prediction]:
    """Classifies texts, in order, in constant memory.

    Args:
        model_dir: A model version, a serving directory (its newest version is taken), or a folder that holds
            one serving directory.
        texts: Raw texts; read as they are needed.
        batch_size: Texts in one call of the model.

    Yields:
        A prediction for each text.

    Raises:
        ConfigError: If there is no model, or it is no classifier.
    """
    model = Model(model_dir, CLASSIFY)
    for batch in batches(texts, batch_size):
        yield from model.classify(batch)


def predict_many(model_dir: str | Path, texts: Iterable[str], batch_size: int = 32) -> Iterator[Prediction]:
    """The same as `predict`, sooner done where there are many texts and later begun.

    The graph is optimized; each call uses one thread, and there are as many calls at a time as cores; texts of about
    the same length are answered together.

    Args:
        model_dir: As for `predict`.
        texts: Raw texts; read up to 1,024 at a time.
        batch_size: Texts in one call of the model.

    Yields:
        A prediction for each text, in order.

    Raises:
        ConfigError: If there is no model, or it is no classifier.
    """
    model = Model(model_dir, CLASSIFY, many=True)
    cores = os.cpu_count() or 1

    def answer(batch: list[str]) -> list[Prediction]:
        return model.classify(batch)

    def submit(batch: list[str]) -> "concurrent.futures.Future[list[Prediction]]":
        return executor.submit(answer, batch)

    with concurrent.futures.ThreadPoolExecutor(cores) as executor:

        def in_order(some: Iterator[str]) -> Iterator[Prediction]:
            return several_at_a_time(submit, batches(some, batch_size), 2 * cores)  # none waits for the next

        yield from by_length(in_order, texts)


def fill_mask(model_dir: str | Path, text: str) -> list[tuple[str, float]]:
    """The tokens that fit best into the first ``[MASK]`` of a text.

    Args:
        model_dir: As for `predict`.
        text: Raw text with at least one ``[MASK]``.

    Returns:
        Five tokens with their scores, best first.

    Raises:
        ConfigError: If there is no model, or it is no masked language model.
        DataError: If the text holds no ``[MASK]``, or only beyond what the model reads.
    """
    if MASK not in text:
        raise DataError(f"the text holds no {MASK}: write {MASK} where a token is to be guessed; got {text[:80]!r}")
    outputs = Model(model_dir, FILL_MASK)([text])
    tokens = [token.decode() for token in outputs["tokens"][0].tolist()]
    if not any(tokens):
        raise DataError(f"the model stops reading before the first {MASK}: shorten the text in front of it")
    return list(zip(tokens, outputs["scores"][0].tolist(), strict=True))


def tokenize(model_dir: str | Path, texts: Iterable[str], batch_size: int = 256) -> Iterator[Tokenized]:
    """Shows how a model reads texts, in order, in constant memory.

    Args:
        model_dir: As for `predict`; a classifier or a masked language model.
        texts: Raw texts; read as they are needed.
        batch_size: Texts in one call of the model.

    Yields:
        The tokens of each text.

    Raises:
        ConfigError: If there is no model, or it has no signature ``tokenize``.
    """
    return tokenize_with(Model(model_dir, TOKENIZE), texts, batch_size)


def tokenize_with(
    ask: Callable[[list[str]], dict[str, np.ndarray]], texts: Iterable[str], batch_size: int = 256
) -> Iterator[Tokenized]:
    """Shows how a function with the outputs of the signature ``tokenize`` reads texts.

    Args:
        ask: Gives the outputs for a batch of texts.
        texts: Raw texts; read as they are needed.
        batch_size: Texts in one call.

    Yields:
        The tokens of each text.
    """
    for batch in batches(texts, batch_size):
        outputs = ask(batch)
        for cleaned, pieces, ids, length in zip(
            outputs["cleaned"], outputs["pieces"], outputs["ids"], outputs["length"], strict=True
        ):
            names = [piece.decode() for piece in pieces[:length].tolist()]
            yield Tokenized(cleaned.decode(), names, ids[:length].tolist())


class Model:
    """One signature of a SavedModel: takes texts, gives its outputs as arrays."""

    def __init__(self, model_dir: str | Path, signature: str, many: bool = False) -> None:
        """Loads the model.

        Args:
            model_dir: As for `predict`.
            signature: Its name.
            many: Whether to load longer and answer many texts sooner.

        Raises:
            ConfigError: If there is no model, it cannot be loaded, or has no such signature.
        """
        path = find_model(model_dir)
        try:
            # For a few texts optimizing the graph takes longer than it saves.
            self._model = ServedModel(str(path), optimized=many, threads=1 if many else 0)
        except Exception as error:  # TensorFlow raises many kinds for a damaged model
            reason = reason_of(error).removeprefix(f"{path}: ")
            raise ConfigError("--model", f"{path} cannot be loaded: {reason}") from error
        if signature not in self._model.outputs:
            raise ConfigError("--model", _wrong_kind(path, signature, self._model))
        self._path, self._signature = path, signature

    def __call__(self, texts: list[str]) -> dict[str, np.ndarray]:
        """The outputs for a batch of texts."""
        return self.ask([text.encode() for text in texts])

    def ask(self, texts: Sequence[bytes]) -> dict[str, np.ndarray]:
        """The outputs for a batch of raw texts."""
        import tensorflow as tf

        try:
            return self._model(self._signature, texts)
        except (RuntimeError, tf.errors.OpError) as error:
            raise ConfigError("--model", f"{self._path} does not answer: {reason_of(error)}") from error

    def classify(self, texts: list[str]) -> list[Prediction]:
        """A prediction for each text."""
        try:
            return to_predictions(self(texts), len(texts))
        except (KeyError, Unfit) as error:
            raise ConfigError("--model", f"{self._path} does not answer as a classifier does: {error}") from None


def _wrong_kind(path: Path, wanted: str, model: ServedModel) -> str:
    kind, _ = _VERBS[wanted]
    others = [
        f"{what} (use `{verb}`)" for name, (what, verb) in _VERBS.items() if name in model.outputs and name != wanted
    ]
    names = sorted([*model.outputs, *model.others])
    found = " and ".join(others) or f"a model with the signatures {', '.join(names) or '(none)'}"
    return f"{path} is not {kind} but {found}"
