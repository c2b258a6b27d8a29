"""`push list` and `push rollback` from the command line."""

import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from components.pusher.push import push
from pipeline.cli import app

CLI = CliRunner()


@pytest.fixture
def serving(tmp_path: Path) -> Path:
    model = tmp_path / "model"
    model.mkdir()
    for number, accuracy in enumerate((0.9, 0.5)):
        (model / "saved_model.pb").write_bytes(b"%d" % number)
        push(
            str(model),
            str(tmp_path / "京都"),
            run_id=f"run {number}",
            metrics={"accuracy": accuracy},
            clock=lambda n=number: 100 + n,
        )
    return tmp_path / "京都"


def test_versions_with_their_figures(serving: Path) -> None:
    result = CLI.invoke(app, ["push", "list", str(serving)])
    rows = [re.split("  +", line) for line in result.output.splitlines()]
    assert [(row[0], row[1], row[4], row[5]) for row in rows] == [
        ("VERSION", "STATE", "FIGURES", "FROM"),
        ("100", "-", "accuracy 0.9000", "run run 0"),
        ("101", "served", "accuracy 0.5000", "run run 1"),
    ]


def test_rollback_says_what_is_served_and_list_what_was_withdrawn(serving: Path) -> None:
    result = CLI.invoke(app, ["push", "rollback", str(serving)])
    assert (result.exit_code, result.output.endswith("the model of version 100 (accuracy 0.9000)\n")) == (0, True)
    _, *rows = [re.split("  +", line) for line in CLI.invoke(app, ["push", "list", str(serving)]).output.splitlines()]
    assert [row[1] for row in rows] == ["-", "withdrawn", "served"]
    assert rows[2][5] == "version 100"
    again = CLI.invoke(app, ["push", "rollback", str(serving)])
    assert "no older model that was not rolled back from: --to brings one back that was rolled back from: 101" in str(
        again.exception
    )


def test_a_folder_without_versions_is_refused(tmp_path: Path) -> None:
    result = CLI.invoke(app, ["push", "list", str(tmp_path)])
    assert "holds no version" in str(result.exception)


def test_a_half_copied_version_is_incomplete_and_the_one_before_is_served(serving: Path) -> None:
    half = serving / "102"
    half.mkdir()
    (half / "saved_model.pb").write_bytes((serving / "101" / "saved_model.pb").read_bytes()[:0])
    (serving / "0103").touch()
    result = CLI.invoke(app, ["push", "list", str(serving)])
    rows = [re.split("  +", line) for line in result.output.splitlines()]
    assert [row[:3] for row in rows[2:]] == [
        ["101", "served", rows[2][2]],
        ["102", "incomplete", "saved_model.pb is empty"],
        ["103", "incomplete", "it is a file, not a folder"],
    ]


def test_a_mistyped_directory_is_not_made(tmp_path: Path) -> None:
    result = CLI.invoke(app, ["push", "rollback", str(tmp_path / "typo")])
    assert "holds no version: name a serving directory" in str(result.exception)
    assert list(tmp_path.iterdir()) == []
