"""Records of pushes that no longer stand."""

import json
import shutil
from pathlib import Path

from components.pusher.stale import forget_stale_pushes
from tests.components.pusher.written import write_model


def _record(root: Path, number: int, **content: object) -> Path:
    folder = root / "pushed_model" / str(number)
    folder.mkdir(parents=True)
    (folder / "pushed.json").write_text(json.dumps(content), encoding="utf-8")
    return folder


def test_a_push_that_is_served_is_kept_and_others_are_forgotten(tmp_path: Path) -> None:
    serving, root = tmp_path / "京都", tmp_path / "Pusher"
    for version in ("100", "200"):
        write_model(serving / version)
    superseded = _record(root, 1, pushed=True, version=100, path=str(serving / "100"))
    served = _record(root, 2, pushed=True, version=200, path=str(serving / "200"))
    refused = _record(root, 3, pushed=False, reason="not blessed")
    assert forget_stale_pushes(root) == [superseded]
    shutil.rmtree(serving)
    assert forget_stale_pushes(root) == [served]
    assert refused.is_dir()


def test_a_withdrawn_model_may_have_been_brought_back(tmp_path: Path) -> None:
    withdrawn = _record(tmp_path, 1, pushed=False, withdrawn=True, reason="rolled back from")
    assert forget_stale_pushes(tmp_path) == [withdrawn]


def test_a_pusher_that_never_ran(tmp_path: Path) -> None:
    assert forget_stale_pushes(tmp_path / "Pusher") == []
