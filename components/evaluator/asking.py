"""Asks a model on Beam what it makes of raw, labelled Examples."""

from collections.abc import Iterator, Sequence

import apache_beam as beam
import numpy as np
import tensorflow as tf
from tensorflow.core.protobuf import saved_model_pb2

from components.evaluator import slices
from components.predictions import UNKNOWN, to_example
from components.served_model import ServedModel

CLASSIFY, TOKENIZE = "serving_default", "tokenize"
CHOSEN = "chosen"
_SORTED = 16  # batches that are sorted by length together, so that little is padding


def gives_several_labels(directory: str) -> bool:
    """Whether a SavedModel may give a text several labels; reads its signatures, without loading it.

    Args:
        directory: Of the SavedModel, local or remote.
    """
    with tf.io.gfile.GFile(f"{directory}/saved_model.pb", "rb") as file:
        (graph,) = saved_model_pb2.SavedModel.FromString(file.read()).meta_graphs
    return CHOSEN in graph.signature_def[CLASSIFY].outputs


class Ask(beam.PTransform):
    """From serialized Examples to rows of `components.predictions`, both bytes."""

    def __init__(self, directory: str, labels: Sequence[str], batch_size: int, slices: tuple[str, ...] = ()) -> None:
        """Keeps the parameters.

        Args:
            directory: The model's: a SavedModel of `components.trainer.export`.
            labels: Those of the model, by number, and after them others, which it gives the probability 0.
            batch_size: Texts in a request.
            slices: Names of the values to slice by that go into the rows: those of `components.evaluator.slices`, and
                kept columns.
        """
        super().__init__()
        self._directory, self._labels, self._batch_size, self._slices = directory, labels, batch_size, slices

    def expand(self, examples: beam.PCollection) -> beam.PCollection:
        """See the base class."""
        many = self._batch_size * _SORTED
        return (
            examples
            | "Batch" >> beam.BatchElements(min_batch_size=many, max_batch_size=many)
            | "Ask" >> beam.ParDo(_Asking(self._directory, self._labels, self._batch_size, self._slices))
        )


class _Asking(beam.DoFn):
    def __init__(self, directory: str, labels: Sequence[str], batch_size: int, slices: tuple[str, ...]) -> None:
        self._directory, self._batch_size, self._slices = directory, batch_size, slices
        self._numbers = {label.encode(): number for number, label in enumerate(labels)}

    def setup(self) -> None:
        """Loads the model, once a worker."""
        self._model = ServedModel(self._directory)

    def process(self, serialized: list[bytes]) -> Iterator[bytes]:
        """Answers a batch of batches.

        Args:
            serialized: Raw Examples.

        Yields:
            Their rows, by length of text.
        """
        features = [values_of(one) for one in serialized]
        features.sort(key=lambda row: len(row["text"][0]))
        for start in range(0, len(features), self._batch_size):
            yield from self._answer(features[start : start + self._batch_size])

    def _answer(self, rows: list[dict[str, list[bytes]]]) -> Iterator[bytes]:
        texts = [row["text"][0] for row in rows]
        answer = self._model(CLASSIFY, texts)
        shares = self._unknown_tokens(texts) if slices.UNKNOWN_TOKENS in self._slices else []
        known = answer["probabilities"]
        probabilities = np.pad(known, [(0, 0), (0, len(self._numbers) - known.shape[1])])
        chosen = (
            [np.flatnonzero(marks) for marks in answer[CHOSEN]]
            if CHOSEN in answer
            else probabilities.argmax(axis=1)[:, np.newaxis]
        )
        for number, row in enumerate(rows):
            values = {name: row[name][0] for name in ("id", "group", "text") if row.get(name)}
            for name in self._slices:
                if name == slices.TEXT_LENGTH:
                    values[name] = slices.text_length(len(texts[number].decode("utf-8", "replace"))).encode()
                elif name == slices.UNKNOWN_TOKENS:
                    values[name] = shares[number].encode()
                else:
                    values[name] = b"|".join(row.get(name, []))
            label_ids = [self._numbers.get(label, UNKNOWN) for label in row.get("label", [])]
            yield to_example(values, label_ids, chosen[number], probabilities[number])

    def _unknown_tokens(self, texts: list[bytes]) -> list[str]:
        read = self._model(TOKENIZE, texts)
        counts = zip(read["unknown"].tolist(), read["length"].tolist(), strict=True)
        return [slices.unknown_tokens(unknown, tokens) for unknown, tokens in counts]


def values_of(serialized: bytes) -> dict[str, list[bytes]]:
    """The bytes features of a serialized Example, by name."""
    feature = tf.train.Example.FromString(serialized).features.feature
    return {name: list(one.bytes_list.value) for name, one in feature.items()}
