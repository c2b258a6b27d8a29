"""Classifiers that anyone can predict: 0.8 for a label that the text holds, 0.1 for the others."""

from collections.abc import Sequence
from pathlib import Path

import tensorflow as tf
from tfx.types import standard_artifacts
from tfx.utils import path_utils

from components.trainer.labels import write_labels


class KeywordModel(tf.Module):
    """The Trainer's signatures that the Evaluator asks; a ``?`` in a text is an unknown token."""

    def __init__(self, labels: Sequence[str], several: bool) -> None:
        super().__init__()
        self._labels, self._several = list(labels), several

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name="text")])
    def classify(self, text: tf.Tensor) -> dict[str, tf.Tensor]:
        found = tf.stack([tf.strings.regex_full_match(text, f".*{label}.*") for label in self._labels], axis=1)
        probabilities = tf.where(found, 0.8, 0.1)
        return {
            "label": tf.gather(tf.constant(self._labels), tf.argmax(probabilities, axis=1)),
            "score": tf.reduce_max(probabilities, axis=1),
            "labels": tf.tile(tf.constant([self._labels]), [tf.shape(text)[0], 1]),
            "probabilities": probabilities,
            **({"chosen": found} if self._several else {}),
        }

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name="text")])
    def tokenize(self, text: tf.Tensor) -> dict[str, tf.Tensor]:
        characters = tf.strings.unicode_split(text, "UTF-8")
        return {
            "length": tf.cast(characters.row_lengths(), tf.int32),
            "unknown": tf.reduce_sum(tf.cast(characters == "?", tf.int32), axis=1),
        }


def write_model(folder: Path, number: int, labels: Sequence[str], several: bool = False) -> standard_artifacts.Model:
    """Writes one as a Model artifact with an id."""
    artifact = standard_artifacts.Model()
    artifact.uri, artifact.id = str(folder), number
    directory = Path(path_utils.serving_model_dir(artifact.uri))
    model = KeywordModel(labels, several)
    tf.saved_model.save(
        model, str(directory), signatures={"serving_default": model.classify, "tokenize": model.tokenize}
    )
    write_labels(directory, labels)
    return artifact
