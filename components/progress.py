"""How long-running work tells whoever watches how far it is.

The work calls `report`; a runner that has a display registers a listener with `listen`. Without a listener nothing
happens, so plain modules can be used alone.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

Listener = Callable[[int, int, str], None]

_listeners: list[Listener] = []


def report(done: int, total: int, detail: str = "") -> None:
    """Tells every listener how far the present work is.

    Args:
        done: Units finished, from 0 to ``total``.
        total: Units in all.
        detail: What to show beside the bar, for example ``"loss 3.21, 12,000 tokens/s"``.
    """
    for listener in _listeners:
        listener(done, total, detail)


@contextmanager
def part(index: int, count: int, name: str) -> Iterator[None]:
    """Makes what is reported in a ``with`` block one of several equal parts of the work.

    Args:
        index: Number of the part, from 0.
        count: Number of parts.
        name: Put before the details.
    """
    outer = _listeners[:]

    def listener(done: int, total: int, detail: str) -> None:
        for outside in outer:
            outside(index * total + done, count * total, f"{name}: {detail}")

    _listeners[:] = [listener]
    try:
        yield
    finally:
        _listeners[:] = outer


@contextmanager
def listen(listener: Listener) -> Iterator[None]:
    """Registers a listener for the duration of a ``with`` block.

    Args:
        listener: Called with the arguments of `report`, in the thread that does the work.
    """
    _listeners.append(listener)
    try:
        yield
    finally:
        _listeners.remove(listener)
