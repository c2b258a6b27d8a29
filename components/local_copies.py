"""Folders for code that reads and writes on this machine only, such as transformers', wherever artifacts are."""

import atexit
import contextlib
import functools
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from components import files
from components.errors import ConfigError


@functools.cache
def local_copy(path: str) -> str:
    """A folder of this machine with the same files, or the same file.

    Args:
        path: Of a folder or a file, or a URI. What is at a URI is fetched once, and stays until this process ends.

    Returns:
        The path itself if it is on this machine.

    Raises:
        ConfigError: If it cannot be reached, or nothing is there.
    """
    if not files.is_remote(path):
        return path
    path = path.rstrip("/")
    copy = tempfile.mkdtemp(prefix="tfx-bert-")
    atexit.register(shutil.rmtree, copy, ignore_errors=True)
    if files.is_file(path):
        copy = f"{copy}/{path.rpartition('/')[2]}"
        files.copy(path, copy)
        return copy
    names = files.list_files(path)
    if not names:
        raise ConfigError("", f"{path}: nothing is there")
    for name in names:
        files.copy(f"{path}/{name}", f"{copy}/{name}")
    return copy


@contextlib.contextmanager
def local_output(folder: str) -> Iterator[str]:
    """A folder of this machine whose files are in another when the block ends well.

    Args:
        folder: A path or a URI; made if it is not there.

    Yields:
        The folder itself if it is on this machine.

    Raises:
        ConfigError: If it cannot be reached.
    """
    if not files.is_remote(folder):
        Path(folder).mkdir(parents=True, exist_ok=True)
        yield folder
        return
    with tempfile.TemporaryDirectory(prefix="tfx-bert-") as copy:
        yield copy
        for name in files.list_files(copy):
            files.copy(f"{copy}/{name}", f"{folder}/{name}")
