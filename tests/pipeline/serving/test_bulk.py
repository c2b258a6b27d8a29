"""Answers in a file: whole or not there, and continued only for the same task."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

from components.errors import ConfigError
from pipeline.serving.bulk import write_lines

TASK: dict[str, object] = {"model": "京都", "input": ["in.csv", 7, 1]}


class Stopped(Exception):
    """What ends a run in the middle."""


class Answering:
    """Upper-case letters for small ones; remembers what it was asked, and may be stopped."""

    def __init__(self, stop_after: int | None = None) -> None:
        self.asked: list[str] = []
        self._stop_after = stop_after

    def __call__(self, rows: Iterator[str]) -> Iterable[str]:
        for row in rows:
            if self._stop_after == len(self.asked):
                raise Stopped
            self.asked.append(row)
            yield '{"error": "悪い"}' if row == "x" else row.upper()


def test_a_file_of_answers(tmp_path: Path) -> None:
    output = tmp_path / "out.jsonl"
    output.write_text("old\n")
    assert write_lines(output, TASK, iter("axb"), Answering()) == (3, 1)
    assert output.read_text(encoding="utf-8") == 'A\n{"error": "悪い"}\nB\n'
    assert list(tmp_path.iterdir()) == [output]


def test_what_was_stopped_goes_on_where_it_was(tmp_path: Path) -> None:
    output = tmp_path / "out.jsonl"
    with pytest.raises(Stopped):
        write_lines(output, TASK, iter("axbcd"), Answering(stop_after=3))
    assert not output.exists()
    with (tmp_path / "out.jsonl.partial").open("ab") as file:
        file.write("京".encode()[:2])  # of a line that a kill cut off
    again = Answering()
    assert write_lines(output, TASK, iter("axbcd"), again) == (5, 1)
    assert again.asked == ["c", "d"]
    assert output.read_text(encoding="utf-8").splitlines() == ["A", '{"error": "悪い"}', "B", "C", "D"]


@pytest.mark.parametrize("other", [{**TASK, "model": "another"}, None])
def test_another_task_starts_anew(tmp_path: Path, other: dict[str, object] | None) -> None:
    output = tmp_path / "out.jsonl"
    with pytest.raises(Stopped):
        write_lines(output, TASK, iter("ab"), Answering(stop_after=1))
    again = Answering()
    assert write_lines(output, other, iter("cd"), again) == (2, 0)
    assert again.asked == ["c", "d"]
    assert output.read_text() == "C\nD\n"


def test_a_kill_between_two_tasks_mixes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    output = tmp_path / "out.jsonl"
    with pytest.raises(Stopped):
        write_lines(output, TASK, iter("abc"), Answering(stop_after=2))
    other = {**TASK, "model": "another"}
    write = Path.write_text

    def killed(path: Path, *arguments: Any, **named: Any) -> int:
        write(path, *arguments, **named)
        raise Stopped

    with monkeypatch.context() as patch, pytest.raises(Stopped):
        patch.setattr(Path, "write_text", killed)  # right after the mark
        write_lines(output, other, iter("abc"), Answering())
    again = Answering()
    write_lines(output, other, iter("abc"), again)
    assert again.asked == ["a", "b", "c"]


def test_one_run_at_a_time(tmp_path: Path) -> None:
    output = tmp_path / "out.jsonl"

    def meanwhile(rows: Iterator[str]) -> Iterator[str]:
        for row in rows:
            with pytest.raises(ConfigError, match=r"--output: another run is writing .*out.jsonl"):
                write_lines(output, TASK, iter("ab"), Answering())
            yield row.upper()

    assert write_lines(output, TASK, iter("ab"), meanwhile) == (2, 0)
    assert output.read_text() == "A\nB\n"
    assert list(tmp_path.iterdir()) == [output]


def test_who_stops_a_run_is_told_what_there_is(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def stopped(rows: Iterator[str]) -> Iterator[str]:
        yield next(rows).upper()
        raise KeyboardInterrupt

    output = tmp_path / "out.jsonl"
    with pytest.raises(KeyboardInterrupt):
        write_lines(output, TASK, iter("ab"), stopped)
    assert "stopped: 1 lines in" in capsys.readouterr().err
    write_lines(output, TASK, iter("ab"), Answering())
    assert "1 lines are there already; going on behind them" in capsys.readouterr().err


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"--output: .*out.jsonl cannot be written \(No such file"):
        write_lines(tmp_path / "nowhere" / "out.jsonl", TASK, iter("a"), Answering())


def test_what_is_refused_before_its_first_answer_leaves_what_is_there(tmp_path: Path) -> None:
    output = tmp_path / "out.jsonl"
    with pytest.raises(Stopped):
        write_lines(output, TASK, iter("abc"), Answering(stop_after=2))
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    with pytest.raises(Stopped):
        write_lines(output, {"model": "another"}, iter("abc"), Answering(stop_after=0))
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before
    with pytest.raises(Stopped):
        write_lines(tmp_path / "other.jsonl", TASK, iter("abc"), Answering(stop_after=0))
    assert {path.name for path in tmp_path.iterdir()} == set(before)
    assert write_lines(output, TASK, iter("abc"), Answering()) == (3, 0)
