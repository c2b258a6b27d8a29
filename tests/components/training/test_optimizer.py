import numpy as np
import pytest
import tensorflow as tf

from components.training.optimizer import WarmupDecay, adamw


def rates(schedule: WarmupDecay, *steps: int) -> list[float]:
    return [float(schedule(step)) for step in steps]


def test_share_of_warmup():
    schedule = WarmupDecay(peak=2.0, total_steps=100, warmup_share=0.2)
    assert rates(schedule, 0, 10, 20, 60, 100, 120) == pytest.approx([0, 1, 2, 1, 0, 0])


def test_steps_of_warmup_replace_the_share():
    schedule = WarmupDecay(peak=1.0, total_steps=50, warmup_share=0.5, warmup_steps=10)
    assert rates(schedule, 5, 10, 30) == pytest.approx([0.5, 1, 0.5])


def test_without_warmup():
    assert rates(WarmupDecay(peak=1.0, total_steps=4), 0, 1, 4) == pytest.approx([1, 0.75, 0])


def test_the_end_moves():
    schedule = WarmupDecay(peak=1.0, total_steps=None, warmup_share=0.5)
    assert float(schedule(10)) < 1e-6
    schedule.move_end(20)
    assert rates(schedule, 5, 10, 15) == pytest.approx([0.5, 1, 0.5])


def test_cosine():
    schedule = WarmupDecay(peak=2.0, total_steps=100, warmup_steps=20, decay="cosine")
    assert rates(schedule, 0, 10, 20, 60, 100, 120) == pytest.approx([0, 1, 2, 1, 0, 0], abs=1e-6)
    assert rates(schedule, 40, 80) == pytest.approx([1 + np.sqrt(0.5), 1 - np.sqrt(0.5)])


def test_the_schedule_can_be_made_again():
    schedule = WarmupDecay(peak=2.0, total_steps=100, warmup_steps=20, decay="cosine")
    assert rates(WarmupDecay(**schedule.get_config()), 5, 40) == rates(schedule, 5, 40)


def one_step(gradient: list[float], weight_decay: float, clip_norm: float | None, name: str = "kernel"):
    variable = tf.Variable([1.0, 1.0], name=name)
    optimizer = adamw(WarmupDecay(0.1, 10), weight_decay, clip_norm)
    optimizer.apply_gradients([(tf.constant(gradient), variable)])
    return variable.numpy(), optimizer


def test_first_adam_step_has_the_size_of_the_rate():
    moved, _ = one_step([3.0, -0.5], weight_decay=0.0, clip_norm=None)
    assert moved == pytest.approx([0.9, 1.1], abs=1e-5)


def test_decay_is_decoupled_from_the_gradient():
    moved, _ = one_step([0.0, 0.0], weight_decay=0.5, clip_norm=None)
    assert moved == pytest.approx([0.95, 0.95])  # 1 - rate 0.1 * decay 0.5


@pytest.mark.parametrize("name", ["dense/bias", "output/LayerNorm/gamma", "LayerNorm/beta"])
def test_biases_and_layer_norm_are_spared(name):
    moved, _ = one_step([0.0, 0.0], weight_decay=0.5, clip_norm=None, name=name)
    assert moved == pytest.approx([1.0, 1.0])


def test_clipping_is_by_the_global_norm():
    _, optimizer = one_step([3.0, 4.0], weight_decay=0.0, clip_norm=1.0)
    momentum = next(v for v in optimizer.variables if "/m/" in v.name)
    assert momentum.numpy() == pytest.approx(np.array([0.06, 0.08]))  # (1 - beta_1) * gradient / 5


def test_loss_scaling_falls_where_gradients_overflow_and_changes_nothing():
    variable = tf.Variable([1.0, 1.0])
    optimizer = adamw(WarmupDecay(0.1, 10), 0.0, None, loss_scaling=True)
    before = float(optimizer.loss_scale)
    for gradient in ([np.inf, 1.0], [3.0, -0.5]):
        with tf.GradientTape() as tape:
            loss = optimizer.get_scaled_loss(tf.reduce_sum(variable * gradient))
        unscaled = optimizer.get_unscaled_gradients(tape.gradient(loss, [variable]))
        optimizer.apply_gradients(zip(unscaled, [variable], strict=True))
        if gradient[0] == np.inf:
            assert variable.numpy().tolist() == [1.0, 1.0]
            assert float(optimizer.loss_scale) == before / 2
    step = 0.09 * (0.1 / 0.19) / np.sqrt(0.001 / 0.001999)  # Adam's second, with the gradient of one
    assert variable.numpy() == pytest.approx([1 - step, 1 + step], abs=1e-4)
    assert int(optimizer.iterations) == 2
