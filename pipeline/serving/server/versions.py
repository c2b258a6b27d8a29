"""Watches a serving directory: loads what appears, and serves the newest version that loads."""

import asyncio
import dataclasses
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Generic, Literal, Protocol, TypeVar

from components.errors import first_line
from components.files import StoreError
from pipeline.serving.model_dir import SAVED_MODEL, find_versions

_LOGGER = logging.getLogger(__name__)

State = Literal["START", "LOADING", "AVAILABLE", "UNLOADING", "END"]  # TF Serving's


class _Versioned(Protocol):
    version: int


LoadedT = TypeVar("LoadedT", bound=_Versioned)
Stamp = frozenset[tuple[str, int, int]]


@dataclasses.dataclass(frozen=True)
class Status:
    """What became of a version, and what went wrong with it."""

    state: State
    error: str = ""


class Versions(Generic[LoadedT]):
    """The versions of one model; the newest answers.

    A version that does not load (half of it is there yet, or it is broken) is tried again when its files have changed;
    until then the one before answers. A version whose directory is removed answers on until there is another.

    Attributes:
        current: What answers; None until something has loaded.
        states: Of every version seen.
    """

    def __init__(self, directory: Path, load: Callable[[int, Path], LoadedT]) -> None:
        """Loads nothing yet.

        Args:
            directory: A serving directory, whose folders with numbers are versions; or a single SavedModel.
            load: Loads a version; runs in a thread.
        """
        self.current: LoadedT | None = None
        self.states: dict[int, Status] = {}
        self._directory = directory
        self._load = load
        self._failed: dict[int, Stamp] = {}

    async def watch(self, seconds: float) -> None:
        """Looks again and again, until it is cancelled.

        Args:
            seconds: Between two looks.
        """
        told = ""
        while True:
            try:
                await self.check()
                told = ""
            except (OSError, StoreError) as error:  # the directory is being changed, or away: what is loaded answers on
                if str(error) != told:  # once, and not at every look
                    told = str(error)
                    _LOGGER.warning("%s cannot be read: %s", self._directory, error)
            await asyncio.sleep(seconds)

    async def check(self) -> None:
        """Looks once, and loads the newest version if it is not the one that answers."""
        found = self._find()
        for version in sorted(found, reverse=True):
            if self.current and self.current.version == version:
                return
            stamp = _stamp(found[version])
            if self._failed.get(version) != stamp and await self._take(version, found[version], stamp):
                return

    async def _take(self, version: int, directory: Path, stamp: Stamp) -> bool:
        self.states[version] = Status("LOADING")
        try:
            loaded = await asyncio.to_thread(self._load, version, directory)
        except Exception as error:  # whatever it is: TensorFlow's loader raises many kinds
            reason = first_line(error)
            _LOGGER.error("version %d does not load: %s", version, reason)
            self._failed[version] = stamp
            self.states[version] = Status("END", reason)
            return False
        before, self.current = self.current, loaded
        self.states[version] = Status("AVAILABLE")
        if before:
            self.states[before.version] = Status("END")  # requests under way still hold it, and end
        _LOGGER.info("version %d answers", version)
        return True

    def _find(self) -> dict[int, Path]:
        if (self._directory / SAVED_MODEL).is_file():
            name = self._directory.name
            return {int(name) if name.isdecimal() else 1: self._directory}
        return find_versions(self._directory) if self._directory.is_dir() else {}


def _stamp(directory: Path) -> Stamp:
    """Names, sizes and times of a version's files: another stamp, another chance."""
    files = [(file, file.stat()) for file in directory.rglob("*") if file.is_file()]
    return frozenset((str(file), status.st_size, status.st_mtime_ns) for file, status in files)
