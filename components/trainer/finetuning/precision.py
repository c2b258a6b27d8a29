"""The arithmetic that the encoder computes in while it is trained; what is served computes in float32."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import tensorflow as tf
from transformers import TFPreTrainedModel

from components.feature_gen.encoder import load_encoder
from components.training.arithmetic import Precision, keras_precision


@contextmanager
def computing_in(
    precision: Precision, encoder: TFPreTrainedModel, directory: str | Path, strategy: tf.distribute.Strategy
) -> Iterator[TFPreTrainedModel]:
    """Gives an encoder that computes in another arithmetic; at the end its weights are those of the given one too.

    Keras fixes the arithmetic of a layer when it is made, so this is a second model with the same weights, which
    are float32 in both.

    Args:
        precision: The arithmetic of the layers.
        encoder: Computes in float32.
        directory: The Backbone artifact that it was loaded from.
        strategy: Where it was loaded, and where the other one is to be trained.

    Returns:
        For ``float32`` the encoder itself.
    """
    if precision == "float32":
        yield encoder
        return
    with keras_precision(precision), strategy.scope():
        other = load_encoder(directory)
    other.set_weights(encoder.get_weights())
    yield other
    encoder.set_weights(other.get_weights())
