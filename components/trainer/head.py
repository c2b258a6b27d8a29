"""The classification head."""

import numpy as np
import tf_keras

from components.trainer.config import TrainerConfig
from components.trainer.standardizing import floored_variance


def build_head(features: np.ndarray, num_classes: int, config: TrainerConfig) -> tf_keras.Model:
    """Builds an untrained head that maps features to logits.

    Args:
        features: The training part, float32 of shape ``[n, width]``; its mean and variance are built in if
            asked for.
        num_classes: Number of classes.
        config: Shape of the head.

    Returns:
        A model from float32 ``[batch, width]`` to logits ``[batch, num_classes]``.
    """
    layers: list[tf_keras.layers.Layer] = [tf_keras.Input((features.shape[1],), dtype="float32")]
    if config.standardize:
        mean, variance = features.mean(axis=0), floored_variance(features.var(axis=0))
        layers.append(tf_keras.layers.Normalization(mean=mean, variance=variance, name="standardize"))
    layers.append(tf_keras.layers.Dropout(config.dropout))
    if config.hidden_units is not None:
        layers.append(tf_keras.layers.Dense(config.hidden_units, activation="gelu", name="hidden"))
        layers.append(tf_keras.layers.Dropout(config.dropout))
    layers.append(tf_keras.layers.Dense(num_classes, name="logits"))
    return tf_keras.Sequential(layers, name="head")
