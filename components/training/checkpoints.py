"""Step checkpoints of ``fit``: all that training needs to go on after a crash as if nothing had happened."""

import io
import json
import logging
import os
import signal
import tempfile
import time
from collections.abc import Callable, Sequence
from typing import Any, Protocol, runtime_checkable

import numpy as np
import tensorflow as tf
import tf_keras as keras

from components.errors import TfxBertError
from components.trainer.strategy import is_chief, largest
from components.training.failures import check_loss, check_weights
from components.training.interruption import Interruption, stop

KEPT = 2  # the one before the last too: the last may be unreadable after a crash of the whole machine
# Say nothing of the file: the next try may well read it.
_NOT_THE_FILE = (
    MemoryError,
    tf.errors.ResourceExhaustedError,
    tf.errors.UnavailableError,
    tf.errors.DeadlineExceededError,
    tf.errors.PermissionDeniedError,
)


@runtime_checkable
class Resumable(Protocol):
    """A callback that remembers something; every one in the list of ``fit`` is saved and resumed."""

    def state(self) -> dict[str, Any]:
        """What to remember: JSON values, NumPy arrays, and lists and dictionaries of them."""

    def resume(self, state: dict[str, Any]) -> None:
        """Takes back what `state` gave, after ``on_train_begin``."""


class _Progress(tf.train.experimental.PythonState):
    """Where training is, inside a checkpoint: position in ``fit``, history, what callbacks remember."""

    SAVED = ("epoch", "step", "finished", "history", "callbacks")

    def __init__(self) -> None:
        self.epoch = 0
        self.step = 0
        self.finished = False
        self.history: dict[str, list[float]] = {}
        self.callbacks: dict[str, dict[str, Any]] = {}

    def serialize(self) -> bytes:
        """Writes an archive of the arrays, and JSON that names them by number for all the rest."""
        arrays: list[np.ndarray] = []

        def encode(value: Any) -> Any:
            if isinstance(value, np.generic):
                return value.item()
            arrays.append(value)
            return {"array": len(arrays) - 1}

        text = json.dumps({name: getattr(self, name) for name in self.SAVED}, default=encode)
        buffer = io.BytesIO()
        np.savez(buffer, *arrays, text=np.frombuffer(text.encode(), np.uint8))
        return buffer.getvalue()

    def deserialize(self, string_value: bytes) -> None:
        with np.load(io.BytesIO(string_value), allow_pickle=False) as archive:

            def decode(value: dict[str, Any]) -> Any:
                return archive[f"arr_{value['array']}"] if value.keys() == {"array"} else value

            for name, value in json.loads(archive["text"].tobytes(), object_hook=decode).items():
                setattr(self, name, value)


class TrainingCheckpoints(keras.callbacks.Callback):
    """Saves training every so many minutes and at the end of epochs; must come last in the list of callbacks.

    A checkpoint holds the model with its metrics, the optimizer, the state of dropout, the position in the data, the
    history, and what every `Resumable` callback remembers. It appears at once or not at all, and never with weights
    that are not finite.

    Attributes:
        last_step: Batches trained on before the last checkpoint; None: there is none.
    """

    def __init__(
        self,
        model: keras.Model,
        directory: str | os.PathLike[str] | None,
        minutes: float,
        callbacks: Sequence[keras.callbacks.Callback],
        interruption: Interruption,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Prepares saving and restoring.

        Args:
            model: Compiled and built.
            directory: Survives the process; local or remote. None: nothing is saved.
            minutes: Time between two checkpoints.
            callbacks: The other callbacks of ``fit``.
            interruption: Asked at the end of every execution.
            clock: Gives the time in seconds; the same on all workers, which have to save together.
        """
        super().__init__()
        strategy = model.distribute_strategy
        self.last_step: int | None = None
        self._steps_per_epoch = 0
        self._progress = _Progress()
        self._resumable = {type(each).__name__: each for each in callbacks if isinstance(each, Resumable)}
        self._interruption = interruption
        self._seconds, self._clock = minutes * 60, clock
        self._last_save = clock()
        self._metrics_to_restore = ""
        self._checkpoint = tf.train.Checkpoint(model=model, progress=self._progress)
        self._manager = self._reader = None
        if directory is not None:
            self._reader = self._manager = tf.train.CheckpointManager(self._checkpoint, str(directory), KEPT)
            if not is_chief(strategy):  # variables of several workers are read by all of them together
                self._manager = tf.train.CheckpointManager(self._checkpoint, tempfile.mkdtemp(), 1)
        with strategy.scope():
            model.optimizer.build(model.trainable_variables)

    def restore(self, model: keras.Model, steps_per_epoch: int) -> int:
        """Puts the model where the last checkpoint left it.

        Args:
            model: The one that is saved.
            steps_per_epoch: Of ``fit``.

        Returns:
            Number of batches that it has been trained on: 0 without a checkpoint.

        Raises:
            TfxBertError: If there are checkpoints, but none can be read.
        """
        self._steps_per_epoch = steps_per_epoch
        paths = self._reader.checkpoints if self._reader else []
        for path in reversed(paths):
            try:
                self._checkpoint.restore(path).assert_existing_objects_matched()
            except _NOT_THE_FILE:
                raise
            except Exception as error:  # broken files raise IndexError, ValueError and others besides TensorFlow's own
                logging.warning("checkpoint %s cannot be read: %s", path, error)
                continue
            self._metrics_to_restore = path
            self.last_step = self._progress.epoch * steps_per_epoch + self._progress.step
            logging.info("training goes on at step %d", self.last_step)
            return self.last_step
        if paths:
            folder = os.path.dirname(paths[-1])
            raise TfxBertError(f"{folder}: no checkpoint can be read: delete the folder to start anew")
        return 0

    def on_train_begin(self, logs: dict | None = None) -> None:
        """Gives history and callbacks back what they had."""
        # `fit` asks what `BackupAndRestore` leaves here where to begin; there is no other way into an epoch's middle.
        self.model._training_state = self
        history = self.model.history
        history.history = {name: list(values) for name, values in self._progress.history.items()}
        history.epoch = list(range(self._progress.epoch))
        for name, state in self._progress.callbacks.items():
            self._resumable[name].resume(state)

    def maybe_load_initial_counters_from_ckpt(
        self, steps_per_epoch: int, initial_epoch: int, mode: str
    ) -> tuple[int, int]:
        """Tells ``fit`` the epoch and the step in it to begin with."""
        if self._progress.finished:
            return self.params["epochs"], 0
        return self._progress.epoch, self._progress.step

    def on_epoch_begin(self, epoch: int, logs: dict | None = None) -> None:
        """Gives the metrics of a begun epoch back, which ``fit`` has just reset."""
        if self._metrics_to_restore and self._progress.step:
            self._checkpoint.restore(self._metrics_to_restore)
        self._metrics_to_restore = ""
        self._progress.epoch = epoch

    def on_train_batch_end(self, batch: int, logs: dict[str, float]) -> None:
        """An execution has ended: looks at the loss, saves if it is time, stops if it is asked for."""
        self._progress.step = batch + 1
        check_loss(logs["loss"], self._position())
        if self.model.stop_training or self._progress.step == self._steps_per_epoch:
            return  # the end of the epoch comes next, with its evaluation
        requested = self._stop_is_requested()
        if requested or self._clock() - self._last_save >= self._seconds:
            self._save(self._position())
        self._stop_if(requested)

    def on_epoch_end(self, epoch: int, logs: dict[str, float]) -> None:
        """Saves the epoch."""
        for name, value in logs.items():
            self._progress.history.setdefault(name, []).append(float(value))
        position = self._position()  # training may end in the middle of an epoch
        self._progress.epoch, self._progress.step = epoch + 1, 0
        self._progress.finished = self.model.stop_training
        self._save(position)
        self._stop_if(self._stop_is_requested())

    def on_train_end(self, logs: dict | None = None) -> None:
        """Lets go of the model, and stops if that was asked for when there was nothing more to train."""
        self.model._training_state = None
        self._stop_if(self._stop_is_requested())

    def _position(self) -> int:
        return self._progress.epoch * self._steps_per_epoch + self._progress.step

    def _stop_is_requested(self) -> bool:
        return largest(self.model.distribute_strategy, float(self._interruption.requested is not None)) > 0

    def _stop_if(self, requested: bool) -> None:
        if requested:
            saved = "nothing is saved" if self.last_step is None else f"saved at step {self.last_step}"
            stop(self._interruption.requested or signal.SIGTERM, f"training: {saved}")

    def _save(self, position: int) -> None:
        if self._manager is None:
            return
        check_weights(self.model, position)
        self._progress.callbacks = {name: callback.state() for name, callback in self._resumable.items()}
        self._manager.save()
        self.last_step = position
        self._last_save = self._clock()
