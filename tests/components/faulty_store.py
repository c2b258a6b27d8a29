"""A store that fails: TensorFlow's file system in memory, of whose calls some give errors."""

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import tensorflow as tf
from tensorflow.python.lib.io import file_io

from components import stores

ERRORS: dict[str, type[tf.errors.OpError]] = {
    name: getattr(tf.errors, f"{name}Error")
    for name in (
        "Unavailable", "PermissionDenied", "Unauthenticated", "DeadlineExceeded", "Internal", "Unknown", "Aborted",
        "ResourceExhausted", "OutOfRange", "InvalidArgument", "Unimplemented", "FailedPrecondition", "DataLoss",
        "Cancelled",
    )
}  # fmt: skip
_CALLS = ("IsDirectory", "GetChildren", "Stat", "FileExists", "RecursivelyCreateDir", "DeleteFile", "DeleteRecursively")
_STREAMS = ("BufferedInputStream", "WritableFile")


class Faults:
    """Counts the calls that a store gets, and fails some of them.

    Attributes:
        count: Calls so far.
    """

    def __init__(self, error: str = "", first: int = 0, last: float = 0) -> None:
        """Fails the calls from the first to the last, counted from 1, with an error of `ERRORS`."""
        self.count, self._error, self._first, self._last = 0, error, first, last

    def call(self) -> None:
        """One call more."""
        self.count += 1
        if self._error and self._first <= self.count <= self._last:
            raise ERRORS[self._error](None, None, "HTTP 503")


class _Stream:
    """An open file, whose every read and write is a call."""

    def __init__(self, stream: Any, faults: Faults) -> None:
        self._stream, self._faults = stream, faults

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._stream, name)
        return _counted(found, self._faults) if name in ("read", "append", "flush", "close") else found


def _counted(function: Callable[..., Any], faults: Faults) -> Callable[..., Any]:
    def counted(*arguments: Any, **named: Any) -> Any:
        faults.call()
        return function(*arguments, **named)

    return counted


@contextlib.contextmanager
def failing(faults: Faults) -> Iterator[Faults]:
    """Puts the faults between TensorFlow and its stores; nothing waits before it asks again."""
    pywrap = file_io._pywrap_file_io
    remove = pywrap.DeleteFile

    def stream(make: Callable[..., Any]) -> Callable[..., Any]:
        def opened(path: str, *mode: Any) -> _Stream:
            faults.call()
            if isinstance(mode[0], bytes) and mode[0].startswith(b"w"):
                with contextlib.suppress(tf.errors.NotFoundError):
                    remove(path)  # TensorFlow's own, in memory, would write on at the end
            return _Stream(make(path, *mode), faults)

        return opened

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(stores, "_sleep", lambda seconds: None)
        for name in _CALLS:
            patch.setattr(pywrap, name, _counted(getattr(pywrap, name), faults))
        for name in _STREAMS:
            patch.setattr(pywrap, name, stream(getattr(pywrap, name)))
        yield faults
