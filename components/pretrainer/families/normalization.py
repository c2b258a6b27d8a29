"""Layer normalization (Ba et al. 2016, arXiv:1607.06450) whose gradient takes few passes over memory."""

from collections.abc import Callable

import tensorflow as tf
import tf_keras as keras

from components.pretrainer.families.products import sum_rows

Gradient = Callable[[tf.Tensor], tuple[tf.Tensor, tf.Tensor, tf.Tensor]]


def layer_norm(layer: keras.layers.LayerNormalization, rows: tf.Tensor) -> tf.Tensor:
    """What a Keras layer computes on the last dimension.

    All sums of its gradient are products of a matrix and a vector. Those that TensorFlow derives take twice as long.

    Args:
        layer: Has ``gamma`` and ``beta``, shape ``(width,)``, and ``epsilon``.
        rows: float32, shape ``(count, width)``.

    Returns:
        The same shape and dtype.
    """

    @tf.custom_gradient
    def normalize(rows: tf.Tensor, gamma: tf.Tensor, beta: tf.Tensor) -> tuple[tf.Tensor, Gradient]:
        mean, variance = tf.nn.moments(rows, [-1], keepdims=True)
        scale = tf.math.rsqrt(variance + layer.epsilon)
        normal = (rows - mean) * scale

        def gradient(upstream: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
            along = upstream * normal
            share = gamma[:, tf.newaxis] / rows.shape[-1]
            by_rows = scale * (upstream * gamma - tf.matmul(upstream, share) - normal * tf.matmul(along, share))
            return by_rows, sum_rows(along), sum_rows(upstream)

        return normal * gamma + beta, gradient

    return normalize(rows, tf.convert_to_tensor(layer.gamma), tf.convert_to_tensor(layer.beta))
