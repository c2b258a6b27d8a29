"""Products with a bias against Keras' layers, gradients included."""

from types import SimpleNamespace

import numpy as np
import pytest
import tensorflow as tf
import tf_keras as keras

from components.pretrainer.families.products import dense, project, sum_rows

RANDOM = np.random.default_rng(0)
ROWS = RANDOM.normal(size=(24, 6)).astype(np.float32)


def layer(units: int) -> keras.layers.Dense:
    """A dense layer whose bias is not zero."""
    made = keras.layers.Dense(units, bias_initializer=keras.initializers.RandomNormal(seed=units))
    made.build((None, 6))
    return made


def value_and_gradients(function, sources, upstream):
    with tf.GradientTape() as tape:
        tape.watch(sources)
        value = function()
        loss = tf.reduce_sum(value * upstream)
    return [value.numpy(), *(gradient.numpy() for gradient in tape.gradient(loss, sources))]


@pytest.mark.parametrize("xla", [False, True])
def test_layers_side_by_side_compute_what_keras_computes_one_by_one(xla):
    rows, layers = tf.Variable(ROWS), [layer(3), layer(5)]
    sources = [rows, *(weight for each in layers for weight in each.trainable_variables)]
    upstream = RANDOM.normal(size=(24, 8)).astype(np.float32)
    joined = tf.function(lambda: dense(tf.convert_to_tensor(rows), *layers), jit_compile=xla)
    found = value_and_gradients(joined, sources, upstream)
    wanted = value_and_gradients(lambda: tf.concat([each(rows) for each in layers], axis=1), sources, upstream)
    for left, right in zip(found, wanted, strict=True):
        np.testing.assert_allclose(left, right, atol=1e-5)


def test_logits_of_tied_embeddings():
    table, bias = tf.Variable(RANDOM.normal(size=(9, 6)).astype(np.float32)), tf.Variable(np.arange(9.0, dtype="f4"))
    head = SimpleNamespace(input_embeddings=SimpleNamespace(weight=table), bias=bias)
    states = tf.reshape(ROWS, [4, 6, 6])
    upstream = RANDOM.normal(size=(4, 6, 9)).astype(np.float32)
    found = value_and_gradients(lambda: project(head, states), [table, bias], upstream)
    wanted = value_and_gradients(
        lambda: tf.einsum("bsw,vw->bsv", states, tf.convert_to_tensor(table)) + bias, [table, bias], upstream
    )
    for left, right in zip(found, wanted, strict=True):
        np.testing.assert_allclose(left, right, atol=1e-5)


@pytest.mark.parametrize("count", [0, 1, 5000])
def test_rows_are_added_up_in_float32_whatever_their_dtype(count):
    assert sum_rows(tf.ones([count, 3], tf.bfloat16)).numpy().tolist() == pytest.approx([count] * 3, rel=2**-8)
