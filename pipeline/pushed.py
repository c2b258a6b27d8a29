"""The verbs `push list` and `push rollback`."""

from pathlib import Path

from components.errors import ConfigError
from components.pusher.manifest import Manifest
from components.pusher.push import list_versions, rollback

_SHOWN = ("weighted_f1", "accuracy", "perplexity", "masked_accuracy")


def print_versions(directory: str) -> None:
    """Prints a line a version, oldest first, tabs between the fields.

    Args:
        directory: The serving directory, local or remote.

    Raises:
        ConfigError: If it holds no version.
    """
    found = list_versions(_absolute(directory))
    if not found:
        raise ConfigError("", f"{directory} holds no version: name a serving directory, ROOT/serving/NAME")
    newest, manifest = found[-1]
    withdrawn = set(manifest.withdrawn) if manifest else set()
    for version, one in found:
        state = "served" if version == newest else "withdrawn" if one and one.digest in withdrawn else ""
        print("\t".join([str(version), state.ljust(len("withdrawn")), *(_fields(one) if one else ["no manifest"])]))


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
    return directory if "://" in directory else str(Path(directory).expanduser().resolve())


def _fields(manifest: Manifest) -> list[str]:
    origin = f"restored from {manifest.restored}" if manifest.restored is not None else manifest.run_id
    return [manifest.pushed, manifest.digest[:12], _figures(manifest), origin]


def _figures(manifest: Manifest) -> str:
    figures = [f"{name} {manifest.metrics[name]:.4f}" for name in _SHOWN if name in manifest.metrics]
    return ", ".join(figures) or "no figures"
