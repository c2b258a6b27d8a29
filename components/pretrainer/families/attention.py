"""Which positions of a block see each other."""

import tensorflow as tf

from components.backbone.masking import HIDDEN_SCORE


def visible(text_ids: tf.Tensor) -> tf.Tensor:
    """Tells which keys each query sees: those of its own text, and never padding.

    Args:
        text_ids: int32, shape ``(batch, length)``: the number of the text, 0 at padding.

    Returns:
        bool, shape ``(batch, length, length)``: queries, then keys.
    """
    queries, keys = text_ids[:, :, tf.newaxis], text_ids[:, tf.newaxis, :]
    return tf.logical_and(queries == keys, keys > 0)


def additive_mask(text_ids: tf.Tensor) -> tf.Tensor:
    """The same as a term of the attention scores: float32, shape ``(batch, 1, length, length)``."""
    return tf.where(visible(text_ids)[:, tf.newaxis], 0.0, HIDDEN_SCORE)
