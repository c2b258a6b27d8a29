"""Each failure is a real one: the process' own limits, and numbers that do overflow."""

import errno
import resource
from contextlib import contextmanager

import numpy as np
import pytest
import tensorflow as tf

from components.errors import TfxBertError
from components.training.failures import DivergedError, Remedies, check_loss, explained
from tests.components.training.small import Regression, batches, train

REMEDIES = Remedies(divergence="a lower rate", memory="a smaller batch")


@contextmanager
def limit(what, value):
    soft, hard = resource.getrlimit(what)
    resource.setrlimit(what, (value, hard))
    try:
        yield
    finally:
        resource.setrlimit(what, (soft, hard))


def good_checkpoint(directory):
    """Loads the last checkpoint alone: its optimizer's step number, with all weights finite."""
    path = tf.train.latest_checkpoint(str(directory))
    reader = tf.train.load_checkpoint(path)
    names = reader.get_variable_to_shape_map()
    values = {name: reader.get_tensor(name) for name in names if reader.get_variable_to_dtype_map()[name].is_floating}
    assert all(np.isfinite(value).all() for value in values.values())
    (step,) = (reader.get_tensor(name) for name in names if "iterations" in name)
    return int(step)


@pytest.mark.slow
def test_a_loss_that_is_not_finite(tmp_path):
    def stream(first_step):
        return batches(first_step, factor=lambda step: np.nan if step == 7 else 1.0)

    with pytest.raises(TfxBertError) as error:
        train(tmp_path, stream=stream)
    assert str(error.value) == (
        "training diverged: the loss is nan at step 8; try a lower key.learning_rate; "
        "the last good checkpoint is of step 7"
    )
    assert good_checkpoint(tmp_path) == 7


@pytest.mark.slow
def test_weights_that_are_not_finite_are_not_saved(tmp_path):
    """The loss of the step that spoils the weights is still finite: it is computed before."""

    class Spoiled(Regression):
        def train_step(self, batch):
            result = super().train_step(batch)
            kernel = self.trainable_variables[0]
            kernel.assign(tf.where(self.optimizer.iterations >= 4, np.inf, kernel))
            return result

    import tests.components.training.small as small

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(small, "Regression", Spoiled)
        with pytest.raises(TfxBertError, match=r"kernel:0 is not finite at step 4; .* checkpoint is of step 3"):
            train(tmp_path)
    assert good_checkpoint(tmp_path) == 3


@pytest.mark.slow
def test_a_full_disk(tmp_path):
    def stream(first_step):
        def factor(step):
            if step == 6:  # a limit for files does to a write what a full disk does
                resource.setrlimit(resource.RLIMIT_FSIZE, (1000, resource.getrlimit(resource.RLIMIT_FSIZE)[1]))
            return 1.0

        return batches(first_step, factor)

    unlimited, _ = resource.getrlimit(resource.RLIMIT_FSIZE)
    with limit(resource.RLIMIT_FSIZE, unlimited), pytest.raises(TfxBertError) as error:
        train(tmp_path, stream=stream)
    assert "the disk is full: " in str(error.value)
    assert "free some space, and the same command goes on; the last good checkpoint is of step" in str(error.value)
    saved = good_checkpoint(tmp_path)
    assert 0 < saved <= 7
    _, history = train(tmp_path)
    np.testing.assert_allclose(history["loss"], train(None)[1]["loss"], rtol=1e-5)


@pytest.mark.slow
def test_out_of_memory(tmp_path):
    """Step 7 asks for 40 GB in a process that may have 2 GB more than it has."""
    with open("/proc/self/statm") as file:
        used = int(file.read().split()[0]) * resource.getpagesize()

    def stream(first_step):
        return batches(first_step, memory=lambda step: 100_000 if step == 7 else 1)

    with limit(resource.RLIMIT_AS, used + (2 << 30)), pytest.raises(TfxBertError) as error:
        train(tmp_path, stream=stream)
    assert "out of memory: 40 GB were asked for, and there are" in str(error.value)
    assert "try a smaller key.batch_size; the last good checkpoint is of step 7" in str(error.value)
    assert good_checkpoint(tmp_path) == 7


@pytest.mark.parametrize("loss", [float("nan"), float("inf"), float("-inf")])
def test_losses_that_are_not_numbers(loss):
    with pytest.raises(DivergedError, match="at step 3"):
        check_loss(loss, 3)
    check_loss(1e30, 3)


@pytest.mark.parametrize(
    "error",
    [
        tf.errors.ResourceExhaustedError(None, None, "ckpt-3; No space left on device"),
        OSError(errno.ENOSPC, "No space left on device"),
        OSError(errno.EDQUOT, "Disk quota exceeded"),
    ],
)
def test_a_full_disk_is_not_taken_for_too_little_memory(error):
    with (
        pytest.raises(TfxBertError, match=r"the disk is full: .*; free some space.*of step 3"),
        explained(REMEDIES, lambda: 3),
    ):
        raise error


def test_where_nothing_is_ever_saved_no_checkpoint_is_spoken_of():
    with pytest.raises(TfxBertError) as error, explained(REMEDIES):
        check_loss(float("nan"), 3)
    assert str(error.value) == "training diverged: the loss is nan at step 3; try a lower rate"


def test_without_a_checkpoint_it_is_said():
    said = r"out of memory: memory was asked for, and there are .* free \(.*\); try a smaller batch; there is no check"
    with pytest.raises(TfxBertError, match=said), explained(REMEDIES, lambda: None):
        raise MemoryError


def test_other_errors_pass():
    with pytest.raises(FileNotFoundError), explained(REMEDIES, lambda: 1):
        raise FileNotFoundError
    with pytest.raises(tf.errors.InvalidArgumentError), explained(REMEDIES, lambda: 1):
        tf.reshape([1, 2], [3])
