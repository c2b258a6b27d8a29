"""Keras callbacks of the second stage: what is kept, and how far it is."""

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import tensorflow as tf
import tf_keras

from components import progress
from components.metrics import ClassificationMetrics
from components.trainer.finetuning.config import Metric


class KeepBest(tf_keras.callbacks.Callback):
    """Judges the model after every epoch, and leaves the best weights in it, be they those from before the training.

    Attributes:
        before: Validation metrics before the training.
        best: Validation metrics of the weights that are kept.
        best_epoch: Number of their epoch, from 1; 0 for those from before.
    """

    def __init__(
        self,
        judge: Callable[[], ClassificationMetrics],
        variables: Sequence[tf.Variable],
        metric: Metric,
        patience: int,
    ) -> None:
        """Judges the model as it is and remembers it.

        Args:
            judge: Computes the validation metrics of the model as it is.
            variables: All that the training changes in the model.
            metric: What must become better.
            patience: Epochs without a better metric before training stops.
        """
        super().__init__()
        self._judge = judge
        self._variables = list(variables)
        self._metric = metric
        self._patience = patience
        self.before = self.best = judge()
        self.best_epoch = 0
        self._values = self._read()

    def state(self) -> dict[str, Any]:
        """What `components.training.checkpoints` saves."""
        best = {"metrics": self.best.model_dump(), "epoch": self.best_epoch, "values": self._values}
        return {"before": self.before.model_dump(), "best": best}

    def resume(self, state: dict[str, Any]) -> None:
        """Goes on from a state."""
        best = state["best"]
        self.before = ClassificationMetrics(**state["before"])
        self.best = ClassificationMetrics(**best["metrics"])
        self.best_epoch, self._values = best["epoch"], best["values"]

    def on_epoch_end(self, epoch: int, logs: dict[str, float]) -> None:
        """Judges, remembers what is better, and stops when nothing has been for long."""
        metrics = self._judge()
        for name in ("loss", "accuracy", "macro_f1", "weighted_f1"):
            logs[f"val_{name}"] = getattr(metrics, name)
        if _score(metrics, self._metric) > _score(self.best, self._metric):
            self.best, self.best_epoch, self._values = metrics, epoch + 1, self._read()
        if epoch + 1 - self.best_epoch >= self._patience:
            self.model.stop_training = True

    def on_train_end(self, logs: dict[str, float] | None = None) -> None:
        """Puts the best weights back, bit for bit."""
        for variable, value in zip(self._variables, self._values, strict=True):
            variable.assign(value)

    def _read(self) -> list[np.ndarray]:
        return [variable.numpy() for variable in self._variables]


class StepProgress(tf_keras.callbacks.Callback):
    """Tells whoever watches how far the training is, once a step."""

    def __init__(self, steps_per_epoch: int, epochs: int) -> None:
        """Keeps the number of steps that a full training has.

        Args:
            steps_per_epoch: Steps of an epoch.
            epochs: At most so many epochs.
        """
        super().__init__()
        self._steps_per_epoch = steps_per_epoch
        self._total = steps_per_epoch * epochs
        self._epoch = 0

    def on_epoch_begin(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Notes where the epoch starts."""
        self._epoch = epoch

    def on_train_batch_end(self, batch: int, logs: dict[str, float]) -> None:
        """Reports the step and the mean loss of the epoch so far."""
        done = self._epoch * self._steps_per_epoch + batch + 1
        progress.report(done, self._total, f"encoder, loss {logs['loss']:.3f}")

    def on_train_end(self, logs: dict[str, float] | None = None) -> None:
        """Reports that the work is done, early stopping or not."""
        progress.report(self._total, self._total, f"encoder, {len(self.model.history.epoch)} epochs")


def _score(metrics: ClassificationMetrics, metric: Metric) -> float:
    """A number that is higher for the better metrics; minus infinity where there is none."""
    value = getattr(metrics, metric)
    if value is None or not math.isfinite(value):
        return -math.inf
    return -value if metric == "loss" else value
