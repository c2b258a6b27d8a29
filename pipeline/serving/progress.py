"""How far a bulk prediction has come, on stderr."""

import sys
import time
from collections.abc import Iterable, Iterator
from typing import TextIO, TypeVar

T = TypeVar("T")
_SECONDS_ON_A_TERMINAL, _SECONDS_ELSEWHERE = 0.5, 60.0


class Progress:
    """Says now and then how many lines are done: in place on a terminal, a line a minute elsewhere."""

    def __init__(self, stream: TextIO | None = None) -> None:
        """Says nothing yet.

        Args:
            stream: Where; stderr if None.
        """
        self._stream = stream or sys.stderr
        self._in_place = self._stream.isatty()

    def counted(self, lines: Iterable[T]) -> Iterator[T]:
        """Passes lines on and counts them."""
        start = last = time.monotonic()
        pause = _SECONDS_ON_A_TERMINAL if self._in_place else _SECONDS_ELSEWHERE
        for count, line in enumerate(lines, start=1):
            yield line
            now = time.monotonic()
            if now - last >= pause:
                last = now
                text = f"{count:,} lines, {count / (now - start):,.0f} a second"
                print(f"\r{text}  " if self._in_place else text, end="" if self._in_place else "\n", file=self._stream)
                self._stream.flush()
        if self._in_place and last > start:
            print(file=self._stream)
