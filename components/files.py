"""Files of this machine, and of whatever file systems TensorFlow knows: the one module that looks at either.

Only "not there" means not there. A disk that gives an error, a folder that may not be read and a bucket that is away
raise `StoreError` with the address: what is there is not known then, and nothing may be judged or pushed by it.

TensorFlow is imported for remote paths only: `tfx-bert push list` of a local directory answers at once.
"""

import errno
import fnmatch
import hashlib
import os
import re
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from components import stores
from components.stores import Found, Kind, StoreError

__all__ = ["Found", "StoreError"]

_BLOCK = 1 << 20
_PASSING = (errno.ESTALE, errno.EIO, errno.ETIMEDOUT, errno.EAGAIN, errno.EINTR, errno.EHOSTDOWN, errno.EREMOTEIO)
_MAGIC = re.compile("[*?[]")


def is_remote(path: str) -> bool:
    """Whether a path is a URI of another file system."""
    return "://" in path


def look(path: str) -> Found | None:
    """What is at a path; None if nothing is there.

    Raises:
        StoreError: If that cannot be known.
    """
    if is_remote(path):
        return stores.look(path)
    with _readable(path):
        try:
            found = os.stat(path)
        except FileNotFoundError:
            return None
        kind: Kind = "folder" if stat.S_ISDIR(found.st_mode) else "file" if stat.S_ISREG(found.st_mode) else "other"
        return Found(kind, found.st_size, found.st_mtime_ns)


def is_there(path: str) -> bool:
    """Whether a path is that of a file or a folder."""
    return look(path) is not None


def is_file(path: str) -> bool:
    """Whether a path is that of a file."""
    found = look(path)
    return found is not None and found.kind == "file"


def is_folder(path: str) -> bool:
    """Whether a path is that of a folder."""
    found = look(path)
    return found is not None and found.kind == "folder"


def list_names(folder: str) -> list[str]:
    """Names of all that is in a folder, sorted; none if it is not there or is a file."""
    if is_remote(folder):
        return stores.list_names(folder) or []
    with _readable(folder):
        try:
            return sorted(os.listdir(folder))
        except FileNotFoundError:
            return []
        except NotADirectoryError:
            if is_file(folder):
                return []
            raise


def list_found(folder: str) -> dict[str, Found]:
    """What is in a folder, by name, sorted; none if it is not there. What vanishes meanwhile is left out."""
    found = {name: look(f"{folder.rstrip('/')}/{name}") for name in list_names(folder)}
    return {name: one for name, one in found.items() if one is not None}


def list_folders(folder: str) -> list[str]:
    """Names of the folders in a folder, sorted; none if it is not there."""
    return [name for name, one in list_found(folder).items() if one.kind == "folder"]


def list_files(folder: str) -> list[str]:
    """Names of all files below a folder, relative to it, with ``/``, sorted; none if it is not there."""
    return sorted(find_files(folder))


def find_files(folder: str) -> dict[str, Found]:
    """All files below a folder by their names, relative to it, with ``/``; none if it is not there."""
    root = folder.rstrip("/")
    found: dict[str, Found] = {}
    todo, seen = [""], set[str]()
    while todo:
        inside = todo.pop()
        here = f"{root}/{inside}".rstrip("/")
        real = here if is_remote(folder) else os.path.realpath(here)
        if real in seen:  # a link may lead in a circle
            continue
        seen.add(real)
        for name, one in list_found(here).items():
            if one.kind == "file":
                found[f"{inside}{name}"] = one
            elif one.kind == "folder":
                todo.append(f"{inside}{name}/")
    return found


def walk(folder: str) -> Iterator[tuple[str, list[str], list[str]]]:
    """As ``os.walk``, from the top: folder, names of folders in it, which may be changed, and of files."""
    found = list_found(folder)
    folders = [name for name, one in found.items() if one.kind == "folder"]
    yield folder, folders, [name for name, one in found.items() if one.kind == "file"]
    for name in folders:
        yield from walk(f"{folder.rstrip('/')}/{name}")


def list_matches(pattern: str) -> list[str]:
    """The addresses that a pattern of a store matches, sorted: ``*``, ``?`` and ``[]`` within a part of the path.

    Args:
        pattern: With a scheme. One without such characters matches what is there.
    """
    scheme, _, rest = pattern.partition("://")
    bucket, *parts = rest.rstrip("/").split("/")
    found = [f"{scheme}://{bucket}"]
    for part in parts:
        if _MAGIC.search(part):
            found = [f"{one}/{name}" for one in found for name in fnmatch.filter(list_names(one), part)]
        else:
            found = [f"{one}/{part}" for one in found]
    return sorted(one for one in found if is_there(one))


def sha256(path: str) -> str:
    """Of a file's bytes, in hexadecimal digits."""
    digest = hashlib.sha256()
    with opened(path) as file:
        while block := file.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()


def read_bytes(path: str) -> bytes | None:
    """A file's content; None if it is not there."""
    if is_remote(path):
        return stores.read(path)
    _check_regular(path)
    with _readable(path):
        try:
            return Path(path).read_bytes()
        except FileNotFoundError:
            return None


def read_text(path: str) -> str | None:
    """A file's text; None if it is not there."""
    content = read_bytes(path)
    return None if content is None else content.decode("utf-8")


def write_text(path: str, text: str) -> None:
    """Writes a file, with its folders."""
    if is_remote(path):
        stores.write(path, text.encode("utf-8"))
        return
    os.makedirs(os.path.dirname(path), exist_ok=True)
    Path(path).write_bytes(text.encode("utf-8"))


def copy(source: str, target: str) -> None:
    """Copies a file, with its folders, from anywhere to anywhere; what was there is replaced."""
    if not is_remote(source) and not is_remote(target):
        os.makedirs(os.path.dirname(target), exist_ok=True)
        shutil.copyfile(source, target)
        return

    def transfer() -> None:
        with opened(source) as read, opened(target, "wb") as written:
            while block := stores.read_block(read, source, _BLOCK):
                written.write(block)

    stores.transferred(target if is_remote(target) else source, transfer)


def remove_file(path: str) -> None:
    """Removes a file."""
    if is_remote(path):
        stores.remove_file(path)
    else:
        os.remove(path)


def remove_folder(folder: str) -> None:
    """Removes a folder with all that is in it."""
    if is_remote(folder):
        stores.remove_folder(folder)
    else:
        shutil.rmtree(folder)


@contextmanager
def opened(path: str, mode: str = "rb") -> Iterator[Any]:
    """A file, for what is read or written in parts; its folders are made.

    Args:
        path: Of this machine, or of a store.
        mode: ``rb`` or ``wb``.
    """
    if is_remote(path):
        with stores.opened(path, mode) as file:
            yield file
    else:
        if mode != "rb":
            os.makedirs(os.path.dirname(path), exist_ok=True)
        else:
            _check_regular(path)
        with open(path, mode) as file:
            yield file


def _check_regular(path: str) -> None:
    found = look(path)
    if found is not None and found.kind == "other":
        raise StoreError(f"{path} is a pipe, a socket or a device; only regular files are read")


@contextmanager
def _readable(path: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        again = error.errno in _PASSING
        remedy = "the same command tries again" if again else "check its permissions and the path"
        raise StoreError(f"{path} cannot be read: {error.strerror}; {remedy}", again) from None
