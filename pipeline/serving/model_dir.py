"""Finds the SavedModel that a person means by a directory."""

import sys
from pathlib import Path

from components import files
from components.errors import ConfigError
from components.pusher import versions
from components.pusher.whole import SAVED_MODEL, why_unfit

__all__ = ["SAVED_MODEL", "find_model", "find_versions"]


def find_model(directory: str | Path) -> Path:
    """Finds a SavedModel, the one that a server would serve.

    Args:
        directory: A SavedModel; a serving directory, whose newest whole version is taken (``ROOT/serving/NAME``), with
            a line on stderr about newer ones that are not whole; or a folder that holds a single serving directory
            (``ROOT/serving``).

    Returns:
        The SavedModel's directory.

    Raises:
        ConfigError: If there is none, it is damaged, or there is more than one serving directory to choose from.
        StoreError: If the directory cannot be read.
    """
    path = Path(directory)
    if not files.is_folder(str(path)):
        raise ConfigError("--model", f"{path} is not a directory")
    if files.is_there(str(path / SAVED_MODEL)):
        if problem := why_unfit(str(path)):
            raise ConfigError("--model", f"{path} cannot be loaded: {problem}")
        return path
    if found := _served(path):
        return found
    inside = [child for child in files.list_folders(str(path)) if versions.numbered(str(path / child))]
    serving = {child: model for child in inside if (model := _served(path / child))}
    if len(serving) > 1:
        raise ConfigError("--model", f"{path} holds several models: choose one of {', '.join(serving)}")
    if serving:
        return next(iter(serving.values()))
    places = [path, *(path / child for child in inside)]
    broken = [version for place in places for version in versions.find_versions(str(place))]
    if broken:
        raise ConfigError("--model", f"{broken[-1].path} cannot be loaded: {broken[-1].problem}")
    raise ConfigError("--model", f"{path} holds no SavedModel ({SAVED_MODEL}) and no version of one")


def find_versions(path: Path) -> dict[int, Path]:
    """The versions in a serving directory by number, those that hold a graph: whether they load is for who loads them.

    Args:
        path: The directory; none are in it if it is not there.

    Raises:
        StoreError: If it cannot be read.
    """
    found = [version for version in versions.numbered(str(path)) if not version.problem]
    return {one.number: Path(one.path) for one in found if files.is_file(f"{one.path}/{SAVED_MODEL}")}


def _served(path: Path) -> Path | None:
    served = versions.served_version(str(path))
    if served is None:
        return None
    for version in versions.find_versions(str(path)):
        if version.number > served.number:
            print(f"tfx-bert: {version.path} is passed over: {version.problem}", file=sys.stderr)
    return Path(served.path)
