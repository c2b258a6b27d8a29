"""Real processes are killed in the middle of a training; what follows must not show it."""

import re
import signal

import numpy as np
import pytest

from tests.components import tiny
from tests.components.trainer.finetuning import killed as second_stage
from tests.components.training import killed as pretraining
from tests.components.training.processes import saved, train_and_send

pytestmark = pytest.mark.slow


def kill_then_terminate(module, folder, caplog):
    """Kills a training, then ends another that went on from there with SIGTERM; gives where it stopped."""
    steps = module.EPOCHS * module.STEPS_PER_EPOCH
    code, _ = train_and_send(signal.SIGKILL, module.__name__, folder, after=5)
    assert code == -signal.SIGKILL
    first = saved(folder)
    assert 5 <= first < steps / 3

    code, output = train_and_send(signal.SIGTERM, module.__name__, folder, after=first + 5)
    assert code == 143, output[-3000:]
    goes_on = int(re.search(r"goes on at step (\d+)", output)[1])
    stops = int(re.search(r"saved at step (\d+)", output)[1])
    assert 0 < goes_on < stops < steps
    caplog.set_level("INFO")
    return stops


def test_pretraining_ends_like_an_undisturbed_one(tmp_path, caplog):
    stops = kill_then_terminate(pretraining, tmp_path, caplog)
    network, record = pretraining.pretrain_small(tmp_path, tmp_path / "checkpoints")
    assert f"training goes on at step {stops}" in caplog.text
    expected_network, expected = pretraining.pretrain_small(tmp_path / "undisturbed", None)
    assert (
        record.history["step"] == expected.history["step"] == [8 * (epoch + 1) for epoch in range(pretraining.EPOCHS)]
    )
    for name in ("loss", "accuracy", "val_loss", "val_accuracy"):
        np.testing.assert_allclose(record.history[name], expected.history[name], atol=1e-4, err_msg=name)
    assert record.loss == pytest.approx(expected.loss, abs=1e-4)
    for left, right in zip(network.get_weights(), expected_network.get_weights(), strict=True):
        np.testing.assert_allclose(left, right, atol=1e-3)


def test_the_second_stage_ends_like_an_undisturbed_one(tmp_path, caplog):
    tiny.write_backbone(tmp_path / "backbone")
    stops = kill_then_terminate(second_stage, tmp_path, caplog)
    result, weights = second_stage.tune_small(tmp_path, tmp_path / "checkpoints")
    assert f"training goes on at step {stops}" in caplog.text
    expected, expected_weights = second_stage.tune_small(tmp_path, None)
    assert (result.best_epoch, result.before) == (expected.best_epoch, expected.before)
    assert result.kept
    for name, series in expected.history.items():
        np.testing.assert_allclose(result.history[name], series, atol=1e-4, err_msg=name)
    for left, right in zip(weights, expected_weights, strict=True):
        np.testing.assert_allclose(left, right, atol=1e-3)
