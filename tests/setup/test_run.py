"""`.ci/run` with a make that only says what it was asked: what runs, and what counts as failed."""

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CACHED = """\
✓ LabelledSchema               0.1 s
✓ ExampleGen                   0.2 s  cached
✓ Pusher                       0.2 s  cached
Nothing new to push; serving: runs/serving/demo/1"""


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    (tmp_path / ".ci").mkdir()
    shutil.copy(ROOT / ".ci" / "run", tmp_path / ".ci" / "run")
    (tmp_path / "demo").write_text(CACHED)
    return tmp_path


def run(tree: Path, failing: str = "none") -> tuple[int, list[str]]:
    make = tree / "bin" / "make"
    make.parent.mkdir()
    make.write_text(f'#!/bin/sh\necho "made $1"\n[ "$1" != demo ] || cat demo\n[ "$1" != {failing} ]\n')
    make.chmod(0o755)
    result = subprocess.run(
        [tree / ".ci" / "run"], env={"PATH": f"{make.parent}:/usr/bin:/bin"}, capture_output=True, text=True
    )
    return result.returncode, result.stdout.splitlines()


def made(lines: list[str]) -> list[str]:
    return [line.removeprefix("made ") for line in lines if line.startswith("made ")]


def test_all_steps_run_and_pass(tree: Path) -> None:
    code, lines = run(tree)

    assert code == 0
    assert made(lines) == ["setup", "lint", "test", "demo", "demo", "check-demo"]
    assert lines[-1].startswith("=== all in ")


@pytest.mark.parametrize(
    ("failing", "named"), [("lint", "lint"), ("test", "test"), ("demo", "demo demo again"), ("setup", "set-up")]
)
def test_a_failed_step_is_named_and_the_others_still_run(tree: Path, failing: str, named: str) -> None:
    code, lines = run(tree, failing)

    assert code == 1
    assert made(lines) == ["setup", "lint", "test", "demo", "demo", "check-demo"]
    assert lines[-1] == f"=== failed: {named}"


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ("✓ ExampleGen                   0.2 s  cached", "✓ ExampleGen    3.0 s", "the above was done again"),
        ("Nothing new to push; serving", "Pushed", "the above was done again"),
        (" cached", " Schema cache", "no node was cached"),
    ],
)
def test_a_second_demo_that_does_work_again_fails(tree: Path, old: str, new: str, why: str) -> None:
    (tree / "demo").write_text(CACHED.replace(old, new))

    code, lines = run(tree)

    assert code == 1
    assert why in lines
    assert lines[-1] == "=== failed: demo again"
