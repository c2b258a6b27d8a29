"""Attention pooling: learned queries that choose which tokens count."""

import tensorflow as tf
import tf_keras


class AttentionPooling(tf_keras.layers.Layer):
    """Weighs the tokens of a text by their likeness to learned queries and sums them up.

    One query is the word attention of Yang et al. 2016, "Hierarchical Attention Networks for Document
    Classification", section 2.2; several, whose sums stand side by side, are Lin et al. 2017, "A Structured
    Self-attentive Sentence Embedding".

    Example:
        >>> pooling = AttentionPooling(heads=2, units=8)
        >>> pooling(tf.ones([1, 3, 16]), mask=tf.constant([[True, True, False]])).shape.as_list()
        [1, 32]
    """

    def __init__(self, heads: int, units: int) -> None:
        """Makes the layer.

        Args:
            heads: Number of queries.
            units: Width in which queries and tokens are compared.
        """
        super().__init__(name="attention_pooling")
        self._heads = heads
        self._keys = tf_keras.layers.Dense(units, activation="tanh", name="keys")
        self._queries = tf_keras.layers.Dense(heads, use_bias=False, name="queries")

    def call(self, tokens: tf.Tensor, mask: tf.Tensor) -> tf.Tensor:
        """Pools a batch.

        Args:
            tokens: Token vectors, float32 of shape ``[batch, length, width]``.
            mask: True for real tokens, bool of shape ``[batch, length]``; every row has one.

        Returns:
            float32 of shape ``[batch, heads * width]``.
        """
        scores = self._queries(self._keys(tokens))
        weights = tf.nn.softmax(tf.where(mask[:, :, tf.newaxis], scores, scores.dtype.min), axis=1)
        pooled = tf.einsum("blh,blw->bhw", weights, tokens)
        return tf.reshape(pooled, [-1, self._heads * tokens.shape[-1]])
