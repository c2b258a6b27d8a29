"""Finds the SavedModel that a person means by a directory."""

from pathlib import Path

from components.errors import ConfigError

SAVED_MODEL = "saved_model.pb"
_LARGEST = (1 << 63) - 1  # of a version's number, for TF Serving


def find_model(directory: str | Path) -> Path:
    """Finds a SavedModel.

    Args:
        directory: A SavedModel; a serving directory, whose newest version is taken (``ROOT/serving/NAME``);
            or a folder that holds a single serving directory (``ROOT/serving``).

    Returns:
        The SavedModel's directory.

    Raises:
        ConfigError: If there is none, or more than one serving directory to choose from.
    """
    path = Path(directory)
    if not path.is_dir():
        raise ConfigError("--model", f"{path} is not a directory")
    found = _model_or_newest(path)
    if found:
        return found
    serving = {child.name: model for child in sorted(path.iterdir()) if child.is_dir() and (model := _newest(child))}
    if len(serving) > 1:
        raise ConfigError("--model", f"{path} holds several models: choose one of {', '.join(serving)}")
    if not serving:
        raise ConfigError("--model", f"{path} holds no SavedModel ({SAVED_MODEL}) and no version of one")
    return next(iter(serving.values()))


def _model_or_newest(path: Path) -> Path | None:
    return path if (path / SAVED_MODEL).is_file() else _newest(path)


def find_versions(path: Path) -> dict[int, Path]:
    """The versions in a serving directory that hold a SavedModel, by number.

    Args:
        path: The directory; it must be there.
    """
    folders = [child for child in path.iterdir() if child.name.isdecimal() and int(child.name) <= _LARGEST]
    return {int(child.name): child for child in folders if (child / SAVED_MODEL).is_file()}


def _newest(path: Path) -> Path | None:
    versions = find_versions(path)
    return versions[max(versions)] if versions else None
