"""Rates by depth, seen in what a step does to variables."""

import numpy as np
import pytest
import tensorflow as tf

from components.trainer.finetuning.config import UnfreezeConfig
from components.trainer.finetuning.optimizer import LayerwiseAdamW, layer_rates

GRADIENT = tf.constant([3.0, -4.0])


def make(config, names=("low", "middle", "top", "head"), total_steps=10):
    variables = [tf.Variable([1.0, 1.0], name=f"{name}/kernel") for name in names]
    return LayerwiseAdamW([[each] for each in variables[:-1]], variables[-1:], config, total_steps), variables


def config(**settings):
    return UnfreezeConfig(**{"learning_rate": 0.1, "layer_decay": 0.5, "warmup_share": 0, "weight_decay": 0} | settings)


def test_rates_fall_from_the_top():
    assert layer_rates(4, config()) == pytest.approx([0.0125, 0.025, 0.05, 0.1])
    assert layer_rates(3, config(layer_decay=1.0)) == pytest.approx([0.1] * 3)


def test_a_first_step_has_the_size_of_each_depth_s_rate():
    optimizer, variables = make(config(head_learning_rate=0.3))
    optimizer.apply([GRADIENT] * 4)

    moves = [np.abs(variable.numpy() - 1.0) for variable in variables]
    np.testing.assert_allclose(moves, np.repeat([[0.025], [0.05], [0.1], [0.3]], 2, axis=1), rtol=1e-3)


def test_the_head_follows_the_top_layer_unless_said_otherwise():
    optimizer, variables = make(config())
    optimizer.apply([GRADIENT] * 4)

    np.testing.assert_array_equal(variables[-1], variables[-2])


def test_every_depth_warms_up_and_falls_to_zero():
    optimizer, _ = make(config(warmup_share=0.5))
    rates = []
    for _ in range(11):
        optimizer.apply([GRADIENT] * 4)
        rates.append([float(each.learning_rate) for each in optimizer.optimizers])

    np.testing.assert_allclose(np.array(rates)[[0, 5, 10]], [[0] * 4, [0.025, 0.05, 0.1, 0.1], [0] * 4], atol=1e-8)


def test_decay_follows_the_rate_and_spares_biases():
    optimizer, variables = make(config(weight_decay=0.5), ["low", "top/bias", "head"])
    optimizer.apply([tf.zeros(2)] * 3)

    np.testing.assert_allclose([variable[0] for variable in variables], [1 - 0.05 * 0.5, 1.0, 1 - 0.1 * 0.5], rtol=1e-6)


def test_clipping_is_by_the_norm_over_all_depths():
    optimizer, variables = make(config(clip_norm=1.0))
    optimizer.apply([GRADIENT] * 4)  # of norm 10 together

    for each in optimizer.optimizers:
        momentum = next(variable for variable in each.variables if variable.name.startswith("m/"))
        np.testing.assert_allclose(momentum, 0.1 * GRADIENT / 10.0, rtol=1e-5)
    assert len(optimizer.targets) == len(variables)


def test_what_the_optimizers_keep_is_in_a_checkpoint(tmp_path):
    def make_one():
        return make(config(warmup_share=0.5))

    (first, trained), (second, restored) = make_one(), make_one()
    first.apply([GRADIENT] * 4)
    path = tf.train.Checkpoint(optimizer=first, variables=trained).save(str(tmp_path / "step"))
    tf.train.Checkpoint(optimizer=second, variables=restored).restore(path).assert_consumed()
    for optimizer in (first, second):
        optimizer.apply([-GRADIENT] * 4)

    np.testing.assert_array_equal(trained, restored)
