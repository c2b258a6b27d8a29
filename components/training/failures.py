"""What can end training, told to the person: a loss that is not finite, a full disk, little memory, a lost worker."""

import dataclasses
import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import tensorflow as tf
import tf_keras as keras

from components.errors import LOST_WORKER, TfxBertError, first_line
from components.shortage import lacks_memory, lacks_space, out_of_memory

WORKER_TEXT = "Collective ops is aborted"


@dataclasses.dataclass(frozen=True)
class Remedies:
    """Which configuration keys help.

    Attributes:
        divergence: Against a loss that is not finite, for example ``"a lower pretrainer.learning_rate"``.
        memory: Where memory does not suffice, for example ``"a higher pretrainer.accumulation_steps"``.
    """

    divergence: str
    memory: str


def one_of(*remedies: str) -> str:
    """Joins remedies, without those that are empty.

    Example:
        >>> one_of("a lower rate", "", "a longer warm-up", "clipping")
        'a lower rate, a longer warm-up, or clipping'
    """
    *others, last = filter(None, remedies)
    return f"{', '.join(others)}{',' * (len(others) > 1)} or {last}" if others else last


class DivergedError(ArithmeticError):
    """The loss or a weight is not finite."""


def check_loss(loss: float, step: int) -> None:
    """Checks the loss that ``fit`` reports at the end of an execution: the mean since the start of the epoch.

    Args:
        loss: The number.
        step: Where training is.

    Raises:
        DivergedError: If it is NaN or infinite.
    """
    if not math.isfinite(loss):
        raise DivergedError(f"the loss is {loss} at step {step}")


def check_weights(model: keras.Model, step: int) -> None:
    """Checks all weights; costs a pass over them.

    Args:
        model: The model.
        step: Where training is.

    Raises:
        DivergedError: If one is NaN or infinite.
    """
    for variable in model.trainable_variables:
        if not bool(tf.reduce_all(tf.math.is_finite(variable))):
            raise DivergedError(f"{variable.name} is not finite at step {step}")


@contextmanager
def explained(remedies: Remedies, last_step: Callable[[], int | None] | None = None) -> Iterator[None]:
    """Turns errors that training may end with into messages.

    Args:
        remedies: Keys to name.
        last_step: Gives the step of the last checkpoint, or None if there is none yet; None: nothing is ever saved.

    Raises:
        TfxBertError: Instead of a loss that is not finite, a full disk, little memory or a lost worker. Others pass.
    """
    try:
        yield
    except (DivergedError, MemoryError, OSError, RuntimeError, tf.errors.OpError) as error:
        what = _what(error, remedies)
        if what is None:
            raise
        raise TfxBertError(what + _kept(last_step)) from error


def _what(error: Exception, remedies: Remedies) -> str | None:
    text = str(error)
    if isinstance(error, DivergedError):
        return f"training diverged: {text}; try {remedies.divergence}"
    if lacks_space(error):
        return f"the disk is full: {first_line(error)}; free some space, and the same command goes on"
    if lacks_memory(error):
        return f"{out_of_memory(error)}; try {remedies.memory}"
    if WORKER_TEXT in text:
        return f"{LOST_WORKER}: start all of them again, and training goes on"
    return None


def _kept(last_step: Callable[[], int | None] | None) -> str:
    if last_step is None:
        return ""
    step = last_step()
    return "; there is no checkpoint yet" if step is None else f"; the last good checkpoint is of step {step}"
