"""Keras' ``fit``, through crashes."""

import os
import time
from collections.abc import Callable, Sequence
from typing import Any

import tensorflow as tf
import tf_keras as keras

from components.training.checkpoints import TrainingCheckpoints
from components.training.failures import Remedies, explained
from components.training.interruption import Interruption


def fit(
    model: keras.Model,
    batches: Callable[[int], tf.data.Dataset],
    *,
    steps_per_epoch: int,
    epochs: int,
    callbacks: Sequence[keras.callbacks.Callback],
    remedies: Remedies,
    directory: str | os.PathLike[str] | None = None,
    minutes: float = 5.0,
    clock: Callable[[], float] = time.monotonic,
    **options: Any,
) -> dict[str, list[float]]:
    """Trains a model, from the last checkpoint on if there is one.

    What comes after a restart is what would have come without the crash, if the batches depend on their number alone
    and dropout is made by `components.training.dropout.seed_dropout`. SIGTERM and Ctrl-C save at the end of the running
    execution, or of the evaluation, and stop.

    Args:
        model: Compiled and built, made in the scope of its strategy.
        batches: Gives the endless stream of batches from a step on, counted from 0 over all epochs.
        steps_per_epoch: Batches of an epoch.
        epochs: Most epochs.
        callbacks: Those that are `components.training.checkpoints.Resumable` are saved and resumed.
        remedies: Keys to name where training fails.
        directory: Folder of the checkpoints of exactly this training, local or remote; None: nothing is saved.
        minutes: Time between two checkpoints.
        clock: Gives the time in seconds; with several workers one that all agree on.
        options: More arguments of ``fit``.

    Returns:
        The history from the first epoch on: series by name, a value an epoch.

    Raises:
        TfxBertError: If the loss is not finite, memory or disk do not suffice, or no checkpoint can be read.
        Terminated: After SIGTERM.
        KeyboardInterrupt: After Ctrl-C.
    """
    with Interruption() as interruption:
        checkpoints = TrainingCheckpoints(model, directory, minutes, callbacks, interruption, clock)
        with explained(remedies, lambda: checkpoints.last_step):
            first_step = checkpoints.restore(model, steps_per_epoch)
            history = model.fit(
                batches(first_step),
                steps_per_epoch=steps_per_epoch,
                epochs=epochs,
                callbacks=[*callbacks, checkpoints],
                verbose=0,
                **options,
            )
    return history.history
