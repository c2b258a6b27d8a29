"""Tiny SavedModels with the signatures of the served ones; what they answer can be worked out by hand."""

from collections.abc import Callable
from pathlib import Path

import tensorflow as tf
import tensorflow_text as tf_text

from components.trainer import example_signatures

LABELS = ["グルメ", "携帯電話", "京都", "スポーツ"]
TOKENS = ["寺", "café", "the", "##s", "[UNK]"]

Outputs = dict[str, tf.Tensor]
_TEXT = tf.TensorSpec([None], tf.string, name="text")


def classify(text: tf.Tensor, labels: list[str] | None = None) -> Outputs:
    """A label whose name the text holds gets the logit 2, the others 0; one match has e²/(e²+3) = 0.7112."""
    names = labels or LABELS
    folded = tf_text.case_fold_utf8(tf.strings.unicode_transcode(text, "UTF-8", "UTF-8"))
    found = [tf.strings.regex_full_match(folded, f"(?s).*{name}.*") for name in names]
    probabilities = tf.nn.softmax(2.0 * tf.cast(tf.stack(found, axis=1), tf.float32))
    return answer(probabilities, names)


def answer(probabilities: tf.Tensor, names: list[str]) -> Outputs:
    """The outputs of a classifier for given probabilities."""
    return {
        "label": tf.gather(tf.constant(names), tf.argmax(probabilities, axis=1)),
        "score": tf.reduce_max(probabilities, axis=1),
        "labels": tf.tile(tf.constant([names]), [tf.shape(probabilities)[0], 1]),
        "probabilities": probabilities,
    }


def fill_mask(text: tf.Tensor) -> Outputs:
    """Always the same five tokens, with the scores 0.5, 0.2, 0.1, 0.1 and 0.05."""
    rows = tf.shape(text)[0]
    return {
        "tokens": tf.tile(tf.constant([TOKENS]), [rows, 1]),
        "scores": tf.tile(tf.constant([[0.5, 0.2, 0.1, 0.1, 0.05]]), [rows, 1]),
    }


def tokenize(text: tf.Tensor) -> Outputs:
    """Characters are tokens, their code points the ids."""
    characters = tf.strings.unicode_split(text, "UTF-8")
    ids = tf.strings.unicode_decode(text, "UTF-8")
    return {
        "cleaned": text,
        "ids": ids.to_tensor(0),
        "pieces": characters.to_tensor(""),
        "length": tf.cast(ids.row_lengths(), tf.int32),
        "unknown": tf.zeros([tf.shape(text)[0]], tf.int32),
    }


def save(path: Path, spec: tf.TensorSpec = _TEXT, **signatures: Callable[[tf.Tensor], Outputs]) -> Path:
    """Writes a SavedModel with the given signatures."""
    module = tf.Module()
    functions = {name: tf.function(work, input_signature=[spec]) for name, work in signatures.items()}
    tf.saved_model.save(module, str(path), {n: f.get_concrete_function() for n, f in functions.items()})
    return path


def save_for_examples(path: Path, marked: bool = True) -> Path:
    """A classifier that takes serialized Examples only; ``marked``: with the Classification API's method name."""
    module = tf.Module()
    signatures = {
        example_signatures.TF_EXAMPLE: example_signatures.tf_example(classify),
        example_signatures.CLASSIFY: example_signatures.classification(classify),
    }
    tf.saved_model.save(module, str(path), signatures)
    if marked:
        example_signatures.rename_method(str(path))
    return path


def save_classifier(path: Path) -> Path:
    """A sound classifier."""
    return save(path, serving_default=lambda text: classify(text))


def save_tokens(path: Path) -> Path:
    """A model that shows what it reads, and no more."""
    return save(path, tokenize=tokenize)


def save_fill_mask(path: Path) -> Path:
    """A sound masked language model."""
    return save(path, fill_mask=fill_mask)


def save_whole(path: Path, labels: list[str] | None = None, **more: Callable[[tf.Tensor], Outputs]) -> Path:
    """A classifier with all signatures that a trained one has; ``more`` of texts."""
    module = tf.Module()
    of_texts = {
        "serving_default": lambda text: classify(text, labels),
        "tokenize": tokenize,
        "embed": lambda text: {"embedding": tf.cast(tf.strings.length(text), tf.float32)[:, None] * [[1.0, 2.0]]},
        **more,
    }
    functions = {name: tf.function(work, input_signature=[_TEXT]) for name, work in of_texts.items()}
    module.functions = [*functions.values()]
    signatures = {
        **{name: function.get_concrete_function() for name, function in functions.items()},
        example_signatures.TF_EXAMPLE: example_signatures.tf_example(lambda text: classify(text, labels)),
        example_signatures.CLASSIFY: example_signatures.classification(lambda text: classify(text, labels)),
    }
    tf.saved_model.save(module, str(path), signatures)
    example_signatures.rename_method(str(path))
    return path
