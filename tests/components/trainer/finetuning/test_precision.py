"""The encoder in another arithmetic, and back."""

import numpy as np
import pytest
import tensorflow as tf
import tf_keras

from components.feature_gen.encoder import encode, load_encoder
from components.trainer.finetuning.precision import computing_in
from tests.components import tiny
from tests.components.trainer.finetuning.test_stage import config, fresh_head, run, values

pytestmark = pytest.mark.slow

STRATEGY = tf.distribute.get_strategy()


@pytest.fixture(scope="module")
def backbone(tmp_path_factory):
    return tiny.write_backbone(tmp_path_factory.mktemp("precision") / "backbone")


def vectors(encoder):
    return encode(encoder, tf.constant([[2, 9, 30, 3], [2, 5, 3, 0]]), tf.constant([4, 3]), "mean")


def test_in_float32_it_is_the_encoder_itself(backbone):
    encoder = load_encoder(backbone)
    with computing_in("float32", encoder, backbone, STRATEGY) as trained:
        assert trained is encoder


def test_other_arithmetic_same_weights(backbone):
    encoder = load_encoder(backbone)
    with computing_in("bfloat16", encoder, backbone, STRATEGY) as trained:
        assert trained.compute_dtype == "bfloat16"
        assert {variable.dtype for variable in trained.variables} == {tf.float32}
        found = vectors(trained)
        assert found.dtype == tf.float32
        assert 1e-6 < np.abs(found - vectors(encoder)).max() < 0.1
        trained.variables[0].assign_add(tf.ones_like(trained.variables[0]))
    assert encoder.compute_dtype == "float32" and tf_keras.mixed_precision.global_policy().name == "float32"
    for left, right in zip(encoder.variables, trained.variables, strict=True):
        np.testing.assert_array_equal(left, right)


@pytest.mark.parametrize(("learning_rate", "kept"), [(1e-2, True), (1e-12, False)])
def test_what_is_learned_comes_back_and_else_every_bit(backbone, learning_rate, kept):
    encoder, head = load_encoder(backbone), fresh_head()
    before = values((encoder, head))

    with computing_in("bfloat16", encoder, backbone, STRATEGY) as trained:
        result = run((trained, head), config(learning_rate=learning_rate, patience=2))

    assert (result.precision, result.kept) == ("bfloat16", kept)
    assert not kept or result.best.weighted_f1 > max(0.8, result.before.weighted_f1 + 0.2)
    same = [np.array_equal(left, right) for left, right in zip(before, values((encoder, head)), strict=True)]
    assert all(same) != kept
