"""TensorFlow's file system in memory, for Beam too: a bucket that is nowhere on the disk, in one process."""

import io
import posixpath
from collections.abc import Iterator
from typing import Any, BinaryIO

import pytest
import tensorflow as tf
from apache_beam.io.filesystem import BeamIOError, CompressedFile, CompressionTypes, FileMetadata, FileSystem
from tensorflow.python.lib.io import file_io


class RamFileSystem(FileSystem):
    """Beam finds it by its scheme once this module is imported."""

    @classmethod
    def scheme(cls) -> str:
        return "ram"

    def join(self, basepath: str, *paths: str) -> str:
        return posixpath.join(basepath, *paths)

    def split(self, path: str) -> tuple[str, str]:
        return posixpath.split(path)

    def mkdirs(self, path: str) -> None:
        tf.io.gfile.makedirs(path)

    def has_dirs(self) -> bool:
        return False

    def _list(self, dir_or_prefix: str) -> Iterator[FileMetadata]:
        folder = dir_or_prefix.rpartition("/")[0] if not tf.io.gfile.isdir(dir_or_prefix) else dir_or_prefix
        for where, _, names in tf.io.gfile.walk(folder) if tf.io.gfile.isdir(folder) else ():
            for path in (f"{where.rstrip('/')}/{name}" for name in names):
                if path.startswith(dir_or_prefix):
                    yield FileMetadata(path, self.size(path), self.last_updated(path))

    def create(
        self, path: str, mime_type: str = "", compression_type: str = CompressionTypes.AUTO
    ) -> BinaryIO | CompressedFile:
        tf.io.gfile.makedirs(path.rpartition("/")[0])
        return self._maybe_compressed(_Written(path), path, compression_type)

    def open(
        self, path: str, mime_type: str = "", compression_type: str = CompressionTypes.AUTO
    ) -> BinaryIO | CompressedFile:
        try:
            content = tf.io.gfile.GFile(path, "rb").read()
        except tf.errors.NotFoundError as error:
            raise OSError(str(error)) from error
        return self._maybe_compressed(_Read(content), path, compression_type)

    def _maybe_compressed(self, file: Any, path: str, compression_type: str) -> BinaryIO | CompressedFile:
        kind = FileSystem._get_compression_type(path, compression_type)
        return file if kind == CompressionTypes.UNCOMPRESSED else CompressedFile(file, compression_type=kind)

    def copy(self, source_file_names: list[str], destination_file_names: list[str]) -> None:
        for source, destination in zip(source_file_names, destination_file_names, strict=True):
            tf.io.gfile.makedirs(destination.rpartition("/")[0])
            tf.io.gfile.copy(source, destination, overwrite=True)

    def rename(self, source_file_names: list[str], destination_file_names: list[str]) -> None:
        self.copy(source_file_names, destination_file_names)
        self.delete(source_file_names)

    def exists(self, path: str) -> bool:
        return bool(tf.io.gfile.exists(path))

    def size(self, path: str) -> int:
        return int(tf.io.gfile.stat(path).length)

    def last_updated(self, path: str) -> float:
        return float(tf.io.gfile.stat(path).mtime_nsec / 1e9)

    def metadata(self, path: str) -> FileMetadata:
        return FileMetadata(path, self.size(path), self.last_updated(path))

    def delete(self, paths: list[str]) -> None:
        for path in paths:
            if not tf.io.gfile.exists(path):
                raise BeamIOError("delete", {path: "not there"})
            (tf.io.gfile.rmtree if tf.io.gfile.isdir(path) else tf.io.gfile.remove)(path)


class _Read(io.BytesIO):
    mode = "rb"


class _Written(io.BytesIO):
    """A file that is there once it is closed."""

    mode = "wb"

    def __init__(self, path: str) -> None:
        super().__init__()
        self._path = path

    def close(self) -> None:
        if not self.closed:
            with tf.io.gfile.GFile(self._path, "wb") as file:
                file.write(self.getvalue())
        super().close()


def mend(monkeypatch: pytest.MonkeyPatch) -> None:
    """Makes the file system in memory behave as a bucket's.

    It renames a folder without what is in it, lists the file ``.extra`` in ``assets`` if there is ``assets.extra``, and
    writes on at the end of a file that is there.
    """
    walk, write = tf.io.gfile.walk, file_io.write_string_to_file

    def walk_what_is_there(top: str, *arguments: Any, **named: Any) -> Iterator[tuple[str, list[str], list[str]]]:
        for folder, folders, names in walk(top, *arguments, **named):
            yield folder, folders, [name for name in names if tf.io.gfile.exists(f"{folder.rstrip('/')}/{name}")]

    def write_anew(filename: bytes, file_content: bytes | str) -> None:
        if tf.io.gfile.exists(filename):
            tf.io.gfile.remove(filename)
        write(filename, file_content)

    monkeypatch.setattr(tf.io.gfile, "walk", walk_what_is_there)
    monkeypatch.setattr(file_io, "write_string_to_file", write_anew)
    monkeypatch.setattr(tf.io.gfile, "rename", _rename)


def _rename(source: str, target: str, overwrite: bool = False) -> None:
    if not tf.io.gfile.isdir(source):
        tf.io.gfile.copy(source, target, overwrite=overwrite)
        tf.io.gfile.remove(source)
        return
    for folder, _, names in tf.io.gfile.walk(source):
        for name in names:
            path = f"{folder.rstrip('/')}/{name}"
            tf.io.gfile.makedirs(target + folder.removeprefix(source.rstrip("/")))
            tf.io.gfile.copy(path, target.rstrip("/") + path.removeprefix(source.rstrip("/")), overwrite=overwrite)
    tf.io.gfile.rmtree(source)
