"""One run at a time below a root, and who it is."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from components.errors import ConfigError
from pipeline import lock

ASK = """
import sys
from pathlib import Path
from pipeline import lock
while True:
    lock.holder(Path(sys.argv[1]))
"""
HOLD = """
import sys, time
from pathlib import Path
from pipeline import lock
with lock.hold(Path(sys.argv[1]), "評判") as held:
    held.name("run-1")
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def other(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process that holds the folder until its standard input ends."""
    command = [sys.executable, "-c", HOLD, str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout and process.stdout.readline() == "held\n"
        yield process
        process.kill()


def test_a_second_run_is_told_who_works_there(tmp_path: Path, other: subprocess.Popen[str]) -> None:
    with pytest.raises(ConfigError) as caught, lock.hold(tmp_path, "demo"):
        pass
    assert f"a run of 評判 (process {other.pid} on " in str(caught.value)
    assert "--wait" in str(caught.value)
    holder = lock.holder(tmp_path)
    assert holder and (holder.run_id, holder.pipeline, holder.pid) == ("run-1", "評判", other.pid)


def test_a_run_waits_if_asked_to(tmp_path: Path, other: subprocess.Popen[str]) -> None:
    told = []

    def tell(who: str) -> None:
        told.append(who)
        assert other.stdin
        other.stdin.close()  # from here on the other one ends

    with lock.hold(tmp_path, "demo", tell):
        assert other.wait(timeout=10) == 0
    assert len(told) == 1 and str(other.pid) in told[0]


def test_a_killed_run_leaves_the_root_free(tmp_path: Path, other: subprocess.Popen[str]) -> None:
    other.send_signal(signal.SIGKILL)
    other.wait(timeout=10)
    assert lock.holder(tmp_path) is None
    with lock.hold(tmp_path, "demo"):
        holder = lock.holder(tmp_path)
        assert holder and holder.pid == os.getpid()
    assert lock.holder(tmp_path) is None


def test_asking_who_holds_a_root_turns_no_run_away(tmp_path: Path) -> None:
    (tmp_path / lock.FILE).touch()
    with subprocess.Popen([sys.executable, "-c", ASK, str(tmp_path)]) as process:
        until = time.monotonic() + 2
        while time.monotonic() < until:
            with lock.hold(tmp_path, "demo"):
                pass
        process.kill()


def test_a_note_that_is_not_written_yet_is_no_error(tmp_path: Path) -> None:
    with lock.hold(tmp_path, "demo"):
        (tmp_path / lock.FILE).write_text('{"run_id": ', encoding="utf-8")
        assert lock.holder(tmp_path) is None
        with pytest.raises(ConfigError, match="another process works on"), lock.hold(tmp_path, "second"):
            pass
