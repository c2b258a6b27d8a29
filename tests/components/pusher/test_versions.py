"""Which versions there are, which are whole, and which one is served."""

import os
import random
from pathlib import Path

import pytest

from components.files import StoreError
from components.pusher import whole
from components.pusher.push import push
from components.pusher.versions import find_versions, served_version, version_number
from tests.components.pusher.written import write_model

GRAPH, INDEX, DATA = "saved_model.pb", "variables/variables.index", "variables/variables.data-00000-of-00001"
ASSET = "assets/語彙.txt"


def model(folder: Path) -> Path:
    return write_model(folder, [1.0, 2.0, 3.0], {"語彙.txt": "京都".encode()})


def problem(folder: Path) -> str:
    return whole.why_incomplete(str(folder))


@pytest.mark.parametrize(
    ("name", "number"),
    [
        ("7", 7), ("007", 7), (" 7", 7), ("7 ", 7), ("-7", -7), ("-0", 0), ("0", 0),
        ("9223372036854775807", 9223372036854775807),
        ("-9223372036854775808", -9223372036854775808), ("9223372036854775808", None), ("+7", None), ("7a", None),
        ("７", None), ("٧", None), ("1e3", None), ("0x7", None), ("7_0", None), ("- 7", None), ("--7", None),
        ("", None), (" ", None), ("7.0", None), ("\u00a07", None), ("9" * 5000, None),
    ],
)  # fmt: skip
def test_names_are_read_as_tf_serving_reads_them(name: str, number: int | None) -> None:
    assert version_number(name) == number


def test_versions_by_their_numbers(tmp_path: Path) -> None:
    for name in ("9", "010", "-3", "v12", "+11", ".tmp-99", "１５", "99999999999999999999"):
        model(tmp_path / name)
    (tmp_path / "44").touch()
    (tmp_path / "45").mkdir()
    found = {version.number: version.problem for version in find_versions(str(tmp_path))}
    assert found == {-3: "", 9: "", 10: "", 44: "it is a file, not a folder", 45: f"{GRAPH} is missing"}
    served = served_version(str(tmp_path))
    assert served and (served.number, served.path) == (10, str(tmp_path / "010"))


def test_two_folders_of_one_number_are_no_version(tmp_path: Path) -> None:
    model(tmp_path / "6")
    model(tmp_path / "7")
    model(tmp_path / "007")
    six, seven = find_versions(str(tmp_path))
    assert (six.problem, "remove one" in seven.problem) == ("", True)
    served = served_version(str(tmp_path))
    assert served and served.number == 6


@pytest.mark.parametrize("pushed", [False, True])
@pytest.mark.parametrize("name", [GRAPH, INDEX, DATA, ASSET])
@pytest.mark.parametrize("damage", ["missing", "empty", "cut", "a folder"])
def test_a_version_that_is_not_whole_is_told(tmp_path: Path, name: str, damage: str, pushed: bool) -> None:
    folder = model(tmp_path / "model")
    if pushed:
        folder = Path(push(str(folder), str(tmp_path / "serving")).path)
    assert problem(folder) == ""
    path = folder / name
    content = path.read_bytes()
    path.unlink()
    if damage == "a folder":
        path.mkdir()
    elif damage != "missing":
        path.write_bytes(content[: len(content) // 2] if damage == "cut" else b"")
    told = problem(folder)
    if name == ASSET and damage in ("empty", "cut") and not pushed:
        assert told == ""  # how long an asset is, no one knows
    else:
        assert told.startswith(name.partition(".data")[0].removesuffix(".index")), told


def test_random_damage_never_raises(tmp_path: Path) -> None:
    chance = random.Random(0)
    folder = model(tmp_path / "model")
    originals = {name: (folder / name).read_bytes() for name in (GRAPH, INDEX, DATA)}
    told = 0
    for _ in range(150):
        name = chance.choice(sorted(originals))
        content = bytearray(originals[name])
        for _ in range(chance.randint(1, 20)):
            content[chance.randrange(len(content))] = chance.randrange(256)
        (folder / name).write_bytes(content)
        os.utime(folder / name, ns=(chance.randrange(1 << 60),) * 2)
        told += bool(problem(folder))
        (folder / name).write_bytes(originals[name])
    assert told > 20


def test_shards_are_counted(tmp_path: Path) -> None:
    folder = model(tmp_path / "model")
    (folder / DATA).rename(folder / "variables" / "variables.data-00001-of-00002")
    assert problem(folder) == "variables/variables.data-00000-of-00002 is missing"


def test_a_directory_that_may_not_be_read_is_not_an_empty_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def denied(path: str) -> list[str]:
        raise PermissionError(13, "Permission denied", path)

    model(tmp_path / "1")
    monkeypatch.setattr(os, "listdir", denied)
    with pytest.raises(StoreError, match=f"{tmp_path} cannot be read: Permission denied; check its permissions"):
        find_versions(str(tmp_path))
    monkeypatch.undo()
    (tmp_path / "file").touch()
    with pytest.raises(StoreError, match="Not a directory"):
        served_version(f"{tmp_path}/file/serving")


@pytest.mark.parametrize("name", [GRAPH, INDEX, DATA, ASSET])
def test_a_pushed_version_with_other_bytes_is_not_served(tmp_path: Path, name: str) -> None:
    destination = str(tmp_path / "serving")
    older = push(str(model(tmp_path / "older")), destination)
    newest = push(str(write_model(tmp_path / "newest", [2.0], {"vocab.txt": "語".encode()})), destination)
    path = Path(newest.path, name if name != ASSET else "assets/vocab.txt")
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    served = served_version(destination)
    assert served and served.path == older.path
    assert [bool(version.problem) for version in find_versions(destination)] == [False, True]
