"""From logits to probabilities, losses and decisions, for one label a text and for several."""

import numpy as np
import tensorflow as tf
import tf_keras
from scipy.special import expit, softmax


def row_losses(targets: tf.Tensor, logits: tf.Tensor, label_smoothing: float = 0.0) -> tf.Tensor:
    """The cross-entropy of each row in nats.

    Args:
        targets: Class numbers, int of shape ``[n]``; or marks of several classes, bool of shape ``[n, classes]``, whose
            binary cross-entropies are averaged over the classes.
        logits: float32 of shape ``[n, classes]``.
        label_smoothing: Share of each target that is spread over all classes, or evenly over yes and no.
    """
    if targets.dtype.is_bool:
        marks = tf.cast(targets, logits.dtype)
        return tf_keras.losses.binary_crossentropy(marks, logits, from_logits=True, label_smoothing=label_smoothing)
    marks = tf.one_hot(tf.cast(targets, tf.int32), logits.shape[-1])
    return tf_keras.losses.categorical_crossentropy(marks, logits, from_logits=True, label_smoothing=label_smoothing)


def probabilities_of(logits: np.ndarray, multi_label: bool) -> np.ndarray:
    """Computes probabilities: sigmoid if a text may have several labels or none, else softmax.

    Args:
        logits: float of shape ``[n, classes]``.
        multi_label: Whether a text may have several labels or none.
    """
    probabilities: np.ndarray = expit(logits) if multi_label else softmax(logits, axis=-1)
    return probabilities


def decide(probabilities: np.ndarray, threshold: float, multi_label: bool) -> np.ndarray:
    """Chooses labels.

    Args:
        probabilities: float of shape ``[n, classes]``.
        threshold: Lowest probability of a label that a text is given, of those of which it may have several.
        multi_label: Whether a text may have several labels or none.

    Returns:
        The most probable classes, int of shape ``[n]``; or marks, bool of shape ``[n, classes]``.
    """
    return probabilities >= threshold if multi_label else probabilities.argmax(axis=-1)
