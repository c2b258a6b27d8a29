"""Paths on a command line, before anything is loaded."""

import subprocess
import sys
from pathlib import Path

import pytest

from components.errors import ConfigError
from pipeline import cli
from pipeline.arguments import check_path, check_paths

LONG = "a" * 256


def refusal(*arguments: str) -> str:
    with pytest.raises(ConfigError) as error:
        check_paths(cli.app, arguments)
    return str(error.value)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["run", "demo", "--root", ""], "--root: is empty"),
        (["run", "demo", "--root="], "--root: is empty"),
        (["runs", "--root", " "], "--root: is empty"),
        (
            ["run", "--set", "a=", "demo", "--root", LONG],
            "--root: a name in it has 256 bytes, and file sys",
        ),
        (["run", "demo", "--root", "京都" * 50], "--root: a name in it has 300 bytes"),
        (["runs", "--root", "a/" * 2050], "--root: it has 4,100 bytes, and file systems take 4,095"),
        (["run", "demo", "--root", "gs://bucket/runs"], "--root: gs://bucket/runs is a URI"),
        (["runs", "--root", "~nobody-here/x"], "--root: ~nobody-here/x: there is no user 'nobody-here'"),
        (["predict", "a text", "--model", ""], "--model: is empty"),
        (["predict", "--input", ""], "--input: is empty"),
        (["predict", "--server", "x:1", "--output", LONG], "--output: a name in it"),
        (["tokenize", "--tokenizer="], "--tokenizer: is empty"),
        (["serve", "--model", LONG], "--model: a name in it"),
        (["drift", "", "--model", "x"], "DIR: is empty"),
        (["push", "list", ""], "DIR: is empty"),
        (["push", "rollback", LONG, "--to", "3"], "DIR: a name in it"),
        (["compile", "demo", "--target", "vertex", "-o", ""], "-o: is empty"),
        (["rehearse", "", "--buckets", "x"], "FILE: is empty"),
        (["rehearse", "x", "--buckets", ""], "--buckets: is empty"),
        (["config", "show", ""], "PRESET|FILE.yaml: is empty"),
    ],
)
def test_paths_that_cannot_be_one(arguments: list[str], said: str) -> None:
    assert said in refusal(*arguments)


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["--help"],
        ["nonsense", "--root", ""],
        ["run", "demo", "--root", "runs", "--set", "name="],
        ["predict", "", LONG * 9, "--model", "x"],  # texts
        ["predict", "--model", "x", "--", "--model", ""],
        ["push", "list", "gs://bucket/serving"],
        ["compile", "demo", "--root", "gs://bucket/x", "--target", "vertex"],
        ["runs", "--root"],  # typer says what is missing
    ],
)
def test_what_is_none_of_that_passes(arguments: list[str]) -> None:
    check_paths(cli.app, arguments)


def test_a_nul() -> None:
    with pytest.raises(ConfigError, match="backbone.source: there is a NUL in it"):
        check_path("backbone.source", "a\0b")


def test_a_root_that_is_a_file_and_an_empty_one_are_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for root, said in (("", "is empty"), (str(tmp_path / "file"), "cannot be written to")):
        command = [sys.executable, "-m", "pipeline", "run", "demo", "--root", root]
        command[1:3] = ["-c", "from pipeline.cli import main; main()"]
        done = subprocess.run(command, cwd=Path(__file__).parents[2], capture_output=True, text=True)
        assert done.returncode == 2 and said in done.stderr and done.stderr.count("\n") == 1
