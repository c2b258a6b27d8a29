"""A feature that hardly varies must not be blown up."""

import numpy as np
import tensorflow as tf

from components.trainer.config import TrainerConfig
from components.trainer.head import build_head
from components.trainer.standardizing import floored_variance


def test_only_variances_far_below_the_others_are_raised():
    variance = np.array([0.0, 1e-12, 0.5, 1.5, 2.0])

    np.testing.assert_allclose(floored_variance(variance), [0.008, 0.008, 0.5, 1.5, 2.0])


def test_a_feature_that_was_constant_moves_the_logits_no_more_than_others_do():
    features = np.random.default_rng(0).normal(size=(200, 4)).astype(np.float32)
    features[:, 2] = 0.25
    head = build_head(features, 2, TrainerConfig())
    moved = features[:1].copy()
    moved[0, 2] += 0.1

    change = tf.reduce_max(tf.abs(head(moved, training=False) - head(features[:1], training=False)))

    assert 0 < change < 5
