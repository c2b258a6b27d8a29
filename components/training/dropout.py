"""Dropout that a restarted training repeats exactly."""

from collections.abc import Callable

import tensorflow as tf
import tf_keras as keras
from transformers.models.deberta_v2.modeling_tf_deberta_v2 import TFDebertaV2StableDropout


def seed_dropout(model: keras.Model, seed: int) -> None:
    """Lets all dropout layers of a model draw from one generator, whose state is saved with the model.

    The ops that Keras uses keep their state in kernels, where no checkpoint reaches it: after a restart the masks of
    the first steps would come again. Keras' own switch to generators leaves their state out of checkpoints and does not
    know DeBERTa's layers. Each replica has a stream of its own.

    Args:
        model: Built; to be called in the scope of the strategy under which the model was made.
        seed: The same seed gives the same masks.
    """
    generator = tf.random.Generator.from_seed(seed, alg="philox")
    model.dropout_generator = generator  # Keras tracks it: the state is in every checkpoint of the model
    for layer in model.submodules:
        if isinstance(layer, keras.layers.Dropout):
            layer.call = _dropout(layer.rate, generator)
        elif isinstance(layer, TFDebertaV2StableDropout):
            layer.call = _dropout(layer.drop_prob, generator)


def _dropout(rate: float, generator: tf.random.Generator) -> Callable[..., tf.Tensor]:
    def call(inputs: tf.Tensor, training: bool | None = None) -> tf.Tensor:
        if not training or not rate:
            return inputs
        return tf.nn.experimental.general_dropout(inputs, rate, uniform_sampler=generator.uniform)

    return call
