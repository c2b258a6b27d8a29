"""Publishes a SavedModel to a serving directory: atomically, and the same model only once.

A serving directory holds a folder per version, named by an integer, as TF Serving wants it; the server takes the
greatest. A version is the time of the push in Unix seconds, raised by one where that is taken: it grows even when old
versions were removed or the clock went back, so a number never means two models, and no counter has to be kept.
"""

import dataclasses
import datetime
import time
from collections.abc import Callable, Mapping

from components.errors import ConfigError
from components.pusher.destinations import Destination, open_destination
from components.pusher.digest import model_digest
from components.pusher.manifest import Manifest, file_checksums, file_sizes, read_manifest
from components.pusher.standing import Clock, Standing
from components.pusher.versions import Version, served_version, whole_versions
from components.pusher.whole import SAVED_MODEL


@dataclasses.dataclass(frozen=True)
class Pushed:
    """Where a model is served from.

    Attributes:
        path: Its version's directory.
        version: Its number.
        digest: SHA-256 of the model, see `components.pusher.digest.model_digest`.
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

    Nothing is written if the version that is served is this model. An older one does not count: the server serves the
    newest, so the model is pushed again.

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
        StoreError: If the serving directory cannot be asked; nothing is pushed then.
    """
    sizes = file_sizes(model_dir)
    if SAVED_MODEL not in sizes:
        raise FileNotFoundError(f"{model_dir} holds no {SAVED_MODEL}")
    digest = model_digest(model_dir)
    place = open_destination(destination)
    with place.locked():
        standing = Standing(place)
        served = standing.served
        if digest in standing.withdrawn:
            raise Withdrawn(
                f"{destination}: this model was rolled back from (version {served.number if served else 'none'} is "
                "served); `tfx-bert push rollback --to VERSION` brings it back"
            )
        if served and place.digest(served) == digest:
            return Pushed(served.path, served.number, digest, new=False)
        manifest = Manifest(
            version=standing.next_number(clock),
            digest=digest,
            digest_of="model",
            files=file_checksums(model_dir),
            sizes=sizes,
            pushed=_now(clock),
            model=model_dir,
            run_id=run_id,
            metrics=dict(metrics or {}),
            withdrawn=sorted(standing.withdrawn),
        )
        place.publish(model_dir, manifest)
        _drop_old(place, keep)
    return Pushed(place.path(manifest.version), manifest.version, digest, new=True)


def rollback(destination: str, to: int | None = None, clock: Clock = time.time) -> Manifest:
    """Makes an older version's model the newest again, under a new number, since servers take the greatest.

    The model that was newest is noted as withdrawn: a run that makes it again does not push it.

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
    standing = Standing(place)
    source, manifest = _restored(destination, standing, to, clock)  # before the lock: a refusal changes nothing
    with place.locked():
        if place.versions() != standing.versions:  # another push came between
            source, manifest = _restored(destination, Standing(place), to, clock)
        place.publish(source.path, manifest)
    return manifest


def list_versions(destination: str) -> list[tuple[int, Manifest | None]]:
    """The versions that can be served, oldest first, with what they say of themselves.

    Args:
        destination: Local or remote; none are in it if it is not there.

    Raises:
        StoreError: If it cannot be asked.
    """
    return [(version.number, read_manifest(version.path)) for version in whole_versions(destination)]


def newest_version(destination: str) -> int | None:
    """The version that a server takes; None if there is none.

    Raises:
        StoreError: If it cannot be asked.
    """
    served = served_version(destination)
    return served.number if served else None


def withdrawn_models(destination: str) -> set[str]:
    """Digests of the models that were rolled back from.

    Args:
        destination: The serving directory, local or remote; none is in it if it is not there.

    Raises:
        StoreError: If it cannot be asked.
    """
    return Standing(open_destination(destination)).withdrawn


def newest_other(destination: str, model_dir: str) -> str | None:
    """The newest version that holds another model, and was not rolled back from.

    Args:
        destination: The serving directory, local or remote; none is in it if it is not there.
        model_dir: A SavedModel directory, local or remote.

    Returns:
        The version's directory; None if there is none.
    """
    return _newest_without(destination, lambda: {model_digest(model_dir)})


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
    standing = Standing(place)
    if not standing.whole:
        return None
    left_out = others() | standing.withdrawn
    return next(
        (one.path for one in reversed(standing.whole) if place.digest(one) not in left_out and fits(one.path)), None
    )


def _restored(destination: str, standing: Standing, to: int | None, clock: Clock) -> tuple[Version, Manifest]:
    """The version that a rollback copies, and what its copy says of itself."""
    served = standing.served
    if served is None:
        raise ConfigError("", f"{destination} holds no version: name a serving directory, ROOT/serving/NAME")
    digests = {version.number: standing.place.digest(version) for version in standing.whole}
    chosen = to if to is not None else _before(digests, standing.withdrawn)
    if chosen is None:
        back = [str(number) for number, digest in digests.items() if digest != digests[served.number]]
        remedy = f": --to brings one back that was rolled back from: {', '.join(back)}" if back else ""
        raise ConfigError("", f"{destination} has no older model that was not rolled back from{remedy}")
    if chosen not in digests:
        raise ConfigError("--to", f"{destination} has no {chosen}; its versions: {', '.join(map(str, digests))}")
    if digests[chosen] == digests[served.number]:
        raise ConfigError("--to", f"version {served.number}, which is served, is the model of {chosen} already")
    source = next(version for version in standing.whole if version.number == chosen)
    old = read_manifest(source.path)
    return source, Manifest(
        version=standing.next_number(clock),
        digest=digests[chosen],
        digest_of="model",
        files=file_checksums(source.path),
        sizes=file_sizes(source.path),
        pushed=_now(clock),
        model=old.model if old else source.path,
        run_id=old.run_id if old else "",
        metrics=old.metrics if old else {},
        restored=chosen,
        withdrawn=sorted((standing.withdrawn | standing.names(served)) - standing.names(source)),
    )


def _before(digests: Mapping[int, str], withdrawn: set[str]) -> int | None:
    newest = max(digests)
    others = [version for version, digest in digests.items() if digest != digests[newest] and digest not in withdrawn]
    return max(others, default=None)


def _drop_old(place: Destination, keep: int | None) -> None:
    if keep is not None:
        for version in [version for version in place.versions() if not version.problem][:-keep]:
            place.withdraw(version)


def _now(clock: Clock) -> str:
    return datetime.datetime.fromtimestamp(clock(), datetime.timezone.utc).isoformat(timespec="seconds")
