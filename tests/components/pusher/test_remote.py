"""Pushing to another file system: TensorFlow's in memory stands for an object store."""

import json
import uuid
from pathlib import Path

import pytest
import tensorflow as tf

from components import files
from components.files import StoreError
from components.pusher.destinations import ObjectStore
from components.pusher.push import list_versions, newest_other, push, rollback
from tests.components.pusher.written import write_model


@pytest.fixture
def bucket() -> str:
    """A serving directory that nobody else uses."""
    return f"ram://{uuid.uuid4()}/京都"


def model(folder: Path, weights: bytes) -> str:
    (folder / "variables").mkdir(parents=True, exist_ok=True)
    (folder / "saved_model.pb").write_bytes(b"graph")
    (folder / "variables" / "variables.index").write_bytes(weights)
    return str(folder)


def test_a_model_is_pushed_once_and_whole(bucket: str, tmp_path: Path) -> None:
    pushed = push(model(tmp_path, b"1"), bucket, clock=lambda: 100)
    assert (pushed.path, pushed.new) == (f"{bucket}/100", True)
    with tf.io.gfile.GFile(f"{bucket}/100/variables/variables.index", "rb") as file:
        assert file.read() == b"1"
    assert not push(model(tmp_path, b"1"), bucket, clock=lambda: 200).new
    assert push(model(tmp_path, b"2"), bucket, keep=1, clock=lambda: 300).new
    assert [version for version, _ in list_versions(bucket)] == [300]


def test_the_graph_is_written_last(bucket: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[str] = []
    copy, write_text = files.copy, files.write_text
    monkeypatch.setattr(files, "copy", lambda source, target: (written.append(target), copy(source, target)))
    monkeypatch.setattr(files, "write_text", lambda path, text: (written.append(path), write_text(path, text)))
    push(model(tmp_path, b"1"), bucket, clock=lambda: 100)
    assert [path.removeprefix(f"{bucket}/100/") for path in written] == [
        "variables/variables.index", "assets.extra/manifest.json", "saved_model.pb"
    ]  # fmt: skip


def test_what_a_killed_pusher_left_is_no_version_and_goes(bucket: str, tmp_path: Path) -> None:
    files.write_text(f"{bucket}/99/variables/variables.index", "half")
    assert [version.problem for version in ObjectStore(bucket).versions()] == ["saved_model.pb is missing"]
    push(model(tmp_path, b"1"), bucket, clock=lambda: 100)
    assert sorted(files.list_folders(bucket)) == ["100"]


def test_rollback(bucket: str, tmp_path: Path) -> None:
    for number in (1, 2):
        push(model(tmp_path, b"%d" % number), bucket, clock=lambda number=number: 99 + number)
    assert rollback(bucket, clock=lambda: 200).restored == 100
    text = files.read_text(f"{bucket}/200/assets.extra/manifest.json")
    assert json.loads(text or "")["restored"] == 100
    assert files.sha256(f"{bucket}/200/variables/variables.index") == files.sha256(
        f"{bucket}/100/variables/variables.index"
    )


def test_a_model_is_pushed_from_another_file_system(bucket: str, tmp_path: Path) -> None:
    push(model(tmp_path / "a", b"1"), bucket, clock=lambda: 100)
    pushed = push(f"{bucket}/100", str(tmp_path / "serving"), clock=lambda: 100)
    assert (Path(pushed.path) / "variables" / "variables.index").read_bytes() == b"1"


def test_a_file_system_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="no file system for nowhere://; install the package that brings it"):
        push(model(tmp_path, b"1"), "nowhere://bucket/models")


def test_versions_without_a_manifest_are_told_apart_by_what_they_compute(bucket: str, tmp_path: Path) -> None:
    for version in (1, 2):
        written = write_model(tmp_path, [float(version)])
        for name in files.list_files(str(written)):
            files.copy(f"{written}/{name}", f"{bucket}/{version}/{name}")
    assert rollback(bucket, clock=lambda: 100).restored == 1


def test_the_newest_version_of_another_model_that_was_not_rolled_back_from(bucket: str, tmp_path: Path) -> None:
    candidate = model(tmp_path, b"1")
    assert newest_other(bucket, candidate) is None
    push(candidate, bucket, clock=lambda: 100)
    assert newest_other(bucket, candidate) is None
    for number in (2, 3):
        push(model(tmp_path / str(number), b"%d" % number), bucket, clock=lambda number=number: 100 + number)
    assert newest_other(bucket, candidate) == f"{bucket}/103"
    rollback(bucket, clock=lambda: 200)
    assert newest_other(bucket, candidate) == f"{bucket}/200"  # the model of 102
    assert newest_other(bucket, str(tmp_path / "2")) == f"{bucket}/100"
