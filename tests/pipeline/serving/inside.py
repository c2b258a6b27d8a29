"""A whole server inside the test's process, in a thread: its bounds can be patched, and its log is read."""

import asyncio
import contextlib
import dataclasses
import logging
import queue
import re
import threading
from collections.abc import Iterator
from pathlib import Path

from pipeline.serving.server.serve import Serving, open_, run

_READY = re.compile(r"^\S+ version \d+: gRPC (\S+), REST (\S+)$")


@dataclasses.dataclass
class Inside:
    """Where it answers, and what it has logged."""

    grpc: str
    rest: str
    log: list[str]

    @property
    def rest_address(self) -> tuple[str, int]:
        host, _, port = self.rest.rpartition("/")[2].rpartition(":")
        return host.strip("[]"), int(port)


class _Lines(logging.Handler):
    def __init__(self, lines: list[str]) -> None:
        super().__init__(logging.INFO)
        self._lines = lines

    def emit(self, record: logging.LogRecord) -> None:
        self._lines.append(self.format(record))


@contextlib.contextmanager
def inside(directory: Path, name: str = "評判", **options: object) -> Iterator[Inside]:
    """Serves a directory on free ports."""
    serving = Serving(directory, name, port=0, rest_port=0, poll_seconds=60, drain_seconds=5, **options)  # type: ignore[arg-type]
    told: queue.Queue[str] = queue.Queue()
    loop, stop = asyncio.new_event_loop(), asyncio.Event()
    failed: list[BaseException] = []

    def work() -> None:
        try:
            loop.run_until_complete(run(serving, open_(serving), stop, told.put))
        except BaseException as error:
            failed.append(error)
            told.put("")

    lines: list[str] = []
    handler = _Lines(lines)
    logging.getLogger().addHandler(handler)
    thread = threading.Thread(target=work)
    thread.start()
    try:
        ready = _READY.match(told.get(timeout=60))
        if not ready:
            raise failed[0]
        lines.clear()  # that the version answers
        yield Inside(ready[1], ready[2], lines)
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(30)
        logging.getLogger().removeHandler(handler)
        loop.close()
