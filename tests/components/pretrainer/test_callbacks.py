import json
import math
import types

import pytest
import tensorflow as tf

from components import progress
from components.pretrainer.callbacks import BestEpoch, EpochRecord, Pace, perplexity
from components.training.optimizer import WarmupDecay


class Rehearsal:
    """Plays training to a `Pace`: the first execution takes 20 seconds, every other 5; each is 10 steps."""

    def __init__(self, total_steps: int | None, minutes: float | None) -> None:
        self.now = 1000.0
        self.waited = 7.0
        self.iterations = tf.Variable(0, dtype=tf.int64)
        self.schedule = WarmupDecay(1.0, total_steps, warmup_share=0.1)
        self.pace = Pace(
            self.schedule, total_steps, minutes, tokens_a_step=100, waited=lambda: self.waited, clock=lambda: self.now
        )
        optimizer = types.SimpleNamespace(iterations=self.iterations)
        self.pace.set_model(types.SimpleNamespace(optimizer=optimizer, stop_training=False))

    def execute(self) -> None:
        self.pace.on_train_batch_begin(0)
        self.waited += 1 if self.iterations.numpy() else 10
        self.now += 5 if self.iterations.numpy() else 20
        self.iterations.assign_add(10)
        self.pace.on_train_batch_end(0, {"loss": 1.5})

    def until_it_stops(self) -> int:
        while not self.pace.model.stop_training:
            self.execute()
        return self.pace.steps


def test_steps_end_training():
    assert Rehearsal(total_steps=35, minutes=None).until_it_stops() == 35


def test_time_ends_training():
    assert Rehearsal(total_steps=None, minutes=2).until_it_stops() == 210  # 10 in 20 s, then 2 a second for 100 s


@pytest.mark.parametrize(("total", "steps"), [(100, 100), (300, 210)])
def test_the_first_limit_counts(total, steps):
    assert Rehearsal(total_steps=total, minutes=2).until_it_stops() == steps


def test_the_rate_follows_the_time():
    rehearsal = Rehearsal(total_steps=None, minutes=2)
    rehearsal.execute()
    assert float(rehearsal.schedule(10)) < 1e-6  # the speed is not known yet
    rehearsal.execute()
    assert float(rehearsal.schedule.end.numpy()) == 210
    assert float(rehearsal.schedule(20)) == pytest.approx(20 / 21)
    rehearsal.until_it_stops()
    assert float(rehearsal.schedule(210)) == 0


def test_steps_that_time_allows_do_not_move_a_nearer_end():
    rehearsal = Rehearsal(total_steps=100, minutes=2)
    rehearsal.until_it_stops()
    assert float(rehearsal.schedule.end.numpy()) == 100


def test_the_time_that_was_used_before_a_crash_counts():
    """Half of two minutes is over, then the process is another one, which compiles anew."""
    before = Rehearsal(total_steps=None, minutes=2)
    while before.pace.elapsed() < 60:
        before.execute()
    state = json.loads(json.dumps(before.pace.state()))

    after = Rehearsal(total_steps=None, minutes=2)
    after.now = 5000.0
    after.iterations.assign(before.iterations)
    after.pace.resume(state)
    assert after.pace.elapsed() == 60
    assert float(after.schedule.end.numpy()) == float(before.schedule.end.numpy()) == 210
    assert after.until_it_stops() == 210  # 60 s at 2 steps a second
    assert after.pace.elapsed() == pytest.approx(120)
    assert after.pace.timed_steps == 190  # all but each process' first execution
    assert after.pace.tokens_per_second() == 200


def test_speed_leaves_compiling_out():
    rehearsal = Rehearsal(total_steps=50, minutes=None)
    rehearsal.execute()
    assert rehearsal.pace.tokens_per_second() == 0
    rehearsal.until_it_stops()
    assert rehearsal.pace.tokens_per_second() == 200  # 2 steps a second of 100 tokens
    assert rehearsal.pace.compile_seconds == 20


def test_the_wait_for_data_is_a_share_of_the_same_executions():
    rehearsal = Rehearsal(total_steps=50, minutes=None)
    rehearsal.execute()
    assert rehearsal.pace.data_wait_share() == 0
    rehearsal.waited += 100  # between executions nobody waits: evaluation, callbacks
    rehearsal.until_it_stops()
    assert rehearsal.pace.data_wait_share() == pytest.approx(0.2)  # 1 of 5 seconds each time


class Network:
    """Has weights that tell the epoch."""

    def __init__(self) -> None:
        self.epoch = 0

    def get_weights(self) -> list[int]:
        return [self.epoch]

    def set_weights(self, weights: list[int]) -> None:
        (self.epoch,) = weights


def watch(losses: list[float], patience: int | None) -> tuple[BestEpoch, types.SimpleNamespace]:
    """Epochs with these losses, until training is stopped."""
    callback, model = BestEpoch(patience), types.SimpleNamespace(network=Network(), stop_training=False)
    callback.set_model(model)
    for epoch, loss in enumerate(losses):
        model.network.epoch = epoch + 1
        callback.on_epoch_end(epoch, {"val_loss": loss})
        if model.stop_training:
            break
    callback.last = model.network.epoch
    callback.on_train_end()
    return callback, model


LOSSES = [3.0, 2.0, 2.5, 2.4, 1.0, 1.5]


@pytest.mark.parametrize(
    ("patience", "last", "best", "kept"), [(1, 3, 2, 2), (2, 4, 2, 2), (3, 6, 5, 5), (None, 6, 5, 6)]
)
def test_patience_ends_training_and_keeps_the_best_weights(patience, last, best, kept):
    callback, model = watch(LOSSES, patience)
    assert (callback.last, callback.best, model.network.epoch) == (last, best, kept)


def test_a_loss_that_is_no_number_is_never_the_best():
    callback, model = watch([2.0, math.nan, math.nan, 1.0], patience=3)
    assert callback.best == model.network.epoch == 4
    assert watch([math.nan, math.nan], patience=1)[0].best == 1


def test_progress_is_reported_as_soon_as_the_end_is_known():
    seen = []
    rehearsal = Rehearsal(total_steps=None, minutes=2)
    with progress.listen(lambda *args: seen.append(args)):
        for _ in range(3):
            rehearsal.execute()
    assert seen == [(20, 210, "loss 1.500, 200 tokens/s"), (30, 210, "loss 1.500, 200 tokens/s")]


def test_the_record_of_an_epoch_is_completed():
    rehearsal = Rehearsal(total_steps=35, minutes=None)
    rehearsal.until_it_stops()
    logs = {"loss": math.log(8), "val_loss": math.log(9)}
    EpochRecord(rehearsal.pace).on_epoch_end(0, logs)
    assert logs["perplexity"] == pytest.approx(8)
    assert logs["val_perplexity"] == pytest.approx(9)
    assert (logs["step"], logs["tokens_per_second"]) == (35, 200)
    assert logs["minutes"] == pytest.approx((20 + 3 * 5) / 60)  # the first of four executions compiles


def test_perplexity_does_not_overflow():
    assert perplexity(math.log(50)) == pytest.approx(50)
    assert perplexity(1000) == math.inf
