"""Publishes a SavedModel to a serving directory: atomically, and identical bytes only once.

A serving directory holds a folder per version, named by an integer, as TF Serving wants it; the server takes
the greatest. A version is the time of the push in Unix seconds, raised by one where that is taken: it grows
even when old versions were removed or the clock went back, so a number never means two models, and no counter
has to be kept.

A version is written beside, under a hidden name that servers pass over, brought to disk, and then renamed. A
reader sees all of it or nothing. Pushers exclude each other by a lock that ends with the process; what a
killed one left is removed by the next.
"""

import dataclasses
import fcntl
import hashlib
import json
import os
import re
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

SAVED_MODEL = "saved_model.pb"
EXTRA = "assets.extra"
MANIFEST = Path(EXTRA) / "manifest.json"
_LOCK = ".lock"
_HIDDEN = ".tmp-"


@dataclasses.dataclass(frozen=True)
class Pushed:
    """Where a model is served from.

    Attributes:
        path: Its version's directory.
        version: Its number.
        digest: SHA-256 of the model, see `model_digest`.
        new: Whether this push wrote it; false if the newest version already was this model.
    """

    path: Path
    version: int
    digest: str
    new: bool


def push(
    model_dir: Path,
    destination: Path,
    keep: int | None = None,
    facts: dict[str, object] | None = None,
    clock: Callable[[], float] = time.time,
) -> Pushed:
    """Makes a model the newest version of a serving directory.

    Nothing is written if the newest version has the same bytes. An older version with the same bytes does not
    count: the server serves the newest, so the model is pushed again. The bytes are read anew each time: a
    damaged version is replaced by a sound one.

    Args:
        model_dir: A SavedModel directory.
        destination: The serving directory; made if it is not there.
        keep: Number of newest versions that stay; None: all.
        facts: What else to put into the manifest, for example where the model comes from.
        clock: Unix seconds.

    Returns:
        The version that holds the model.

    Raises:
        FileNotFoundError: If `model_dir` holds no SavedModel.
    """
    if not (model_dir / SAVED_MODEL).is_file():
        raise FileNotFoundError(f"{model_dir} holds no {SAVED_MODEL}")
    destination.mkdir(parents=True, exist_ok=True)
    checksums = file_checksums(model_dir)
    digest = model_digest(checksums)
    with _locked(destination):
        _remove_leftovers(destination)
        newest = newest_version(destination)
        if newest is not None and model_digest(file_checksums(destination / str(newest))) == digest:
            return Pushed(destination / str(newest), newest, digest, new=False)
        version = max(int(clock()), (newest or 0) + 1)
        manifest = {"version": version, "digest": digest, "files": checksums, **(facts or {})}
        _publish(model_dir, destination / str(version), manifest)
        if keep is not None:
            for old in versions(destination)[:-keep]:
                _withdraw(destination / str(old))
    return Pushed(destination / str(version), version, digest, new=True)


def versions(destination: Path) -> list[int]:
    """The versions in a serving directory, oldest first; none if it is not there."""
    if not destination.is_dir():
        return []
    names = [path.name for path in destination.iterdir() if path.is_dir()]
    return sorted(int(name) for name in names if re.fullmatch("0|[1-9][0-9]*", name))


def newest_version(destination: Path) -> int | None:
    """The version that a server takes; None if there is none."""
    return max(versions(destination), default=None)


def file_checksums(model_dir: Path) -> dict[str, str]:
    """SHA-256 of each file of a model, by its path in it.

    ``assets.extra`` is left out: it holds the warm-up and the manifest, which do not change what the model
    answers.
    """
    files = sorted(path for path in model_dir.rglob("*") if path.is_file())
    relative = {path.relative_to(model_dir).as_posix(): path for path in files}
    return {name: _sha256(path) for name, path in relative.items() if not name.startswith(f"{EXTRA}/")}


def model_digest(checksums: dict[str, str]) -> str:
    """One SHA-256 over the files' names and checksums."""
    return hashlib.sha256(json.dumps(checksums, sort_keys=True).encode()).hexdigest()


def _publish(model_dir: Path, target: Path, manifest: dict[str, object]) -> None:
    hidden = target.parent / f"{_HIDDEN}{target.name}"
    shutil.copytree(model_dir, hidden)
    (hidden / MANIFEST).parent.mkdir(exist_ok=True)
    (hidden / MANIFEST).write_text(json.dumps(manifest, ensure_ascii=False, indent=2), encoding="utf-8")
    for path in [hidden, *hidden.rglob("*")]:
        _sync(path)
    hidden.rename(target)
    _sync(target.parent)


def _withdraw(version: Path) -> None:
    hidden = version.parent / f"{_HIDDEN}{version.name}"
    version.rename(hidden)
    shutil.rmtree(hidden)


def _remove_leftovers(destination: Path) -> None:
    for path in destination.glob(f"{_HIDDEN}*"):
        shutil.rmtree(path)


@contextmanager
def _locked(destination: Path) -> Iterator[None]:
    with (destination / _LOCK).open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()
