"""Opening input files for reading, on this machine or on an object store: regular files only, gzip unpacked.

Paths with a scheme (``gs://bucket/data``) go through TensorFlow's filesystems; TensorFlow is imported only for them.
"""

import gzip
import io
import os
import stat
from collections.abc import Callable
from typing import Any, BinaryIO, cast

from components import stores
from components.errors import DataError
from components.files import is_remote

BUFFER = 1 << 20
GZIP = b"\x1f\x8b"
_OTHERS = {
    b"BZh": "bzip2",
    b"\xfd7zXZ\x00": "xz",
    b"\x28\xb5\x2f\xfd": "Zstandard",
    b"PK\x03\x04": "zip",
    b"7z\xbc\xaf\x27\x1c": "7-Zip",
    b"Rar!": "RAR",
}
_KINDS: dict[str, Callable[[int], bool]] = {
    "a directory": stat.S_ISDIR,
    "a named pipe (FIFO)": stat.S_ISFIFO,
    "a socket": stat.S_ISSOCK,
    "a character device": stat.S_ISCHR,
    "a block device": stat.S_ISBLK,
}


def check_regular(path: str, mode: int) -> None:
    """Makes sure that a path leads to a regular file; links to one are fine.

    Args:
        path: For the message.
        mode: ``st_mode`` of what it leads to.

    Raises:
        DataError: If it leads to something that may never end, or that is no data: a pipe, a device, a directory.
    """
    if not stat.S_ISREG(mode):
        kind = next((kind for kind, test in _KINDS.items() if test(mode)), "a special file")
        raise DataError(f"{path}: is {kind}, not a regular file; only regular files are read")


def open_raw(path: str) -> BinaryIO:
    """Opens a file as it is.

    Raises:
        DataError: If the path leads to something else than a regular file.
    """
    if is_remote(path):
        return io.BufferedReader(_RemoteFile(path), BUFFER)
    raw = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)  # a pipe without a writer must not hold us up
    try:
        check_regular(path, os.fstat(raw).st_mode)
    except DataError:
        os.close(raw)
        raise
    return io.BufferedReader(io.FileIO(raw), BUFFER)


def is_packed(path: str) -> bool:
    """Whether the content of a file is gzip."""
    with open_raw(path) as raw:
        return raw.read(len(GZIP)) == GZIP


def open_binary(path: str) -> BinaryIO:
    """Opens a file, unpacked if its content is gzip, whatever its name.

    Raises:
        DataError: If the path leads to something else than a regular file, or its content is packed in another way.
    """
    return unpacked(open_raw(path), path)


def unpacked(raw: BinaryIO, path: str) -> BinaryIO:
    """A stream unpacked if its content is gzip.

    Args:
        raw: A buffered stream at its beginning; closed with what is returned.
        path: The file's name, for messages.

    Raises:
        DataError: If it is packed in another way.
    """
    begin = cast(io.BufferedReader, raw).peek(8)
    if begin.startswith(GZIP):
        return io.BufferedReader(cast(io.RawIOBase, _Unpacked(raw)), BUFFER)
    for magic, name in _OTHERS.items():
        if begin.startswith(magic):
            raw.close()
            raise DataError(f"{path}: is compressed with {name}; unpack it, or compress it with gzip instead")
    return raw


class _Unpacked(gzip.GzipFile):
    """The content of a gzip file, which is closed together with it."""

    def __init__(self, packed: BinaryIO) -> None:
        self._packed = packed
        super().__init__(fileobj=packed)

    def close(self) -> None:
        super().close()
        self._packed.close()


class _RemoteFile(io.RawIOBase):
    """A file on an object store, with the interface of Python's own files."""

    def __init__(self, path: str) -> None:
        import tensorflow as tf

        self._path = path
        self._file = tf.io.gfile.GFile(path, "rb")

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = stores.read_block(self._file, self._path, len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        stores.asked(self._path, lambda: self._file.seek(offset, whence))
        return self.tell()

    def tell(self) -> int:
        return int(stores.asked(self._path, self._file.tell))

    def close(self) -> None:
        self._file.close()
        super().close()
