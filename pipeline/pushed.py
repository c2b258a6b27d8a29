"""The verbs `push list` and `push rollback`."""

from pathlib import Path

from components.errors import ConfigError
from components.pusher.manifest import Manifest
from components.pusher.push import list_versions, rollback

_SHOWN = ("weighted_f1", "accuracy", "perplexity", "masked_accuracy")


def print_versions(directory: str) -> None:
    """Prints a header and a line a version, oldest first, in columns.

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
    rows = [("VERSION", "STATE", "PUSHED", "MODEL", "FIGURES", "FROM")]
    for version, one in found:
        state = "served" if version == newest else "withdrawn" if one and one.digest in withdrawn else "-"
        rows.append((str(version), state, *(_fields(one) if one else ("no manifest", "-", "-", "-"))))
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
    return directory if "://" in directory else str(Path(directory).expanduser().resolve())


def _fields(manifest: Manifest) -> tuple[str, str, str, str]:
    origin = f"version {manifest.restored}" if manifest.restored is not None else f"run {manifest.run_id or '?'}"
    return manifest.pushed, manifest.digest[:12], _figures(manifest), origin


def _figures(manifest: Manifest) -> str:
    figures = [f"{name} {manifest.metrics[name]:.4f}" for name in _SHOWN if name in manifest.metrics]
    return ", ".join(figures) or "-"
