from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
import tf_keras as keras

from components.errors import TfxBertError
from components.pretrainer.callbacks import BestEpoch
from tests.components.training.small import batches, train

pytestmark = pytest.mark.slow


class Crash(keras.callbacks.Callback):
    """Ends the process' work at a step, before the checkpoint that would follow it."""

    def __init__(self, epoch, batch):
        super().__init__()
        self.at = epoch, batch
        self.epoch = 0
        self.seen = []

    def on_epoch_begin(self, epoch, logs=None):
        self.epoch = epoch

    def on_train_batch_end(self, batch, logs=None):
        self.seen.append((self.epoch, batch))
        if (self.epoch, batch) == self.at:
            raise RuntimeError("crash")


def crash(directory, epoch, batch, **options):
    with pytest.raises(RuntimeError, match="crash"):
        train(directory, callbacks=[Crash(epoch, batch)], **options)


def assert_same(left, right):
    (left_model, left_history), (right_model, right_history) = left, right
    assert left_history.keys() == right_history.keys()
    for name in left_history:
        np.testing.assert_allclose(left_history[name], right_history[name], rtol=1e-5, err_msg=name)
    for a, b in zip(left_model.get_weights(), right_model.get_weights(), strict=True):
        np.testing.assert_allclose(a, b, atol=1e-6)


@pytest.mark.parametrize(
    ("epoch", "batch", "steps_per_execution"), [(0, 1, 1), (1, 3, 1), (2, 0, 1), (3, 4, 1), (1, 4, 2), (2, 3, 2)]
)
def test_after_a_crash_all_is_as_if_there_had_been_none(tmp_path, epoch, batch, steps_per_execution):
    undisturbed = train(None, steps_per_execution=steps_per_execution)
    crash(tmp_path, epoch, batch, steps_per_execution=steps_per_execution)
    witness = Crash(-1, -1)
    resumed = train(tmp_path, callbacks=[witness], steps_per_execution=steps_per_execution)
    assert witness.seen[0] == (epoch, batch)  # the execution after the last checkpoint, and not an earlier one
    assert_same(resumed, undisturbed)


def test_two_crashes_in_one_epoch(tmp_path):
    crash(tmp_path, 1, 1)
    crash(tmp_path, 1, 3)
    assert_same(train(tmp_path), train(None))


def test_steps_since_the_last_checkpoint_are_done_again(tmp_path):
    crash(tmp_path, 1, 3, minutes=60)
    witness = Crash(-1, -1)
    resumed = train(tmp_path, callbacks=[witness])
    assert witness.seen[0] == (1, 0)
    assert_same(resumed, train(None))


def test_time_brings_a_checkpoint(tmp_path):
    seconds = [0]

    class Clock(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            seconds[0] += 30

    with pytest.raises(RuntimeError, match="crash"):  # saved at 90 s, at 150 s with the epoch, and at 240 s
        train(tmp_path, callbacks=[Clock(), Crash(1, 4)], minutes=1.25, clock=lambda: seconds[0])
    witness = Crash(-1, -1)
    train(tmp_path, callbacks=[witness])
    assert witness.seen[0] == (1, 3)


def test_early_stopping_keeps_its_patience_and_the_best_weights(tmp_path):
    def worse(first_step):
        return batches(first_step, factor=lambda step: 1.0 if step < 10 else -1.0)

    def stopping():
        return BestEpoch(patience=2)

    undisturbed = train(None, callbacks=[stopping()], stream=worse, epochs=9)
    assert len(undisturbed[1]["loss"]) == 5  # the best epoch is the third
    with pytest.raises(RuntimeError, match="crash"):
        train(tmp_path, callbacks=[stopping(), Crash(3, 1)], stream=worse, epochs=9)
    assert_same(train(tmp_path, callbacks=[stopping()], stream=worse, epochs=9), undisturbed)
    again = Crash(-1, -1)
    assert_same(train(tmp_path, callbacks=[stopping(), again], stream=worse, epochs=9), undisturbed)
    assert again.seen == []  # it had stopped


def test_training_that_had_ended_is_not_repeated(tmp_path):
    first = train(tmp_path)
    witness = Crash(-1, -1)
    assert_same(train(tmp_path, callbacks=[witness]), first)
    assert witness.seen == []


def test_an_unreadable_last_checkpoint_gives_way_to_the_one_before(tmp_path):
    crash(tmp_path, 1, 3)
    data = Path(f"{tf.train.latest_checkpoint(str(tmp_path))}.data-00000-of-00001")
    data.write_bytes(data.read_bytes()[:100])
    witness = Crash(-1, -1)
    resumed = train(tmp_path, callbacks=[witness])
    assert witness.seen[0] == (1, 2)
    assert_same(resumed, train(None))


def test_without_any_readable_checkpoint_the_person_decides(tmp_path):
    crash(tmp_path, 0, 3)
    for index in tmp_path.glob("*.index"):
        index.write_bytes(b"")
    with pytest.raises(TfxBertError, match=f"{tmp_path}: no checkpoint can be read: delete the folder to start anew"):
        train(tmp_path)


def test_a_lack_of_memory_does_not_condemn_a_checkpoint(tmp_path, monkeypatch):
    crash(tmp_path, 1, 3)

    def exhausted(*_):
        raise tf.errors.ResourceExhaustedError(None, None, "OOM when allocating tensor")

    with monkeypatch.context() as patch:
        patch.setattr(tf.train.Checkpoint, "restore", exhausted)
        with pytest.raises(TfxBertError, match=r"out of memory: memory was asked for, and .*; try a smaller key"):
            train(tmp_path)
    assert_same(train(tmp_path), train(None))


def test_two_checkpoints_are_kept(tmp_path):
    train(tmp_path)
    assert len(list(tmp_path.glob("*.index"))) == 2
    assert tf.train.latest_checkpoint(str(tmp_path))
