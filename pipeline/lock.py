"""One run at a time works below a root: an advisory lock on a file there, with a note of who holds it."""

import contextlib
import errno
import fcntl
import json
import os
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pydantic

from components.errors import ConfigError

FILE = ".lock"
_PATIENCE = 1.0  # seconds: `holder` takes the lock for an instant, and that must not turn a run away


class Holder(pydantic.BaseModel):
    """The run that holds a root.

    Attributes:
        run_id: As in `pipeline.outcome.Run.run_id`.
        pipeline: The pipeline's name.
        host: Name of the machine.
        pid: Id of the process there.
        since: When it took the lock, ISO 8601 without a zone.
    """

    run_id: str
    pipeline: str
    host: str
    pid: int
    since: str

    def __str__(self) -> str:
        return f"a run of {self.pipeline} (process {self.pid} on {self.host}, since {self.since})"


class Lock:
    """The hold of this process on a root; see `hold`."""

    def __init__(self, descriptor: int, pipeline: str) -> None:
        """Notes who holds the root.

        Args:
            descriptor: Of the lock's file.
            pipeline: The pipeline's name.
        """
        self._descriptor = descriptor
        self._pipeline = pipeline
        self._since = time.strftime("%Y-%m-%d %H:%M:%S")
        self.name("")

    def name(self, run_id: str) -> None:
        """Adds the run's id to the note."""
        host, pid = socket.gethostname(), os.getpid()
        note = Holder(run_id=run_id, pipeline=self._pipeline, host=host, pid=pid, since=self._since)
        os.ftruncate(self._descriptor, 0)
        os.pwrite(self._descriptor, note.model_dump_json().encode(), 0)


@contextlib.contextmanager
def hold(root: Path, pipeline: str, wait: Callable[[str], None] | None = None) -> Iterator[Lock]:
    """Holds a root while the block runs.

    The kernel drops the lock when the process ends, however it ends, so a killed run never blocks the next one.

    Args:
        root: Folder of all runs; it must exist.
        pipeline: Name of the pipeline that is about to run.
        wait: Called once with who holds the root, if somebody does; then the call waits. None: do not wait.

    Raises:
        ConfigError: If another run holds the root and `wait` is None, or the file system has no locks.
    """
    descriptor = os.open(root / FILE, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        if not _taken(descriptor, fcntl.LOCK_EX, root, _PATIENCE):
            who = str(_read(descriptor) or "another process")
            if wait is None:
                raise ConfigError(
                    "--root", f"{who} works on {root}: add --wait to start once it has ended, or choose another root"
                )
            wait(who)
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield Lock(descriptor, pipeline)
    finally:
        os.close(descriptor)


def holder(root: Path) -> Holder | None:
    """The run that works below a root; None if there is none.

    Args:
        root: Folder of all runs, which may be read-only.
    """
    try:
        descriptor = os.open(root / FILE, os.O_RDONLY)
    except OSError:
        return None
    try:
        return None if _taken(descriptor, fcntl.LOCK_SH, root) else _read(descriptor)
    finally:
        os.close(descriptor)


def _taken(descriptor: int, how: int, root: Path, patience: float = 0.0) -> bool:
    until = time.monotonic() + patience
    while True:
        try:
            fcntl.flock(descriptor, how | fcntl.LOCK_NB)
            return True
        except OSError as error:
            if error.errno not in (errno.EWOULDBLOCK, errno.EACCES, errno.EINTR):
                raise ConfigError(
                    "--root", f"{root} is on a file system without locks ({error.strerror}): choose another folder"
                ) from None
        if time.monotonic() >= until:
            return False
        time.sleep(0.05)


def _read(descriptor: int) -> Holder | None:
    content = os.pread(descriptor, 1 << 16, 0)
    try:
        return Holder.model_validate_json(content)
    except (pydantic.ValidationError, json.JSONDecodeError):
        return None  # it has the lock, and is about to write its note
