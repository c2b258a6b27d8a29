"""What a pushed version says of itself: ``assets.extra/manifest.json``."""

import hashlib
import json
from collections.abc import Mapping
from typing import Literal

import pydantic

from components import files

EXTRA = "assets.extra"
MANIFEST = f"{EXTRA}/manifest.json"


class Manifest(pydantic.BaseModel):
    """Where a version comes from and what it holds.

    Attributes:
        version: Its number.
        digest: SHA-256 of the model, see `components.pusher.digest.model_digest`.
        digest_of: What the digest is over; earlier releases took the files' bytes, which differ from run to run.
        files: SHA-256 by file, without those of ``assets.extra``.
        sizes: Bytes by file, the same files; earlier releases did not note them.
        pushed: When, ISO 8601 in UTC.
        model: Where the model was pushed from.
        run_id: The run that pushed it; empty if none did.
        metrics: The model's main figures, by name.
        restored: The version whose model this is, if it was pushed by a rollback.
        withdrawn: Digests of models that were rolled back from, here and before: they are not pushed again by
            themselves.
    """

    version: int
    digest: str
    digest_of: Literal["files", "model"] = "files"
    files: dict[str, str]
    sizes: dict[str, int] = {}
    pushed: str
    model: str = ""
    run_id: str = ""
    metrics: dict[str, float] = {}
    restored: int | None = None
    withdrawn: list[str] = []


def read_manifest(version_dir: str) -> Manifest | None:
    """Reads a version's manifest; None if it has none, since no Pusher pushed it, or a damaged one.

    Args:
        version_dir: Of the version, local or remote.

    Raises:
        StoreError: If it cannot be asked.
    """
    return parse_manifest(files.read_bytes(f"{version_dir}/{MANIFEST}"))


def parse_manifest(content: bytes | None) -> Manifest | None:
    """The manifest in a file's content; None if there is no file, or it is damaged."""
    try:
        return Manifest.model_validate_json(content or b"")
    except pydantic.ValidationError:
        return None


def to_json(manifest: Manifest) -> str:
    """The file's content."""
    return json.dumps(manifest.model_dump(), ensure_ascii=False, indent=2)


def file_checksums(model_dir: str) -> dict[str, str]:
    """SHA-256 of each file of a model, by its path in it.

    ``assets.extra`` is left out: it holds the warm-up and the manifest, which do not change what the model answers.

    Args:
        model_dir: Of the SavedModel, local or remote.
    """
    return {name: files.sha256(f"{model_dir}/{name}") for name in file_sizes(model_dir)}


def file_sizes(model_dir: str) -> dict[str, int]:
    """Bytes of each file of a model, by its path in it, without ``assets.extra``.

    Args:
        model_dir: Of the SavedModel, local or remote.
    """
    return {
        name: one.size for name, one in sorted(files.find_files(model_dir).items()) if not name.startswith(f"{EXTRA}/")
    }


def files_digest(checksums: Mapping[str, str]) -> str:
    """One SHA-256 over the files' names and checksums."""
    return hashlib.sha256(json.dumps(checksums, sort_keys=True).encode()).hexdigest()
