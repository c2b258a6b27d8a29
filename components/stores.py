"""Asks the file systems that TensorFlow knows: ``gs://``, ``s3://`` with a plugin, and others.

Only NOT_FOUND means that nothing is there. ``tf.io.gfile.exists``, ``isdir``, ``walk`` and ``glob`` answer "no" when a
store cannot be asked, so nothing here uses them: `look` asks ``stat``, whose errors arrive. Every other error is a
`StoreError` with the address; those that may pass by themselves are tried again first, see `PAUSES`.

`components.files` is what the rest of the project uses.
"""

import contextlib
import time
from collections.abc import Callable, Iterator
from typing import Any, Literal, NamedTuple, TypeVar

from components.errors import TfxBertError

PAUSES = (0.5, 1.0, 2.0)
"""Seconds before the second, third and fourth attempt to ask a store that is away."""

T = TypeVar("T")
# gRPC's codes, which TensorFlow's errors carry.
_NOT_FOUND, _UNIMPLEMENTED = 5, 12
_PASSING = {4: "DEADLINE_EXCEEDED", 8: "RESOURCE_EXHAUSTED", 10: "ABORTED", 13: "INTERNAL", 14: "UNAVAILABLE"}
_ACCESS = {7: "PERMISSION_DENIED", 9: "FAILED_PRECONDITION", 16: "UNAUTHENTICATED"}
_ADDRESS = {3: "INVALID_ARGUMENT", 11: "OUT_OF_RANGE"}
_LONGEST_REASON = 200  # characters
_sleep = time.sleep


class StoreError(TfxBertError):
    """A store or a disk that cannot be asked: what is there is not known.

    Attributes:
        again: Whether the same may work later; then the command ends with exit code 1, else with 2.
    """

    def __init__(self, message: str, again: bool = False) -> None:
        """Keeps what is said.

        Args:
            message: The address, what is wrong and the remedy.
            again: Whether the same may work later.
        """
        super().__init__(message)
        self.again = again
        self.exit_code = 1 if again else 2


Kind = Literal["file", "folder", "other"]


class Found(NamedTuple):
    """What is at a path: its kind, bytes, and time of change in nanoseconds since 1970.

    A pipe, a socket or a device is ``other``: it may never end, so nothing reads it.
    """

    kind: Kind
    size: int
    mtime_ns: int


def look(path: str) -> Found | None:
    """What is at an address; None if nothing is.

    Object stores have no folders: an address with something below it counts as one.

    Raises:
        StoreError: If the store cannot be asked.
    """
    return _ask(path, lambda gfile: _stat(gfile, path))


def list_names(folder: str) -> list[str] | None:
    """Names of what is in a folder, sorted; None if it is no folder.

    Raises:
        StoreError: If the store cannot be asked.
    """
    return _ask(folder, lambda gfile: _children(gfile, folder))


def read(path: str) -> bytes | None:
    """A file's content; None if nothing is there.

    Raises:
        StoreError: If the store cannot be asked.
    """

    def attempt(gfile: Any) -> bytes:
        with gfile.GFile(path, "rb") as file:
            content: bytes = file.read()
            return content

    return _ask(path, attempt)


def write(path: str, content: bytes) -> None:
    """Writes a file.

    Raises:
        StoreError: If the store cannot be asked.
    """

    def attempt(gfile: Any) -> bool:
        make_folder(gfile, path)
        with gfile.GFile(path, "wb") as file:
            file.write(content)
        return True

    _needed(path, _ask(path, attempt))


def remove_file(path: str) -> None:
    """Removes a file; one that is not there is removed.

    Raises:
        StoreError: If the store cannot be asked.
    """
    _ask(path, lambda gfile: gfile.remove(path))


def remove_folder(folder: str) -> None:
    """Removes a folder with all that is in it; one that is not there is removed.

    Raises:
        StoreError: If the store cannot be asked, or something is left.
    """
    _ask(folder, lambda gfile: gfile.rmtree(folder))
    if look(folder) is not None:
        raise StoreError(f"{folder} could not be removed; the same command tries again", again=True)


@contextlib.contextmanager
def opened(path: str, mode: str = "rb") -> Iterator[Any]:
    """A file of a store, for what is read or written in parts; nothing is tried again, since parts were passed on.

    Args:
        path: Its address.
        mode: ``rb`` or ``wb``.

    Raises:
        StoreError: If the store cannot be asked, or nothing is there to be read.
    """
    import tensorflow as tf

    try:
        if mode != "rb":
            make_folder(tf.io.gfile, path)
        with tf.io.gfile.GFile(path, mode) as file:
            yield file
    except tf.errors.OpError as error:
        raise translated(path, error) from None


def read_block(file: Any, path: str, size: int) -> bytes:
    """Reads on in a file that `opened` gave, or in one of this machine.

    Args:
        file: The file.
        path: Its address, for an error, which would else be told of the file that is being written.
        size: Most bytes.
    """
    block: bytes = asked(path, lambda: file.read(size))
    return block


def asked(path: str, question: Callable[[], T]) -> T:
    """The answer of a file that is open.

    Args:
        path: Its address.
        question: Raises TensorFlow's errors.

    Raises:
        StoreError: If the store cannot be asked.
    """
    import tensorflow as tf

    try:
        return question()
    except tf.errors.OpError as error:
        raise translated(path, error) from None


def transferred(address: str, transfer: Callable[[], None]) -> None:
    """Runs a transfer that begins anew when the store is away for a moment.

    Args:
        address: The store's side of it.
        transfer: Raises TensorFlow's errors, or a `StoreError`.
    """
    for pause in (*PAUSES, None):
        try:
            transfer()
            return
        except StoreError as error:
            if pause is None or not error.again:
                raise
            _sleep(pause)


def make_folder(gfile: Any, path: str) -> None:
    """Makes the folder that a file is to be in, where the store has folders."""
    gfile.makedirs(path.rpartition("/")[0])


def translated(path: str, error: Any) -> StoreError:
    """A store's error for people.

    Args:
        path: The address that was asked about.
        error: TensorFlow's.
    """
    code = error.error_code
    reason = str(error.message or error).strip().partition("\n")[0][:_LONGEST_REASON]
    scheme = path.partition("://")[0]
    if code == _NOT_FOUND:
        return StoreError(f"{path}: nothing is there")
    if code == _UNIMPLEMENTED:
        return StoreError(
            f"{path}: this TensorFlow has no file system for {scheme}://; install the package that brings it "
            "(tensorflow-io for s3://), or name a directory"
        )
    if code in _ACCESS:
        return StoreError(f"{path} cannot be used: {_ACCESS[code]}: {reason}; check network, credentials and bucket")
    if code in _ADDRESS:
        return StoreError(f"{path} cannot be used: {_ADDRESS[code]}: {reason}; check the address")
    name = _PASSING.get(code, type(error).__name__)
    return StoreError(f"{path} cannot be reached: {name}: {reason}; the same command tries again", again=True)


def _ask(path: str, attempt: Callable[[Any], T | None]) -> T | None:
    """Asks, again after a pause where the store is away; None where nothing is there."""
    import tensorflow as tf

    for pause in (*PAUSES, None):
        try:
            return attempt(tf.io.gfile)
        except tf.errors.NotFoundError:
            return None
        except tf.errors.OpError as error:
            if pause is None or error.error_code not in _PASSING:
                raise translated(path, error) from None
            _sleep(pause)
    return None


def _needed(path: str, answer: T | None) -> T:
    if answer is None:
        raise StoreError(f"{path}: nothing is there; check the bucket")
    return answer


def _stat(gfile: Any, path: str) -> Found:
    found = gfile.stat(path)
    return Found("folder" if found.is_directory else "file", int(found.length), int(found.mtime_nsec))


def _children(gfile: Any, folder: str) -> list[str] | None:
    """``listdir`` says NOT_FOUND of a store that is away, too: then ``stat`` has the last word."""
    import tensorflow as tf

    if _stat(gfile, folder).kind == "file":
        return None
    try:
        return sorted({name.strip("/") for name in gfile.listdir(folder)} - {""})
    except tf.errors.NotFoundError:
        _stat(gfile, folder)
        raise tf.errors.UnavailableError(None, None, "the folder is there but cannot be listed") from None
