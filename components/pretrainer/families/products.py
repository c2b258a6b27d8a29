"""Products of two matrices with a bias, whose gradients are products too."""

from collections.abc import Callable

import tensorflow as tf
import tf_keras as keras

ROWS_OF_ONES = 8  # of fewer, XLA on CPUs gives small products to kernels of its own, which compute in float32


def dense(rows: tf.Tensor, *layers: keras.layers.Layer) -> tf.Tensor:
    """What dense layers compute without their activation: of several, side by side, in one product.

    Args:
        rows: Shape ``(count, width)``, in the dtype to compute in.
        layers: Keras' or Hugging Face's, with ``kernel``, shape ``(width, units)``, and ``bias``.

    Returns:
        Shape ``(count, units of all layers)``, the same dtype.
    """
    kernel = tf.concat([tf.cast(layer.kernel, rows.dtype) for layer in layers], axis=1)
    bias = tf.concat([tf.cast(layer.bias, rows.dtype) for layer in layers], axis=0)
    return _add_bias(tf.matmul(rows, kernel), bias)


def project(head: keras.layers.Layer, states: tf.Tensor) -> tf.Tensor:
    """The logits of a vocabulary whose weights are the embeddings.

    Args:
        head: Has ``input_embeddings`` and ``bias``, as Hugging Face's heads have.
        states: Shape ``(batch, slots, width)``, in the dtype to compute in.

    Returns:
        float32, shape ``(batch, slots, vocabulary)``.
    """
    rows = tf.reshape(states, [-1, states.shape[-1]])
    products = tf.matmul(rows, tf.cast(head.input_embeddings.weight, rows.dtype), transpose_b=True)
    logits = tf.cast(_add_bias(products, tf.cast(head.bias, rows.dtype)), tf.float32)
    return tf.reshape(logits, [*tf.unstack(tf.shape(states)[:2]), logits.shape[-1]])


def sum_rows(rows: tf.Tensor) -> tf.Tensor:
    """The sum over the first of two dimensions, as a product with ones.

    That reads the rows once. XLA's own sum writes all of them in float32 first, and takes four times as long on a CPU.
    """
    return tf.matmul(tf.ones([ROWS_OF_ONES, tf.shape(rows)[0]], rows.dtype), rows)[0]


@tf.custom_gradient
def _add_bias(rows: tf.Tensor, bias: tf.Tensor) -> tuple[tf.Tensor, Callable[[tf.Tensor], tuple[tf.Tensor, tf.Tensor]]]:
    return rows + bias, lambda upstream: (upstream, sum_rows(upstream))
