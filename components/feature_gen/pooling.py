"""Pooling of token vectors, used by FeatureGen and by the served model alike."""

import tensorflow as tf

from components.feature_gen.config import Pooling


def pool(hidden: tf.Tensor, mask: tf.Tensor, pooling: Pooling) -> tf.Tensor | tuple[tf.Tensor, tf.Tensor]:
    """Makes what a head reads of a sequence of token vectors; padding never counts.

    Args:
        hidden: Token vectors, float of shape ``[batch, length, width]``.
        mask: True for real tokens, bool of shape ``[batch, length]``; every row has a real token at position
            0.
        pooling: ``cls``, ``mean``, ``max``, ``cls_mean`` or ``tokens``.

    Returns:
        A tensor of ``hidden``'s dtype and shape ``[batch, width]``; twice as wide for ``cls_mean``. For
        ``tokens`` the pair ``hidden`` and ``mask``.

    Example:
        >>> hidden = tf.constant([[[1.0, 4.0], [3.0, 2.0], [9.0, 9.0]]])
        >>> pool(hidden, tf.constant([[True, True, False]]), "mean").numpy().tolist()
        [[2.0, 3.0]]
    """
    if pooling == "tokens":
        return hidden, mask
    if pooling == "cls":
        return hidden[:, 0]
    if pooling == "mean":
        return _mean(hidden, mask)
    if pooling == "max":
        return tf.reduce_max(tf.where(mask[:, :, tf.newaxis], hidden, hidden.dtype.min), axis=1)
    return tf.concat([hidden[:, 0], _mean(hidden, mask)], axis=-1)


def _mean(hidden: tf.Tensor, mask: tf.Tensor) -> tf.Tensor:
    weights = tf.cast(mask, hidden.dtype)[:, :, tf.newaxis]
    return tf.reduce_sum(hidden * weights, axis=1) / tf.reduce_sum(weights, axis=1)
