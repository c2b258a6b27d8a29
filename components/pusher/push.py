"""Publishes a SavedModel to a serving directory: atomically, and identical bytes only once.

A serving directory holds a folder per version, named by an integer, as TF Serving wants it; the server takes the
greatest. A version is the time of the push in Unix seconds, raised by one where that is taken: it grows even when old
versions were removed or the clock went back, so a number never means two models, and no counter has to be kept.
"""

import dataclasses
import datetime
import time
from collections.abc import Callable, Mapping

from components.errors import ConfigError
from components.pusher.destinations import SAVED_MODEL, Destination, open_destination
from components.pusher.manifest import Manifest, file_checksums, model_digest, read_manifest

Clock = Callable[[], float]


@dataclasses.dataclass(frozen=True)
class Pushed:
    """Where a model is served from.

    Attributes:
        path: Its version's directory.
        version: Its number.
        digest: SHA-256 of the model, see `components.pusher.manifest.model_digest`.
        new: Whether this push wrote it; false if the newest version already was this model.
    """

    path: str
    version: int
    digest: str
    new: bool


class Withdrawn(Exception):
    """The model was rolled back from: it is pushed again only by another rollback."""


def push(
    model_dir: str,
    destination: str,
    keep: int | None = None,
    run_id: str = "",
    metrics: Mapping[str, float] | None = None,
    clock: Clock = time.time,
) -> Pushed:
    """Makes a model the newest version of a serving directory.

    Nothing is written if the newest version has the same bytes. An older version with the same bytes does not count:
    the server serves the newest, so the model is pushed again.

    Args:
        model_dir: A SavedModel directory, local or remote.
        destination: The serving directory, local or remote; made if it is not there.
        keep: Number of newest versions that stay; None: all.
        run_id: The run that pushes, for the manifest.
        metrics: The model's main figures, for the manifest.
        clock: Unix seconds.

    Returns:
        The version that holds the model.

    Raises:
        FileNotFoundError: If `model_dir` holds no SavedModel.
        Withdrawn: If this model was rolled back from.
    """
    checksums = file_checksums(model_dir)
    if SAVED_MODEL not in checksums:
        raise FileNotFoundError(f"{model_dir} holds no {SAVED_MODEL}")
    digest = model_digest(checksums)
    place = open_destination(destination)
    with place.locked():
        newest = max(place.versions(), default=None)
        before = read_manifest(place.path(newest)) if newest is not None else None
        if before and digest in before.withdrawn:
            raise Withdrawn(
                f"{destination}: this model was rolled back from (version {newest} is served); "
                "`tfx-bert push rollback --to VERSION` brings it back"
            )
        if newest is not None and place.digest(newest) == digest:
            return Pushed(place.path(newest), newest, digest, new=False)
        manifest = Manifest(
            version=_next(newest, clock),
            digest=digest,
            files=checksums,
            pushed=_now(clock),
            model=model_dir,
            run_id=run_id,
            metrics=dict(metrics or {}),
            withdrawn=before.withdrawn if before else [],
        )
        place.publish(model_dir, manifest)
        _drop_old(place, keep)
    return Pushed(place.path(manifest.version), manifest.version, digest, new=True)


def rollback(destination: str, to: int | None = None, clock: Clock = time.time) -> Manifest:
    """Makes an older version's model the newest again, under a new number, since servers take the greatest.

    The model that was newest is noted as withdrawn: a run that makes the same bytes again does not push them.

    Args:
        destination: The serving directory, local or remote.
        to: Whose model; None: the newest version's that holds another model and was not withdrawn itself.
        clock: Unix seconds.

    Returns:
        The manifest of the new version.

    Raises:
        ConfigError: If there is no such version, or it is the newest.
    """
    place = open_destination(destination)
    with place.locked():
        versions = place.versions()
        if not versions:
            raise ConfigError("", f"{destination} holds no version: name a serving directory, ROOT/serving/NAME")
        newest = versions[-1]
        served = read_manifest(place.path(newest))
        withdrawn = served.withdrawn if served else []
        digests = {version: place.digest(version) for version in versions}
        chosen = to if to is not None else _before(digests, withdrawn)
        if chosen is None:
            back = [str(version) for version in versions if digests[version] != digests[newest]]
            remedy = f": --to brings one back that was rolled back from: {', '.join(back)}" if back else ""
            raise ConfigError("", f"{destination} has no older model that was not rolled back from{remedy}")
        if chosen not in digests:
            raise ConfigError("--to", f"{destination} has no {chosen}; its versions: {', '.join(map(str, versions))}")
        if digests[chosen] == digests[newest]:
            raise ConfigError("--to", f"version {newest}, which is served, is the model of {chosen} already")
        old = read_manifest(place.path(chosen))
        gone = {*withdrawn, digests[newest]} - {digests[chosen]}
        manifest = Manifest(
            version=_next(newest, clock),
            digest=digests[chosen],
            files=old.files if old else file_checksums(place.path(chosen)),
            pushed=_now(clock),
            model=old.model if old else place.path(chosen),
            run_id=old.run_id if old else "",
            metrics=old.metrics if old else {},
            restored=chosen,
            withdrawn=sorted(gone),
        )
        place.publish(place.path(chosen), manifest)
    return manifest


def list_versions(destination: str) -> list[tuple[int, Manifest | None]]:
    """The versions of a serving directory, oldest first, with what they say of themselves.

    Args:
        destination: Local or remote; none are in it if it is not there.
    """
    place = open_destination(destination)
    return [(version, read_manifest(place.path(version))) for version in place.versions()]


def newest_version(destination: str) -> int | None:
    """The version that a server takes; None if there is none."""
    return max(open_destination(destination).versions(), default=None)


def newest_manifest(destination: str) -> Manifest | None:
    """What the version that a server takes says of itself; None if there is none, or it has no manifest."""
    newest = newest_version(destination)
    return None if newest is None else read_manifest(f"{destination}/{newest}")


def newest_other(destination: str, model_dir: str) -> str | None:
    """The newest version that holds another model, and was not rolled back from.

    Args:
        destination: The serving directory, local or remote; none is in it if it is not there.
        model_dir: A SavedModel directory, local or remote.

    Returns:
        The version's directory; None if there is none.
    """
    return _newest_without(destination, lambda: {model_digest(file_checksums(model_dir))})


def newest_standing(destination: str, fits: Callable[[str], bool]) -> str | None:
    """The newest version that fits and was not rolled back from.

    Args:
        destination: The serving directory, local or remote; none is in it if it is not there.
        fits: Tells by a version's directory whether it counts.

    Returns:
        The version's directory; None if there is none.
    """
    return _newest_without(destination, set, fits)


def _newest_without(
    destination: str, others: Callable[[], set[str]], fits: Callable[[str], bool] = lambda directory: True
) -> str | None:
    place = open_destination(destination)
    versions = place.versions()
    if not versions:
        return None
    served = read_manifest(place.path(versions[-1]))
    left_out = others() | set(served.withdrawn if served else [])
    standing = (place.path(one) for one in reversed(versions) if place.digest(one) not in left_out)
    return next((directory for directory in standing if fits(directory)), None)


def _before(digests: Mapping[int, str], withdrawn: list[str]) -> int | None:
    newest = max(digests)
    others = [version for version, digest in digests.items() if digest != digests[newest] and digest not in withdrawn]
    return max(others, default=None)


def _drop_old(place: Destination, keep: int | None) -> None:
    if keep is not None:
        for version in place.versions()[:-keep]:
            place.withdraw(version)


def _next(newest: int | None, clock: Clock) -> int:
    return max(int(clock()), (newest or 0) + 1)


def _now(clock: Clock) -> str:
    return datetime.datetime.fromtimestamp(clock(), datetime.timezone.utc).isoformat(timespec="seconds")
