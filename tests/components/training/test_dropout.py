import numpy as np
import pytest
import tensorflow as tf
import tf_keras as keras
from transformers.models.deberta_v2.modeling_tf_deberta_v2 import TFDebertaV2StableDropout

from components.training.dropout import drop, seed_dropout, set_dropout

LAYERS = {"keras": lambda: keras.layers.Dropout(0.25), "deberta": lambda: TFDebertaV2StableDropout(0.25)}


class Model(keras.Model):
    def __init__(self, dropout):
        super().__init__()
        self.dropout = dropout

    def call(self, inputs, training=False):
        return self.dropout(inputs, training=training)


def model_of(layer, seed=3):
    model = Model(LAYERS[layer]())
    seed_dropout(model, seed)
    return model


@pytest.mark.parametrize("layer", LAYERS)
def test_a_share_is_dropped_and_the_mean_stays(layer):
    kept = model_of(layer)(tf.ones([200, 200]), training=True).numpy()
    assert set(np.unique(kept)) == {0.0, np.float32(1 / 0.75)}
    assert kept.mean() == pytest.approx(1, abs=0.02)


@pytest.mark.parametrize("layer", LAYERS)
def test_nothing_is_dropped_in_inference(layer):
    assert (model_of(layer)(tf.ones([20, 20])).numpy() == 1).all()


@pytest.mark.parametrize("jit_compile", [False, True])
@pytest.mark.parametrize("layer", LAYERS)
def test_a_checkpoint_brings_the_masks_back(layer, jit_compile, tmp_path):
    def masks(model, count):
        call = tf.function(lambda: model(tf.ones([8, 8]), training=True), jit_compile=jit_compile)
        return [call().numpy() for _ in range(count)]

    model = model_of(layer)
    masks(model, 2)
    path = tf.train.Checkpoint(model=model).write(str(tmp_path / "checkpoint"))
    third, fourth = masks(model, 2)
    assert not np.array_equal(third, fourth)
    other = model_of(layer, seed=4)
    tf.train.Checkpoint(model=other).read(path).assert_existing_objects_matched()
    np.testing.assert_array_equal(masks(other, 2), [third, fourth])


def test_the_same_seed_gives_the_same_masks():
    first, second, other = (model_of("keras", seed)(tf.ones([9, 9]), training=True).numpy() for seed in (3, 3, 4))
    np.testing.assert_array_equal(first, second)
    assert not np.array_equal(first, other)


@pytest.mark.parametrize("shape", [(7,), (5, 3, 11)])
@pytest.mark.parametrize("dtype", [tf.float32, tf.bfloat16])
def test_any_shape_and_dtype(shape, dtype):
    generator = tf.random.Generator.from_seed(0, alg="philox")
    kept = drop(tf.ones(shape, dtype), 0.5, generator)
    assert kept.dtype == dtype and kept.shape == shape
    assert set(np.unique(kept.numpy().astype(np.float32))) <= {0.0, 2.0}


@pytest.mark.parametrize("rate", [0.001, 0.1, 0.9, 0.999])
def test_the_expected_sum_stays_at_any_rate(rate):
    generator = tf.random.Generator.from_seed(0, alg="philox")
    kept = drop(tf.ones([1000, 1000]), rate, generator).numpy()
    assert (kept == 0).mean() == pytest.approx(min(max(round(rate * 256), 1), 255) / 256, abs=0.002)
    assert kept.mean() == pytest.approx(1, abs=0.05)


@pytest.mark.parametrize("layer", LAYERS)
def test_the_rate_can_be_changed_before_seeding(layer):
    model = Model(LAYERS[layer]())
    set_dropout(model, 0.5)
    seed_dropout(model, 3)
    kept = model(tf.ones([200, 200]), training=True).numpy()
    assert set(np.unique(kept)) == {0.0, 2.0}
    assert kept.mean() == pytest.approx(1, abs=0.02)
