"""Real processes are killed in the middle of pretraining; what follows must not show it."""

import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from tests.components.training.killed import EPOCHS, STEPS_PER_EPOCH, pretrain_small

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[3]


def train_and_send(number: signal.Signals, folder: Path, after: int) -> tuple[int, str]:
    """Starts training, sends a signal once so many checkpoints were written; gives exit code and output."""
    command = [sys.executable, "-m", "tests.components.training.killed", str(folder)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        while process.poll() is None and saved(folder) < after:
            time.sleep(0.01)
        process.send_signal(number)
        output, _ = process.communicate(timeout=120)
    return process.returncode, output


def saved(folder: Path) -> int:
    """Number of the last checkpoint; 0: there is none."""
    path = tf.train.latest_checkpoint(str(folder / "checkpoints")) or "-0"
    return int(path.rpartition("-")[2])


def test_killed_then_terminated_training_ends_like_an_undisturbed_one(tmp_path, caplog):
    code, _ = train_and_send(signal.SIGKILL, tmp_path, after=5)
    assert code == -signal.SIGKILL
    first = saved(tmp_path)
    assert 5 <= first < EPOCHS * STEPS_PER_EPOCH / 3

    code, output = train_and_send(signal.SIGTERM, tmp_path, after=first + 5)
    assert code == 143, output[-3000:]
    goes_on = int(re.search(r"goes on at step (\d+)", output)[1])
    stops = int(re.search(r"saved at step (\d+)", output)[1])
    assert 0 < goes_on < stops < EPOCHS * STEPS_PER_EPOCH

    caplog.set_level("INFO")
    network, record = pretrain_small(tmp_path, tmp_path / "checkpoints")
    assert f"training goes on at step {stops}" in caplog.text
    expected_network, expected = pretrain_small(tmp_path / "undisturbed", None)
    assert record.history["step"] == expected.history["step"] == [8 * (epoch + 1) for epoch in range(EPOCHS)]
    for name in ("loss", "accuracy", "val_loss", "val_accuracy"):
        np.testing.assert_allclose(record.history[name], expected.history[name], atol=1e-4, err_msg=name)
    assert record.loss == pytest.approx(expected.loss, abs=1e-4)
    for left, right in zip(network.get_weights(), expected_network.get_weights(), strict=True):
        np.testing.assert_allclose(left, right, atol=1e-3)
