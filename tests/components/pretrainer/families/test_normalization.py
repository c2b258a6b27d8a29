"""Layer normalization against Keras' layer, gradients included."""

import numpy as np
import pytest
import tensorflow as tf
import tf_keras as keras

from components.pretrainer.families.normalization import layer_norm

RANDOM = np.random.default_rng(0)


@pytest.mark.parametrize("xla", [False, True])
@pytest.mark.parametrize("offset", [0.0, 100.0])  # far from 0 a variance as a difference of squares would be wrong
def test_values_and_gradients_are_those_of_keras(xla, offset):
    layer = keras.layers.LayerNormalization(
        epsilon=1e-12,
        beta_initializer=keras.initializers.RandomNormal(seed=1),
        gamma_initializer=keras.initializers.RandomUniform(0.5, 2, seed=2),
    )
    rows = tf.Variable(RANDOM.normal(offset, 3, (24, 16)).astype(np.float32))
    layer.build(rows.shape)
    upstream = RANDOM.normal(size=(24, 16)).astype(np.float32)
    sources = [rows, *layer.trainable_variables]

    def value_and_gradients(normalize) -> list[np.ndarray]:
        with tf.GradientTape() as tape:
            value = normalize(tf.convert_to_tensor(rows))
            loss = tf.reduce_sum(value * upstream)
        return [value.numpy(), *(gradient.numpy() for gradient in tape.gradient(loss, sources))]

    ours = tf.function(lambda values: layer_norm(layer, values), jit_compile=xla)
    for left, right in zip(value_and_gradients(ours), value_and_gradients(layer), strict=True):
        np.testing.assert_allclose(left, right, atol=2e-4)
