"""SIGTERM and Ctrl-C while a model trains: a request to save and stop, not a blow."""

import logging
import signal
import threading
from types import FrameType, TracebackType
from typing import Any, NoReturn

from components.errors import Terminated

SIGNALS = (signal.SIGTERM, signal.SIGINT)


class Interruption:
    """Notes the first SIGTERM or SIGINT inside a ``with`` block; the second one ends the block at once.

    Outside the main thread, where Python lets nobody handle signals, nothing is noted.

    Attributes:
        requested: The signal that came; None before.
    """

    def __init__(self) -> None:
        """Nothing has come."""
        self.requested: signal.Signals | None = None
        self._before: dict[signal.Signals, Any] = {}

    def __enter__(self) -> "Interruption":
        """Handles the signals from here on."""
        if threading.current_thread() is threading.main_thread():
            self._before = {number: signal.signal(number, self._note) for number in SIGNALS}
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Puts the previous handlers back."""
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _note(self, number: int, frame: FrameType | None) -> None:
        if self.requested is not None:
            stop(signal.Signals(number), "stopped at once, without saving")
        self.requested = signal.Signals(number)


def stop(number: signal.Signals, message: str) -> NoReturn:
    """Ends what is running as the signal asks for.

    Args:
        number: The signal that came.
        message: What was saved.

    Raises:
        Terminated: For SIGTERM.
        KeyboardInterrupt: For SIGINT.
    """
    logging.warning("%s: %s", number.name, message)  # nothing prints the text of a SystemExit
    raise KeyboardInterrupt(message) if number == signal.SIGINT else Terminated(message)
