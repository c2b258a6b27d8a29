"""The verbs `push list` and `push rollback`."""

from pathlib import Path

from components.errors import ConfigError
from components.files import is_remote
from components.pusher.destinations import open_destination
from components.pusher.manifest import Manifest, read_manifest
from components.pusher.push import rollback
from components.pusher.standing import Standing
from components.pusher.versions import Version

_SHOWN = ("weighted_f1", "accuracy", "perplexity", "masked_accuracy")


def print_versions(directory: str) -> None:
    """Prints a header and a line a version, oldest first, in columns.

    Args:
        directory: The serving directory, local or remote.

    Raises:
        ConfigError: If it holds no version.
    """
    place = _absolute(directory)
    standing = Standing(open_destination(place))
    if not standing.versions:
        raise ConfigError("", f"{directory} holds no version: name a serving directory, ROOT/serving/NAME")
    rows = [("VERSION", "STATE", "PUSHED", "MODEL", "FIGURES", "FROM")]
    for version in standing.versions:
        manifest = None if version.problem else read_manifest(version.path)
        rows.append((str(version.number), *_state(standing, version, manifest)))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        print("  ".join(field.ljust(width) for field, width in zip(row, widths, strict=True)).rstrip())


def roll_back(directory: str, to: int | None) -> None:
    """Makes an older model the served one and says so.

    Args:
        directory: The serving directory, local or remote.
        to: The version whose model it is; None: the one before.

    Raises:
        ConfigError: If there is no such version.
    """
    manifest = rollback(_absolute(directory), to)
    print(f"Version {manifest.version} is served: the model of version {manifest.restored} ({_figures(manifest)})")


def _absolute(directory: str) -> str:
    return directory if is_remote(directory) else str(Path(directory).expanduser().resolve())


def _state(standing: Standing, version: Version, manifest: Manifest | None) -> tuple[str, str, str, str, str]:
    if version.problem:
        return "incomplete", version.problem, "-", "-", "-"
    withdrawn = manifest is not None and manifest.digest in standing.withdrawn
    state = "served" if version == standing.served else "withdrawn" if withdrawn else "-"
    return (state, *(_fields(manifest) if manifest else ("no manifest", "-", "-", "-")))


def _fields(manifest: Manifest) -> tuple[str, str, str, str]:
    origin = f"version {manifest.restored}" if manifest.restored is not None else f"run {manifest.run_id or '?'}"
    return manifest.pushed, manifest.digest[:12], _figures(manifest), origin


def _figures(manifest: Manifest) -> str:
    figures = [f"{name} {manifest.metrics[name]:.4f}" for name in _SHOWN if name in manifest.metrics]
    return ", ".join(figures) or "-"
