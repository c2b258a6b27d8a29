"""A directory that was removed by hand is written again; what stands is left to the cache."""

import json
from pathlib import Path

import pytest

from components.hub_pusher.stale import forget_stale_directories

pytestmark = pytest.mark.slow  # imports TFX


def write_record(root: Path, number: int, *places: str) -> Path:
    folder = root / "published" / str(number)
    folder.mkdir(parents=True)
    (folder / "published.json").write_text(json.dumps({"places": places, "reason": ""}), encoding="utf-8")
    return folder


def test_only_what_is_gone_is_forgotten(tmp_path: Path) -> None:
    there = tmp_path / "公開"
    there.mkdir()
    commit = "https://hub.invalid/owner/name/commit/1"
    kept = [write_record(tmp_path, 1, str(there)), write_record(tmp_path, 2, commit), write_record(tmp_path, 3)]
    gone = write_record(tmp_path, 4, commit, str(tmp_path / "gone"))
    assert forget_stale_directories(tmp_path) == [gone]
    assert [folder.is_dir() for folder in (*kept, gone)] == [True, True, True, False]
    assert forget_stale_directories(tmp_path / "nowhere") == []
