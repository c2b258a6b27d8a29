"""Answers written to a file: whole or not there, and continued where a run was stopped.

Lines go to ``OUTPUT.partial``, which takes the name of the output when the last one is written. Beside it
``OUTPUT.partial.json`` says what is being answered by which model: only the same goes on.
"""

import contextlib
import fcntl
import itertools
import json
import os
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import BinaryIO, TypeVar

from components.errors import ConfigError

RowT = TypeVar("RowT")
ERROR_LINE = b'{"error": '
_LINES_A_FLUSH = 1000


def write_lines(
    output: Path,
    task: dict[str, object] | None,
    rows: Iterator[RowT],
    answer: Callable[[Iterator[RowT]], Iterable[str]],
) -> tuple[int, int]:
    """Answers rows, a line each, into a file.

    Args:
        output: The file; replaced if it is there.
        task: What is answered by which model; None if it cannot be repeated: then nothing is continued.
        rows: All of them, from the first on.
        answer: Gives a line for each row, without its end.

    Returns:
        Lines in the file, and how many of them hold an ``error``.

    Raises:
        ConfigError: If the file cannot be written, or another run is writing it.
    """
    partial = output.with_name(f"{output.name}.partial")
    mark = output.with_name(f"{output.name}.partial.json")
    try:
        with _alone(output, partial.with_name(f"{partial.name}.lock")):
            return _write(output, partial, mark, task, rows, answer)
    except OSError as error:
        raise ConfigError("--output", f"{output} cannot be written ({error.strerror})") from error


@contextlib.contextmanager
def _alone(output: Path, lock: Path) -> Iterator[None]:
    """Keeps other runs away; the lock goes with the process, so a killed one leaves nothing but an empty file."""
    with lock.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise ConfigError("--output", f"another run is writing {output}") from None
        try:
            yield
        finally:
            lock.unlink(missing_ok=True)


def _write(
    output: Path,
    partial: Path,
    mark: Path,
    task: dict[str, object] | None,
    rows: Iterator[RowT],
    answer: Callable[[Iterator[RowT]], Iterable[str]],
) -> tuple[int, int]:
    count, errors = _whole_lines(partial) if task and _read(mark) == task else (0, 0)
    lines = iter(answer(itertools.islice(rows, count, None)))
    first = list(itertools.islice(lines, 1))  # a model that does not load leaves what is there
    if count:
        print(f"tfx-bert: {count:,} lines are there already; going on behind them", file=sys.stderr)
    else:
        partial.unlink(missing_ok=True)  # before there is a mark that it is not of
    mark.write_text(json.dumps(task), encoding="utf-8")
    try:
        with partial.open("ab" if count else "wb") as file:
            for line in itertools.chain(first, lines):
                encoded = line.encode()
                file.write(encoded + b"\n")
                count += 1
                errors += encoded.startswith(ERROR_LINE)
                if count % _LINES_A_FLUSH == 0:
                    file.flush()
            file.flush()
            os.fsync(file.fileno())
    except KeyboardInterrupt:
        again = "; the same command goes on behind them" if task else ""
        print(f"tfx-bert: stopped: {count:,} lines in {partial}{again}", file=sys.stderr)
        raise
    partial.replace(output)
    mark.unlink()
    return count, errors


def _read(mark: Path) -> object:
    try:
        return json.loads(mark.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None


def _whole_lines(partial: Path) -> tuple[int, int]:
    """Counts the lines, and those with an error, and cuts off what a kill left of a last one."""
    if not partial.is_file():
        return 0, 0
    with partial.open("r+b") as file:
        count, errors, end = _count(file)
        file.truncate(end)
    return count, errors


def _count(file: BinaryIO) -> tuple[int, int, int]:
    count = errors = end = 0
    for line in file:
        if line.endswith(b"\n"):
            count += 1
            end += len(line)
            errors += line.startswith(ERROR_LINE)
    return count, errors, end
