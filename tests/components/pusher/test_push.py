"""Publishing a model to a directory."""

import json
import os
from pathlib import Path

import pytest

from components.errors import ConfigError
from components.pusher import push as pushing
from components.pusher.manifest import files_digest, read_manifest
from components.pusher.push import Pushed, Withdrawn, list_versions, newest_version, rollback
from tests.components.pusher.written import write_model


def _model(path: Path, weights: bytes = b"1", warmup: bytes | None = None) -> Path:
    (path / "variables").mkdir(parents=True, exist_ok=True)
    (path / "saved_model.pb").write_bytes(b"graph")
    (path / "variables" / "variables.index").write_bytes(weights)
    if warmup is not None:
        (path / "assets.extra").mkdir(exist_ok=True)
        (path / "assets.extra" / "tf_serving_warmup_requests").write_bytes(warmup)
    return path


def push(model: Path, destination: Path, **options: object) -> Pushed:
    return pushing.push(str(model), str(destination), **options)  # type: ignore[arg-type]


def versions(destination: Path) -> list[int]:
    return [version for version, _ in list_versions(str(destination))]


def _at(seconds: float):  # type: ignore[no-untyped-def]
    return lambda: seconds


def test_a_version_is_the_time_of_the_push(tmp_path: Path) -> None:
    pushed = push(_model(tmp_path / "m"), tmp_path / "serving" / "京都", clock=_at(1732254000.9))
    assert (pushed.version, pushed.new) == (1732254000, True)
    assert pushed.path == str(tmp_path / "serving" / "京都" / "1732254000")
    assert (Path(pushed.path) / "variables" / "variables.index").read_bytes() == b"1"


def test_identical_bytes_are_pushed_once(tmp_path: Path) -> None:
    first = push(_model(tmp_path / "a"), tmp_path / "s", clock=_at(100))
    again = push(_model(tmp_path / "b"), tmp_path / "s", clock=_at(200))
    assert again == Pushed(first.path, 100, first.digest, new=False)
    assert versions(tmp_path / "s") == [100]


def test_the_warmup_is_pushed_but_makes_no_other_model(tmp_path: Path) -> None:
    pushed = push(_model(tmp_path / "a", warmup=b"x"), tmp_path / "s", clock=_at(100))
    assert (Path(pushed.path) / "assets.extra" / "tf_serving_warmup_requests").read_bytes() == b"x"
    assert not push(_model(tmp_path / "a", warmup=b"y"), tmp_path / "s", clock=_at(200)).new


def test_an_older_model_is_pushed_again_since_the_newest_is_served(tmp_path: Path) -> None:
    a, b = _model(tmp_path / "a", b"1"), _model(tmp_path / "b", b"2")
    for second, model in enumerate([a, b, a], start=100):
        assert push(model, tmp_path / "s", clock=_at(second)).new
    assert versions(tmp_path / "s") == [100, 101, 102]


def test_versions_grow_although_the_clock_goes_back(tmp_path: Path) -> None:
    push(_model(tmp_path / "a", b"1"), tmp_path / "s", clock=_at(100))
    assert push(_model(tmp_path / "b", b"2"), tmp_path / "s", clock=_at(50)).version == 101


def test_a_damaged_version_is_replaced(tmp_path: Path) -> None:
    first = push(_model(tmp_path / "a"), tmp_path / "s", clock=_at(100))
    (Path(first.path) / "variables" / "variables.index").unlink()
    second = push(_model(tmp_path / "a"), tmp_path / "s", clock=_at(200))
    assert (second.version, second.new, second.digest) == (200, True, first.digest)


def test_a_renamed_file_is_another_model(tmp_path: Path) -> None:
    first = push(_model(tmp_path / "a"), tmp_path / "s", clock=_at(100))
    other = _model(tmp_path / "b")
    (other / "variables" / "variables.index").rename(other / "variables" / "other.index")
    assert push(other, tmp_path / "s", clock=_at(200)).digest != first.digest


def test_keep_removes_the_oldest(tmp_path: Path) -> None:
    for second in range(100, 105):
        push(_model(tmp_path / "a", str(second).encode()), tmp_path / "s", keep=2, clock=_at(second))
    assert versions(tmp_path / "s") == [103, 104]
    assert sorted(os.listdir(tmp_path / "s")) == [".lock", "103", "104"]


def test_the_manifest_tells_the_files_and_where_they_come_from(tmp_path: Path) -> None:
    model = _model(tmp_path / "根" / "a")
    pushed = push(model, tmp_path / "s", run_id="2026-11", metrics={"accuracy": 0.9}, clock=_at(100))
    manifest = json.loads((Path(pushed.path) / "assets.extra" / "manifest.json").read_text(encoding="utf-8"))
    assert {key: manifest[key] for key in ("version", "digest", "model", "run_id", "metrics", "pushed")} == {
        "version": 100,
        "digest": pushed.digest,
        "model": str(model),
        "run_id": "2026-11",
        "metrics": {"accuracy": 0.9},
        "pushed": "1970-01-01T00:01:40+00:00",
    }
    # SHA-256 of b"graph" and b"1".
    assert manifest["files"] == {
        "saved_model.pb": "eef93e1d14482804277fca0172464032d1a4fdbcc338524059fa1e861454ad4d",
        "variables/variables.index": "6b86b273ff34fce19d6b804eff5a3f5747ada4eaa22f1d49c01e52ddb7875b4b",
    }


def test_what_a_killed_pusher_left_is_removed(tmp_path: Path) -> None:
    (tmp_path / "s" / ".tmp-99" / "variables").mkdir(parents=True)
    push(_model(tmp_path / "a"), tmp_path / "s", clock=_at(100))
    assert sorted(os.listdir(tmp_path / "s")) == [".lock", "100"]


def test_a_folder_without_a_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"saved_model\.pb"):
        push(tmp_path, tmp_path / "s")
    assert not (tmp_path / "s").exists()


@pytest.fixture
def three(tmp_path: Path) -> Path:
    """Versions 100, 101 and 102, of the models 1, 2 and 3."""
    for number in (1, 2, 3):
        push(
            _model(tmp_path / "m", b"%d" % number),
            tmp_path / "s",
            metrics={"accuracy": number / 10},
            clock=_at(99 + number),
        )
    return tmp_path / "s"


def weights(serving: Path) -> bytes:
    """Of the model that is served."""
    return (serving / str(newest_version(str(serving))) / "variables" / "variables.index").read_bytes()


def test_a_rollback_serves_the_model_before_as_a_new_version(three: Path) -> None:
    manifest = rollback(str(three), clock=_at(200))
    assert (manifest.version, manifest.restored, manifest.metrics) == (200, 101, {"accuracy": 0.2})
    assert weights(three) == b"2"
    assert versions(three) == [100, 101, 102, 200]
    assert read_manifest(str(three / "200")) == manifest


def test_rollbacks_go_back_step_by_step(three: Path) -> None:
    rollback(str(three), clock=_at(200))
    rollback(str(three), clock=_at(201))
    assert weights(three) == b"1"
    with pytest.raises(ConfigError, match="has no older model"):
        rollback(str(three), clock=_at(202))


def test_a_withdrawn_model_is_not_pushed_again_but_another_is(three: Path, tmp_path: Path) -> None:
    rollback(str(three), clock=_at(200))
    with pytest.raises(Withdrawn, match="rolled back from"):
        push(_model(tmp_path / "m", b"3"), three, clock=_at(300))
    assert not push(_model(tmp_path / "m", b"2"), three, clock=_at(300)).new
    assert push(_model(tmp_path / "m", b"4"), three, clock=_at(300)).new
    with pytest.raises(Withdrawn):
        push(_model(tmp_path / "m", b"3"), three, clock=_at(400))


def test_a_rollback_to_a_withdrawn_model_brings_it_back(three: Path, tmp_path: Path) -> None:
    rollback(str(three), clock=_at(200))
    manifest = rollback(str(three), to=102, clock=_at(201))
    assert (weights(three), manifest.restored) == (b"3", 102)
    assert not push(_model(tmp_path / "m", b"3"), three, clock=_at(300)).new
    with pytest.raises(Withdrawn):
        push(_model(tmp_path / "m", b"2"), three, clock=_at(300))


def test_a_rollback_that_cannot_be_says_which_versions_there_are(three: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="has no 7; its versions: 100, 101, 102"):
        rollback(str(three), to=7)
    with pytest.raises(ConfigError, match="is the model of 102 already"):
        rollback(str(three), to=102)
    with pytest.raises(ConfigError, match="holds no version"):
        rollback(str(tmp_path / "empty"))
    assert not (tmp_path / "empty").exists()


def test_a_damaged_manifest_counts_as_none(three: Path, tmp_path: Path) -> None:
    write_model(three / "102")  # what a person copied there
    (three / "102" / "assets.extra" / "manifest.json").write_bytes(b'{"version": 10\xff')
    assert list_versions(str(three))[-1] == (102, None)
    assert push(_model(tmp_path / "m", b"4"), three, clock=_at(300)).new


def as_an_earlier_release_wrote_it(version: Path) -> str:
    """Gives a version the manifest of a release whose digest was over the files' bytes; returns that digest."""
    path = version / "assets.extra" / "manifest.json"
    manifest = json.loads(path.read_text(encoding="utf-8"))
    del manifest["digest_of"], manifest["sizes"]
    manifest["digest"] = files_digest(manifest["files"])
    path.write_text(json.dumps(manifest), encoding="utf-8")
    return str(manifest["digest"])


def test_versions_of_an_earlier_release_are_read_on(tmp_path: Path) -> None:
    serving = tmp_path / "s"
    for number in (1, 2, 3):
        push(write_model(tmp_path / f"{number}", [number]), serving, clock=_at(99 + number))
    old = {number: as_an_earlier_release_wrote_it(serving / str(99 + number)) for number in (1, 2, 3)}
    assert not push(tmp_path / "3", serving, clock=_at(200)).new
    assert pushing.newest_other(str(serving), str(tmp_path / "3")) == str(serving / "101")
    manifest = rollback(str(serving), clock=_at(200))
    assert (manifest.restored, old[3] in manifest.withdrawn, manifest.digest_of) == (101, True, "model")
    with pytest.raises(Withdrawn):
        push(tmp_path / "3", serving, clock=_at(300))


def test_what_an_earlier_release_withdrew_stays_away(tmp_path: Path) -> None:
    serving = tmp_path / "s"
    for number in (1, 2, 1):
        push(write_model(tmp_path / f"{number}", [number]), serving, clock=_at(100))
    withdrawn = [as_an_earlier_release_wrote_it(serving / version) for version in ("100", "101", "102")][1]
    path = serving / "102" / "assets.extra" / "manifest.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "withdrawn": [withdrawn]}))
    with pytest.raises(Withdrawn):
        push(tmp_path / "2", serving, clock=_at(300))
    assert pushing.newest_other(str(serving), str(tmp_path / "1")) is None
    with pytest.raises(ConfigError, match="rolled back from: 101"):
        rollback(str(serving), clock=_at(300))


def test_a_damaged_newest_version_does_not_bring_back_what_was_withdrawn(three: Path, tmp_path: Path) -> None:
    rollback(str(three), clock=_at(200))
    (three / "200" / "variables" / "variables.index").write_bytes(b"")
    with pytest.raises(Withdrawn):
        push(_model(tmp_path / "m", b"3"), three, clock=_at(300))


def test_versions_grow_above_those_that_cannot_be_served(three: Path, tmp_path: Path) -> None:
    (three / "500").touch()
    assert push(_model(tmp_path / "m", b"4"), three, clock=_at(300)).version == 501
    (three / str((1 << 63) - 1)).mkdir()
    with pytest.raises(ConfigError, match="no greater version number; rename or remove it"):
        push(_model(tmp_path / "m", b"5"), three, clock=_at(300))


def test_a_refused_rollback_changes_nothing(three: Path) -> None:
    (three / ".lock").unlink()
    (three / ".tmp-1").mkdir()
    before = sorted(os.listdir(three))
    with pytest.raises(ConfigError):
        rollback(str(three), to=7)
    assert sorted(os.listdir(three)) == before
