"""The terminal belongs to the person: everything else that is printed goes to the log."""

import os
import subprocess
import sys
from pathlib import Path

import psutil

PROGRAM = """
import os, sys
from pathlib import Path
from pipeline.environment import output_to
with output_to(Path(sys.argv[1])) as terminal:
    print("python 雑音")
    os.write(1, b"from C\\n")
    os.write(2, b"error from C\\n")
    os.system("echo from a child")
    terminal.write("人へ\\n")
print("after")
"""


def test_only_the_terminal_stream_reaches_the_person(tmp_path: Path) -> None:
    log = tmp_path / "logs" / "run.log"
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(log)],
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=True,
    )
    assert done.stdout == "人へ\nafter\n"
    assert done.stderr == ""
    logged = log.read_text(encoding="utf-8")
    for line in ("python 雑音", "from C", "error from C", "from a child"):
        assert line in logged


WITH_WASTE = """
import os, subprocess, tempfile
from pipeline.environment import temporary_folder
with temporary_folder():
    tempfile.mkdtemp(prefix="残り")
    subprocess.run(["mktemp"], check=True)
    assert len(os.listdir(tempfile.gettempdir())) == 2
print(tempfile.gettempdir(), os.environ["TMPDIR"])
"""


def test_nothing_stays_in_the_temporary_folder(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", WITH_WASTE], capture_output=True, text=True, env=os.environ | {"TMPDIR": str(tmp_path)}
    )
    assert done.stdout.splitlines()[1:] == [f"{tmp_path} {tmp_path}"], done.stderr
    assert not list(tmp_path.iterdir())


KILLED = """
import os, signal, subprocess, sys, tempfile
from pipeline.environment import temporary_folder
with temporary_folder():
    tempfile.mkdtemp()
    print(subprocess.Popen(["sleep", "1000"], stdout=subprocess.DEVNULL).pid, flush=True)
    sys.stdin.read() if sys.argv[1:] else os.kill(os.getpid(), signal.SIGKILL)
"""


def test_what_killed_processes_left_goes_and_what_others_have_stays(tmp_path: Path) -> None:
    environment = os.environ | {"TMPDIR": str(tmp_path)}
    killed = subprocess.run([sys.executable, "-c", KILLED], env=environment, stdout=subprocess.PIPE, check=False)
    child = psutil.Process(int(killed.stdout))
    assert len(list(tmp_path.iterdir())) == 1
    (tmp_path / "tfx-bert-of-somebody").mkdir()
    command = [sys.executable, "-c", KILLED, "alive"]
    with subprocess.Popen(command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as alive:
        assert alive.stdout and alive.stdin
        second = psutil.Process(int(alive.stdout.readline()))
        child.wait(5)
        assert len(list(tmp_path.iterdir())) == 2  # the killed one's is gone
        subprocess.run([sys.executable, "-c", WITH_WASTE], env=environment, capture_output=True, check=True)
        assert len(list(tmp_path.iterdir())) == 2 and second.is_running()
        alive.stdin.close()
    second.wait(5)
    assert [path.name for path in tmp_path.iterdir()] == ["tfx-bert-of-somebody"]


ON_A_FULL_DISK = """
from pathlib import Path
from pipeline.environment import log_error, output_to
with output_to(Path("/dev/full")) as terminal:
    log_error(ValueError("雑音"))
    terminal.write("人へ\\n")
print("after")
"""


def test_a_log_that_cannot_be_written_is_no_error_and_comes_nowhere_else() -> None:
    done = subprocess.run(
        [sys.executable, "-c", ON_A_FULL_DISK], capture_output=True, text=True, encoding="utf-8", check=False
    )
    assert (done.stdout, done.stderr, done.returncode) == ("人へ\nafter\n", "", 0)
