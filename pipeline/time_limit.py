"""Stops a node that takes longer than it may: politely first, as SIGTERM does, then for good."""

import contextlib
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator

from components.errors import Terminated, TfxBertError, causes

GRACE_SECONDS = 120.0  # to save a checkpoint and to end what else runs


class TimedOut(TfxBertError):
    """A node took longer than `timeout_minutes` allows; the command ends with exit code 1."""


@contextlib.contextmanager
def time_limit(
    node: str, minutes: float | None, give_up: Callable[[TimedOut], None], grace: float = GRACE_SECONDS
) -> Iterator[None]:
    """Sends this process SIGTERM if the block takes too long; training saves a checkpoint then.

    Args:
        node: What runs in the block, for the message.
        minutes: How long it may take; None: as long as it likes.
        give_up: Called in another thread if the block has not ended after the grace period; it must end the process.
        grace: Seconds between SIGTERM and `give_up`.

    Raises:
        TimedOut: If the block was stopped.
    """
    if minutes is None:
        yield
        return
    error = TimedOut(
        f"{node} was stopped after {minutes:g} minutes (timeout_minutes.{node}); what is done is kept, and the same "
        "command goes on from there"
    )
    late = threading.Event()

    def fire() -> None:
        late.set()
        last.start()
        os.kill(os.getpid(), signal.SIGTERM)

    first = threading.Timer(minutes * 60, fire)
    last = threading.Timer(grace, give_up, [error])
    first.daemon = last.daemon = True
    first.start()
    try:
        yield
        first.cancel()
        if late.is_set():
            time.sleep(0.1)  # the signal may be under way: it must not hit the next node
    except BaseException as stop:
        if late.is_set() and any(isinstance(one, Terminated) for one in causes(stop)):
            raise error from stop
        raise
    finally:
        first.cancel()
        last.cancel()
