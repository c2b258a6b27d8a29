"""The classification heads."""

import numpy as np
import tensorflow as tf
import tf_keras

from components.feature_gen.sequences import Features, TokenSequences
from components.trainer.attention import AttentionPooling
from components.trainer.config import TrainerConfig
from components.trainer.standardizing import floored_variance


def build_head(features: Features, num_classes: int, config: TrainerConfig) -> tf_keras.Model:
    """Builds an untrained head that maps features to logits.

    Args:
        features: The training part, float32 of shape ``[n, width]`` for the dense head, else ``n`` sequences of
            token vectors; mean and variance of each feature are built in if asked for.
        num_classes: Number of classes.
        config: Shape of the head.

    Returns:
        A model that gives logits ``[batch, num_classes]``, from float32 ``[batch, width]`` or from a pair: tokens,
        float32 ``[batch, length, width]``, and a mask, bool ``[batch, length]``, True for real tokens, of which
        every row has one. What is in padding, and how much there is, changes nothing.
    """
    if isinstance(features, TokenSequences):
        inputs = (
            tf_keras.Input((None, features.width), dtype="float32", name="tokens"),
            tf_keras.Input((None,), dtype="bool", name="mask"),
        )
        tokens, mask = inputs
        pooled = _pooling(config)(_prepared(tokens, features, config), mask=mask)
        hidden = tf_keras.layers.Dropout(config.dropout)(pooled)
    else:
        inputs = tf_keras.Input((features.shape[1],), dtype="float32", name="features")
        hidden = _prepared(inputs, features, config)
    if config.hidden_units is not None:
        hidden = tf_keras.layers.Dense(config.hidden_units, activation="gelu", name="hidden")(hidden)
        hidden = tf_keras.layers.Dropout(config.dropout)(hidden)
    return tf_keras.Model(inputs, tf_keras.layers.Dense(num_classes, name="logits")(hidden), name="head")


def _prepared(inputs: tf.Tensor, features: Features, config: TrainerConfig) -> tf.Tensor:
    if config.standardize:
        mean, variance = _moments(features)
        layer = tf_keras.layers.Normalization(mean=mean, variance=floored_variance(variance), name="standardize")
        inputs = layer(inputs)
    return tf_keras.layers.Dropout(config.dropout)(inputs)


def _moments(features: Features) -> tuple[np.ndarray, np.ndarray]:
    if isinstance(features, TokenSequences):
        return features.moments()
    return features.mean(axis=0), features.var(axis=0)


def _pooling(config: TrainerConfig) -> tf_keras.layers.Layer:
    if config.head == "attention":
        return AttentionPooling(config.attention_heads, config.attention_units)
    # Not the layer LSTM: the graph that it keeps for cuDNN beside the plain one makes XLA crash on CPU (TensorFlow
    # 2.16), and the cell alone was as fast there.
    cell = tf_keras.layers.LSTMCell(config.lstm_units)
    return tf_keras.layers.Bidirectional(tf_keras.layers.RNN(cell), name="bilstm")
