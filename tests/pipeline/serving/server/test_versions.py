"""Which version answers while a serving directory changes."""

import asyncio
import dataclasses
import shutil
from pathlib import Path

import pytest

from pipeline.serving.server.versions import Status, Versions


@dataclasses.dataclass
class Loaded:
    version: int
    content: str


def load(version: int, directory: Path) -> Loaded:
    content = (directory / "saved_model.pb").read_text(encoding="utf-8")
    if not content.endswith("。"):
        raise ValueError(f"half a model\nand a long explanation: {content}")
    return Loaded(version, content)


def write(directory: Path, version: int, content: str) -> None:
    (directory / str(version)).mkdir(parents=True, exist_ok=True)
    (directory / str(version) / "saved_model.pb").write_text(content, encoding="utf-8")


def check(versions: Versions[Loaded]) -> str:
    asyncio.run(versions.check())
    return versions.current.content if versions.current else ""


def test_the_newest_by_its_number_answers(tmp_path: Path) -> None:
    versions = Versions(tmp_path, load)
    assert check(versions) == ""
    write(tmp_path, 9, "九。")
    write(tmp_path, 10, "十。")
    (tmp_path / "11").mkdir()
    (tmp_path / ".tmp-12").mkdir()
    assert check(versions) == "十。"
    assert versions.states == {10: Status("AVAILABLE")}
    write(tmp_path, 12, "十二。")
    assert check(versions) == "十二。"
    assert versions.states == {10: Status("END"), 12: Status("AVAILABLE")}


def test_half_a_version_is_waited_for_and_the_one_before_answers(tmp_path: Path) -> None:
    versions = Versions(tmp_path, load)
    write(tmp_path, 1, "一。")
    check(versions)
    write(tmp_path, 2, "二")
    assert check(versions) == "一。"
    assert versions.states[2] == Status("END", "half a model")
    loads: list[int] = []
    versions._load = lambda version, directory: loads.append(version) or load(version, directory)  # type: ignore[func-returns-value]
    assert check(versions) == "一。"
    assert loads == []  # not tried again as long as nothing has changed
    write(tmp_path, 2, "二番。")
    assert check(versions) == "二番。"


def test_what_is_removed_answers_on_until_there_is_another(tmp_path: Path) -> None:
    versions = Versions(tmp_path / "models", load)
    write(tmp_path / "models", 5, "五。")
    check(versions)
    shutil.rmtree(tmp_path / "models")
    assert check(versions) == "五。"
    write(tmp_path / "models", 4, "四。")
    assert check(versions) == "四。"


def test_a_directory_that_cannot_be_read_is_told_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    versions = Versions(tmp_path, load)

    async def fail() -> None:
        raise OSError(24, "Too many open files")

    monkeypatch.setattr(versions, "check", fail)
    with pytest.raises(asyncio.TimeoutError):
        asyncio.run(asyncio.wait_for(versions.watch(0.01), 0.2))
    assert [record.getMessage().count("Too many open files") for record in caplog.records] == [1]


def test_a_single_model(tmp_path: Path) -> None:
    write(tmp_path, 17, "十七。")
    versions = Versions(tmp_path / "17", load)
    check(versions)
    assert versions.current == Loaded(17, "十七。")
