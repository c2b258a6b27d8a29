"""Watches training: how fast it is, how far it is, when it is time to stop."""

import math
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import tf_keras as keras

from components import progress
from components.training.optimizer import UNKNOWN_END, WarmupDecay


class Pace(keras.callbacks.Callback):
    """Reports progress, measures speed, and ends training at the step or time limit.

    Where time is the limit that comes first, the end of the learning-rate schedule follows the estimate of
    the last step, so that the rate is near 0 when the time is over.

    Attributes:
        steps: Training steps done; steps after the end of the schedule, which change nothing, are not
            counted.
        step_seconds: Time of training executions, the first one (which compiles) and evaluation left out.
        timed_steps: Steps in ``step_seconds``.
        compile_seconds: Time of the first execution.
        wait_seconds: Time in ``step_seconds`` in which there was no data.
    """

    def __init__(
        self,
        schedule: WarmupDecay,
        total_steps: int | None,
        minutes: float | None,
        tokens_a_step: float,
        waited: Callable[[], float],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Starts the clock.

        Args:
            schedule: The learning rate, moved with the estimated end.
            total_steps: Number of steps to end at; None: no limit.
            minutes: Time to end at, counted from now; None: no limit.
            tokens_a_step: Useful tokens in a step, for the speed.
            waited: Gives the seconds that training has waited for data so far.
            clock: Gives the time in seconds.
        """
        super().__init__()
        self.schedule = schedule
        self.total_steps = total_steps
        self.limit = None if minutes is None else minutes * 60
        self.tokens_a_step = tokens_a_step
        self._waited = waited
        self._clock = clock
        self.steps = 0
        self.step_seconds = 0.0
        self.timed_steps = 0
        self.compile_seconds = 0.0
        self.wait_seconds = self._wait_start = 0.0
        self._start = self._execution_start = self._clock()
        self._first_end: float | None = None
        self._first_done = self._done = 0

    def state(self) -> dict[str, float]:
        """What `components.training.checkpoints` saves."""
        return {
            "elapsed": self.elapsed(),
            "end": float(self.schedule.end.numpy()),
            "steps": self.steps,
            "step_seconds": self.step_seconds,
            "timed_steps": self.timed_steps,
            "wait_seconds": self.wait_seconds,
        }

    def resume(self, state: dict[str, float]) -> None:
        """Counts time and steps on from a state; compiling, which happens anew, is measured anew."""
        self._start = self._clock() - state["elapsed"]
        self.schedule.move_end(state["end"])
        self.steps = int(state["steps"])
        self.step_seconds, self.timed_steps = state["step_seconds"], int(state["timed_steps"])
        self.wait_seconds = state["wait_seconds"]

    def elapsed(self) -> float:
        """Seconds since the start of training; between a crash and the restart nothing is counted."""
        return self._clock() - self._start

    def tokens_per_second(self) -> float:
        """Useful tokens a second in training steps; 0 before the second execution has ended."""
        return self.timed_steps * self.tokens_a_step / self.step_seconds if self.step_seconds else 0.0

    def data_wait_share(self) -> float:
        """Share of the time of training executions in which there was no data; 0 before the second one has ended."""
        return self.wait_seconds / self.step_seconds if self.step_seconds else 0.0

    def on_train_batch_begin(self, batch: int, logs: dict | None = None) -> None:
        """An execution of one or more steps begins."""
        self._wait_start = self._waited()
        self._execution_start = self._clock()

    def on_train_batch_end(self, batch: int, logs: dict[str, float]) -> None:
        """An execution has ended: measures, stops when it is time, reports."""
        now = self._clock()
        done = int(self.model.optimizer.iterations.numpy())
        self._measure(done, now)
        if self.limit is not None:
            self._plan(done, now)
        self.steps = done if self.total_steps is None else min(done, self.total_steps)
        late = self.limit is not None and now - self._start >= self.limit
        self.model.stop_training = self.model.stop_training or late or self.steps == self.total_steps
        end = float(self.schedule.end.numpy())
        if end < UNKNOWN_END:
            detail = f"loss {logs['loss']:.3f}, {self.tokens_per_second():,.0f} tokens/s"
            progress.report(self.steps, max(self.steps, round(end)), detail)

    def _measure(self, done: int, now: float) -> None:
        if self._first_end is None:
            self._first_end, self._first_done = now, done
            self.compile_seconds = now - self._execution_start
        else:
            self.step_seconds += now - self._execution_start
            self.wait_seconds += self._waited() - self._wait_start
            self.timed_steps += done - self._done
        self._done = done

    def _plan(self, done: int, now: float) -> None:
        """Moves the end of the schedule to where the time will be over, evaluation included."""
        if self._done > self._first_done and self.limit is not None and self._first_end is not None:
            speed = (self._done - self._first_done) / (now - self._first_end)
            reachable = done + speed * max(self._start + self.limit - now, 0.0)
            self.schedule.move_end(min(reachable, self.total_steps or reachable))


class EpochRecord(keras.callbacks.Callback):
    """Adds perplexities, step number, minutes since the start and speed to what Keras records of an epoch."""

    def __init__(self, pace: Pace) -> None:
        """Keeps the speedometer.

        Args:
            pace: The callback that measures.
        """
        super().__init__()
        self.pace = pace

    def on_epoch_end(self, epoch: int, logs: dict) -> None:
        """Completes the record; Keras passes the same dictionary on to the callbacks that follow."""
        logs["perplexity"] = perplexity(logs["loss"])
        logs["val_perplexity"] = perplexity(logs["val_loss"])
        logs["step"] = self.pace.steps
        logs["minutes"] = self.pace.elapsed() / 60
        logs["tokens_per_second"] = self.pace.tokens_per_second()


class BestEpoch(keras.callbacks.Callback):
    """Finds the epoch with the lowest held-out loss.

    With ``patience`` it ends training after so many epochs without a lower one, and the network has the best epoch's
    weights at the end, whatever ended training. Without, it watches only: where learning goes on after the held-out
    loss has risen, as when a small corpus is learned by heart, that is for the person to decide.

    Attributes:
        best: The epoch, counted from 1.
    """

    def __init__(self, patience: int | None) -> None:
        """Begins with no epoch.

        Args:
            patience: Epochs to go on without a lower loss; None: all.
        """
        super().__init__()
        self.patience = patience
        self.best = 0
        self._loss = math.inf
        self._weights: list[np.ndarray] | None = None

    def state(self) -> dict[str, Any]:
        """What `components.training.checkpoints` saves."""
        return {"best": self.best, "loss": self._loss, "weights": self._weights}

    def resume(self, state: dict[str, Any]) -> None:
        """Goes on from a state."""
        self.best, self._loss, self._weights = state["best"], state["loss"], state["weights"]

    def on_epoch_end(self, epoch: int, logs: dict[str, float]) -> None:
        """Compares an epoch with the best one."""
        number = epoch + 1
        if not self.best or logs["val_loss"] < self._loss:
            self.best, self._loss = number, logs["val_loss"]
            if self.patience is not None:
                self._weights = self.model.network.get_weights()
        elif self.patience is not None and number - self.best >= self.patience:
            self.model.stop_training = True

    def on_train_end(self, logs: dict | None = None) -> None:
        """Brings the best weights back."""
        if self._weights is not None:
            self.model.network.set_weights(self._weights)


def perplexity(loss: float) -> float:
    """The exponential of a cross-entropy in nats; infinite where a float overflows."""
    return math.exp(loss) if loss < 700 else math.inf
