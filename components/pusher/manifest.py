"""What a pushed version says of itself: ``assets.extra/manifest.json``."""

import hashlib
import json
from collections.abc import Mapping

import pydantic

from components import files

EXTRA = "assets.extra"
MANIFEST = f"{EXTRA}/manifest.json"


class Manifest(pydantic.BaseModel):
    """Where a version comes from and what it holds.

    Attributes:
        version: Its number.
        digest: SHA-256 of the model, see `model_digest`.
        files: SHA-256 by file, without those of ``assets.extra``.
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
    files: dict[str, str]
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
    """
    text = files.read_text(f"{version_dir}/{MANIFEST}")
    try:
        return Manifest.model_validate_json(text or "")
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
    names = [name for name in files.list_files(model_dir) if not name.startswith(f"{EXTRA}/")]
    return {name: files.sha256(f"{model_dir}/{name}") for name in names}


def model_digest(checksums: Mapping[str, str]) -> str:
    """One SHA-256 over the files' names and checksums."""
    return hashlib.sha256(json.dumps(checksums, sort_keys=True).encode()).hexdigest()
