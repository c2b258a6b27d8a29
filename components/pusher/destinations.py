"""Serving directories: a folder a version, on this machine or in an object store.

A reader must never load half a version. On this machine a version is written beside, under a hidden name that servers
pass over, brought to disk, and then renamed. An object store cannot rename: there a version's ``saved_model.pb``,
without which nothing loads, is written last.
"""

import fcntl
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Protocol

from components import files
from components.pusher.manifest import MANIFEST, Manifest, file_checksums, model_digest, read_manifest, to_json

SAVED_MODEL = "saved_model.pb"
_LOCK = ".lock"
_HIDDEN = ".tmp-"


class Destination(Protocol):
    """A serving directory."""

    def locked(self) -> AbstractContextManager[None]:
        """Keeps other pushers out, as far as that can be, and removes what killed ones left."""

    def versions(self) -> list[int]:
        """The versions in it that can be served, oldest first; none if it is not there."""

    def path(self, version: int) -> str:
        """Where a version is."""

    def digest(self, version: int) -> str:
        """Of a version's model."""

    def publish(self, model_dir: str, manifest: Manifest) -> None:
        """Writes the version that the manifest names."""

    def withdraw(self, version: int) -> None:
        """Removes a version."""


def open_destination(directory: str) -> Destination:
    """A serving directory by its path or URI."""
    return ObjectStore(directory) if files.is_remote(directory) else LocalDirectory(Path(directory))


def _numbers(names: list[str]) -> list[int]:
    """Those names that TF Serving reads as versions."""
    return sorted(int(name) for name in names if re.fullmatch("0|[1-9][0-9]*", name))


class LocalDirectory:
    """On this machine. A digest is that of the bytes that are there: a damaged version is another model."""

    def __init__(self, root: Path) -> None:
        """Opens it; it need not be there."""
        self._root = root

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Excludes other pushers by a lock that ends with the process; removes what a killed one left."""
        self._root.mkdir(parents=True, exist_ok=True)
        with (self._root / _LOCK).open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            for path in self._root.glob(f"{_HIDDEN}*"):
                shutil.rmtree(path)
            yield

    def versions(self) -> list[int]:
        """See `Destination`."""
        return _numbers(files.list_folders(str(self._root)))

    def path(self, version: int) -> str:
        """See `Destination`."""
        return str(self._root / str(version))

    def digest(self, version: int) -> str:
        """See `Destination`."""
        return model_digest(file_checksums(self.path(version)))

    def publish(self, model_dir: str, manifest: Manifest) -> None:
        """See `Destination`."""
        hidden = self._root / f"{_HIDDEN}{manifest.version}"
        for name in _to_copy(model_dir):
            files.copy(f"{model_dir}/{name}", str(hidden / name))
        files.write_text(str(hidden / MANIFEST), to_json(manifest))
        for path in [hidden, *hidden.rglob("*")]:
            _sync(path)
        hidden.rename(self.path(manifest.version))
        _sync(self._root)

    def withdraw(self, version: int) -> None:
        """See `Destination`; a server that reads it meanwhile has it whole or not at all under its name."""
        hidden = self._root / f"{_HIDDEN}{version}"
        Path(self.path(version)).rename(hidden)
        shutil.rmtree(hidden)


class ObjectStore:
    """Behind a URI that TensorFlow's file systems know. A digest is the manifest's: reading all bytes would take long.

    There is no lock: one pusher at a time.
    """

    def __init__(self, root: str) -> None:
        """Opens it; it need not be there."""
        self._root = root.rstrip("/")

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Removes versions that a killed pusher left without a ``saved_model.pb``."""
        for version in _numbers(files.list_folders(self._root)):
            if not self._is_whole(version):
                files.remove_folder(self.path(version))
        yield

    def versions(self) -> list[int]:
        """See `Destination`."""
        return [version for version in _numbers(files.list_folders(self._root)) if self._is_whole(version)]

    def path(self, version: int) -> str:
        """See `Destination`."""
        return f"{self._root}/{version}"

    def digest(self, version: int) -> str:
        """See `Destination`."""
        manifest = read_manifest(self.path(version))
        return manifest.digest if manifest else model_digest(file_checksums(self.path(version)))

    def publish(self, model_dir: str, manifest: Manifest) -> None:
        """See `Destination`."""
        target = self.path(manifest.version)
        for name in _to_copy(model_dir):
            if name != SAVED_MODEL:
                files.copy(f"{model_dir}/{name}", f"{target}/{name}")
        files.write_text(f"{target}/{MANIFEST}", to_json(manifest))
        files.copy(f"{model_dir}/{SAVED_MODEL}", f"{target}/{SAVED_MODEL}")

    def withdraw(self, version: int) -> None:
        """See `Destination`; without its graph, which goes first, it is no version any more."""
        files.remove_file(f"{self.path(version)}/{SAVED_MODEL}")
        files.remove_folder(self.path(version))

    def _is_whole(self, version: int) -> bool:
        return SAVED_MODEL in files.list_files(self.path(version))


def _to_copy(model_dir: str) -> list[str]:
    """All files but a manifest of before."""
    return [name for name in files.list_files(model_dir) if name != MANIFEST]


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
