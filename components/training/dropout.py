"""Dropout that a restarted training repeats exactly."""

from collections.abc import Callable

import tensorflow as tf
import tf_keras as keras
from transformers.models.deberta_v2.modeling_tf_deberta_v2 import TFDebertaV2StableDropout


def set_dropout(model: keras.Model, rate: float) -> None:
    """Changes the share that all dropout layers of a model set to 0; before `seed_dropout`.

    Args:
        model: Built.
        rate: In [0, 1).
    """
    for layer in model.submodules:
        if isinstance(layer, keras.layers.Dropout):
            layer.rate = rate
        elif isinstance(layer, TFDebertaV2StableDropout):
            layer.drop_prob = rate


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
        return drop(inputs, rate, generator) if training and rate else inputs

    return call


def drop(inputs: tf.Tensor, rate: float, generator: tf.random.Generator) -> tf.Tensor:
    """Sets a share of the values to 0 and scales the others up, so that the expected sum stays.

    That is the dropout of Srivastava et al. (2014), with one byte of chance a value, where Keras draws four: drawing
    takes longer than all else that dropout does. So the rate is rounded to a 256th, upwards from 0.

    Args:
        inputs: Values of any shape.
        rate: Share to set to 0, in (0, 1).
        generator: Where chance comes from.

    Returns:
        The same dtype and shape.
    """
    dropped = min(max(round(rate * 256), 1), 255)
    count = tf.size(inputs)
    words = generator.uniform_full_int([(count + 3) // 4], dtype=tf.uint32)
    chances = tf.reshape(tf.reshape(tf.bitcast(words, tf.uint8), [-1])[:count], tf.shape(inputs))
    scale = tf.constant(256 / (256 - dropped), inputs.dtype)
    return tf.where(chances >= dropped, inputs * scale, tf.zeros([], inputs.dtype))
