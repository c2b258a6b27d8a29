"""Files of this machine, and of whatever file systems TensorFlow knows (``gs://``, with plugins ``s3://`` and others).

TensorFlow is imported for remote paths only: `tfx-bert push list` of a local directory answers at once.
"""

import hashlib
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from components.errors import ConfigError

_BLOCK = 1 << 20


def is_remote(path: str) -> bool:
    """Whether a path is a URI of another file system."""
    return "://" in path


def list_files(folder: str) -> list[str]:
    """Names of all files below a folder, relative to it, with ``/``, sorted; none if it is not there."""
    if is_remote(folder):
        with _reachable(folder) as gfile:
            found = [f"{directory}/{name}" for directory, _, names in gfile.walk(folder) for name in names]
        return sorted(path.replace("//", "/").removeprefix(folder.replace("//", "/")).strip("/") for path in found)
    root = Path(folder)
    return sorted(path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file())


def is_file(path: str) -> bool:
    """Whether a path is that of a file."""
    if is_remote(path):
        with _reachable(path) as gfile:
            return bool(gfile.exists(path) and not gfile.isdir(path))
    return os.path.isfile(path)


def is_folder(path: str) -> bool:
    """Whether a path is that of a folder."""
    if is_remote(path):
        with _reachable(path) as gfile:
            return bool(gfile.isdir(path))
    return os.path.isdir(path)


def list_folders(folder: str) -> list[str]:
    """Names of the folders in a folder; none if it is not there."""
    if is_remote(folder):
        with _reachable(folder) as gfile:
            names = gfile.listdir(folder) if gfile.isdir(folder) else []
            return [name.strip("/") for name in names if gfile.isdir(f"{folder}/{name.strip('/')}")]
    return [path.name for path in Path(folder).iterdir() if path.is_dir()] if os.path.isdir(folder) else []


def sha256(path: str) -> str:
    """Of a file's bytes, in hexadecimal digits."""
    digest = hashlib.sha256()
    with _opened(path) as file:
        while block := file.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()


def read_text(path: str) -> str | None:
    """A file's text; None if it is not there."""
    if not is_file(path):
        return None
    with _opened(path) as file:
        content: bytes = file.read()
    return content.decode("utf-8")


def write_text(path: str, text: str) -> None:
    """Writes a file, with its folders."""
    _make_folder(path)
    with _opened(path, "wb") as file:
        file.write(text.encode("utf-8"))


def copy(source: str, target: str) -> None:
    """Copies a file, with its folders, from anywhere to anywhere; what was there is replaced."""
    _make_folder(target)
    if not is_remote(source) and not is_remote(target):
        shutil.copyfile(source, target)
        return
    with _opened(source) as read, _opened(target, "wb") as written:
        while block := read.read(_BLOCK):
            written.write(block)


def remove_file(path: str) -> None:
    """Removes a file."""
    if is_remote(path):
        with _reachable(path) as gfile:
            gfile.remove(path)
    else:
        os.remove(path)


def remove_folder(folder: str) -> None:
    """Removes a folder with all that is in it."""
    if is_remote(folder):
        with _reachable(folder) as gfile:
            gfile.rmtree(folder)
    else:
        shutil.rmtree(folder)


def _make_folder(path: str) -> None:
    folder = path.rpartition("/")[0]
    if is_remote(path):
        with _reachable(path) as gfile:
            gfile.makedirs(folder)
    else:
        os.makedirs(folder, exist_ok=True)


@contextmanager
def _opened(path: str, mode: str = "rb") -> Iterator[Any]:
    if is_remote(path):
        with _reachable(path) as gfile, gfile.GFile(path, mode) as file:
            yield file
    else:
        with open(path, mode) as file:
            yield file


@contextmanager
def _reachable(path: str) -> Iterator[Any]:
    import tensorflow as tf

    scheme = path.partition("://")[0]
    try:
        yield tf.io.gfile
    except tf.errors.UnimplementedError:
        raise ConfigError(
            "",
            f"{path}: this TensorFlow has no file system for {scheme}://; install the package that brings it "
            "(tensorflow-io for s3://), or name a directory",
        ) from None
    except (
        tf.errors.PermissionDeniedError,
        tf.errors.UnauthenticatedError,
        tf.errors.FailedPreconditionError,
    ) as error:
        reason = str(error).splitlines()[0]
        raise ConfigError("", f"{path} cannot be used: {reason}; check credentials and bucket") from None
