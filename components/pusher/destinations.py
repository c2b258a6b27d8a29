"""Serving directories: a folder a version, on this machine or in an object store.

A reader must never load half a version. On this machine a version is written beside, under a hidden name that servers
pass over, brought to disk, and then renamed. An object store cannot rename: there a version's ``saved_model.pb``,
without which nothing loads, is written last.
"""

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Protocol

from components import files
from components.files import StoreError
from components.pusher.digest import model_digest
from components.pusher.manifest import MANIFEST, Manifest, file_checksums, read_manifest, to_json
from components.pusher.versions import Version, find_versions
from components.pusher.whole import SAVED_MODEL, why_incomplete

_LOCK = ".lock"
_HIDDEN = ".tmp-"


class Destination(Protocol):
    """A serving directory."""

    def locked(self) -> AbstractContextManager[None]:
        """Keeps other pushers out, as far as that can be, and removes what killed ones left."""

    def versions(self) -> list[Version]:
        """The versions in it, oldest first, those that cannot be served too; none if it is not there."""

    def path(self, version: int) -> str:
        """Where a version that is published comes to be."""

    def digest(self, version: Version) -> str:
        """Of a version's model."""

    def publish(self, model_dir: str, manifest: Manifest) -> None:
        """Writes the version that the manifest names."""

    def withdraw(self, version: Version) -> None:
        """Removes a version."""


def open_destination(directory: str) -> Destination:
    """A serving directory by its path or URI."""
    return ObjectStore(directory) if files.is_remote(directory) else LocalDirectory(Path(directory))


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

    def versions(self) -> list[Version]:
        """See `Destination`."""
        return find_versions(str(self._root))

    def path(self, version: int) -> str:
        """See `Destination`."""
        return str(self._root / str(version))

    def digest(self, version: Version) -> str:
        """See `Destination`."""
        manifest = read_manifest(version.path)
        told = manifest and manifest.digest_of == "model" and manifest.files == file_checksums(version.path)
        return manifest.digest if manifest and told else model_digest(version.path)

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

    def withdraw(self, version: Version) -> None:
        """See `Destination`; a server that reads it meanwhile has it whole or not at all under its name."""
        hidden = self._root / f"{_HIDDEN}{version.number}"
        Path(version.path).rename(hidden)
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
        for version in self.versions():
            if version.problem and files.is_folder(version.path) and not files.is_there(self._graph(version)):
                files.remove_folder(version.path)
        yield

    def versions(self) -> list[Version]:
        """See `Destination`."""
        return find_versions(self._root)

    def path(self, version: int) -> str:
        """See `Destination`."""
        return f"{self._root}/{version}"

    def digest(self, version: Version) -> str:
        """See `Destination`."""
        manifest = read_manifest(version.path)
        return manifest.digest if manifest and manifest.digest_of == "model" else model_digest(version.path)

    def publish(self, model_dir: str, manifest: Manifest) -> None:
        """See `Destination`."""
        target = self.path(manifest.version)
        for name in _to_copy(model_dir):
            if name != SAVED_MODEL:
                files.copy(f"{model_dir}/{name}", f"{target}/{name}")
        files.write_text(f"{target}/{MANIFEST}", to_json(manifest))
        files.copy(f"{model_dir}/{SAVED_MODEL}", f"{target}/{SAVED_MODEL}")
        if problem := why_incomplete(target):
            raise StoreError(f"{target} did not arrive whole: {problem}; the same command tries again", again=True)

    def withdraw(self, version: Version) -> None:
        """See `Destination`; without its graph, which goes first, it is no version any more."""
        files.remove_file(self._graph(version))
        files.remove_folder(version.path)

    def _graph(self, version: Version) -> str:
        return f"{version.path}/{SAVED_MODEL}"


def _to_copy(model_dir: str) -> list[str]:
    """All files but a manifest of before."""
    return [name for name in files.list_files(model_dir) if name != MANIFEST]


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
