"""`.ci/setup` on machines where something is missing. Nothing is installed and no network is used."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]
VERSION = f"{sys.version_info.major}.{sys.version_info.minor}"  # stands for that of the default stack
LOCKS = {"default": "requirements.lock", "modern": "requirements-modern.lock"}
TOOLS = "cat cmp date dirname flock grep head ln mkdir rm sed sh tail tr"
FILES = (".ci/setup", ".ci/package_index.py", "pyproject.toml", *LOCKS.values())
UNREACHABLE = "http://127.0.0.1:9/simple"
UV_THAT_FETCHES_NOTHING = """\
case $1 in
  --version) echo "uv 99.0.0 (0000000 2030-01-01)" ;;
  *) echo "error: no route" >&2; exit 2 ;;
esac
"""


class Machine:
    """A copy of the set-up in a folder of its own, with a PATH that holds the named programs only."""

    def __init__(self, folder: Path) -> None:
        self.tree = folder / "tree with a blank"
        self.bin = folder / "bin"
        self.bin.mkdir()
        (self.tree / ".ci").mkdir(parents=True)
        for name in FILES:
            shutil.copy(ROOT / name, self.tree / name)
        (self.tree / ".python-version").write_text(f"{VERSION}\n")
        self.glibc("2.36")
        for name in TOOLS.split():
            program = shutil.which(name)
            if program:
                (self.bin / name).symlink_to(program)

    def program(self, name: str, script: str) -> None:
        """Puts a shell script on PATH."""
        path = self.bin / name
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)

    def python(self, name: str, include: Path | None = None) -> None:
        """Puts the Python of these tests on PATH, telling of another folder of headers if one is given."""
        edit = f""" | sed '2s|.*|{include}|'""" if include else ""
        self.program(name, f'"{sys.executable}" "$@"{edit}')

    def claimed_python(self, name: str) -> None:
        """Puts a Python on PATH that is what it is asked to be, and makes no virtual environment."""
        (self.tree / "Python.h").touch()
        self.program(name, f'[ "$1" = -I ] || exit 1; echo "{self.bin}/{name}"; echo "{self.tree}"')

    def pin(self, version: str) -> None:
        """Makes a version of Python that of the default stack, and puts one on PATH."""
        (self.tree / ".python-version").write_text(f"{version}\n")
        self.claimed_python(f"python{version}")

    def glibc(self, version: str, machine: str = "x86_64") -> None:
        """Says what machine this is."""
        self.program("getconf", f"echo glibc {version}")
        self.program("uname", f"echo {machine}")

    def compiler(self) -> None:
        """Puts a C++ compiler on PATH that is never called."""
        self.program("c++", "exit 1")

    def set_up(self, **variables: str) -> subprocess.CompletedProcess[str]:
        """Runs the set-up with the index out of reach."""
        settings = {"PATH": str(self.bin), "HOME": str(self.tree), "PIP_INDEX_URL": UNREACHABLE, **variables}
        return subprocess.run(
            [self.tree / ".ci" / "setup"],
            env=settings,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
        )

    def complete(self, stack: str = "default") -> None:
        """Makes a .venv that counts as complete, of links only."""
        (self.tree / ".venv" / "bin").mkdir(parents=True)
        for name in ("python", "uv"):
            (self.tree / ".venv" / "bin" / name).symlink_to(sys.executable)
        parts = [(self.tree / name).read_text() for name in (".python-version", "pyproject.toml", LOCKS[stack])]
        (self.tree / ".venv" / "set-up").write_text(f"{self.tree.resolve()}\n{stack} {VERSION}\n" + "".join(parts))


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def last_line(result: subprocess.CompletedProcess[str]) -> str:
    assert result.returncode != 0, result
    assert result.stdout == ""
    return result.stderr.splitlines()[-1]


def test_missing_compiler_names_its_package(machine: Machine) -> None:
    machine.python(f"python{VERSION}")

    line = last_line(machine.set_up())

    assert line == (
        "set-up: a C++ compiler not found, and some dependencies are built from source: apt-get install g++"
    )
    assert not (machine.tree / ".venv").exists()


def test_missing_headers_name_their_package_and_the_python(machine: Machine, tmp_path: Path) -> None:
    machine.compiler()
    machine.python(f"python{VERSION}", include=tmp_path)

    line = last_line(machine.set_up())

    assert line.startswith("set-up: Python.h for ") and "-dev" in line and "g++" not in line
    assert f"python{VERSION}" in line
    assert not (machine.tree / ".venv").exists()


def test_compiler_and_headers_are_named_together(machine: Machine, tmp_path: Path) -> None:
    machine.python(f"python{VERSION}", include=tmp_path)

    line = last_line(machine.set_up())

    assert line.startswith("set-up: a C++ compiler and Python.h for ")
    assert "apt-get install g++ python3" in line


def test_a_compiler_of_ones_own_choice_is_taken(machine: Machine) -> None:
    machine.python(f"python{VERSION}")

    line = last_line(machine.set_up(CXX="my-c++"))

    assert "no route to the package index" in line


def test_python_of_another_version_is_passed_over(machine: Machine) -> None:
    machine.compiler()
    machine.program(f"python{VERSION}", "exit 1")  # what fails for the wrong version, and a pyenv shim without one
    machine.program("uv", UV_THAT_FETCHES_NOTHING)

    result = machine.set_up()

    assert last_line(result) == (
        f"set-up: Python {VERSION} is needed and could not be fetched (see .venv-setup.log): "
        f"install it with its headers, for example pyenv install {VERSION}, and try again"
    )
    assert "error: no route" in (machine.tree / ".venv-setup.log").read_text()


def test_the_version_is_asked_not_believed(machine: Machine) -> None:
    machine.compiler()
    (machine.tree / ".python-version").write_text("3.9\n")
    machine.python("python3.9")  # says another version when asked
    machine.program("uv", UV_THAT_FETCHES_NOTHING)

    assert last_line(machine.set_up()).startswith("set-up: Python 3.9 is needed")


def test_pyenv_is_searched_when_path_has_no_python(machine: Machine, tmp_path: Path) -> None:
    machine.compiler()
    folder = tmp_path / "pyenv" / "versions" / f"{VERSION}.99" / "bin"
    folder.mkdir(parents=True)
    (folder / f"python{VERSION}").symlink_to(sys.executable)
    machine.program("uv", UV_THAT_FETCHES_NOTHING)

    result = machine.set_up(PYENV_ROOT=str(tmp_path / "pyenv"))

    assert "set-up: making .venv with " in result.stderr
    assert "makes no virtual environment" in last_line(result)


def test_no_python_at_all(machine: Machine) -> None:
    machine.compiler()

    assert last_line(machine.set_up()) == (
        f"set-up: Python {VERSION} not found, nor uv or a python3 to fetch it with: "
        f"install python{VERSION} and try again"
    )


def test_unreachable_index_is_named_once(machine: Machine) -> None:
    machine.compiler()
    machine.python(f"python{VERSION}")

    result = machine.set_up()

    assert result.stderr.count("\n") == 1
    assert last_line(result).startswith("set-up: no route to the package index 127.0.0.1:9 (")
    assert "PIP_INDEX_URL" in result.stderr


def test_an_uv_that_is_too_old_is_not_used(machine: Machine) -> None:
    machine.compiler()
    machine.python(f"python{VERSION}")
    machine.program("uv", 'echo "uv 0.4.30"')

    assert "no route to the package index" in last_line(machine.set_up())


def test_half_made_venv_is_made_anew(machine: Machine) -> None:
    machine.complete()
    (machine.tree / ".venv" / "set-up").unlink()
    (machine.tree / ".venv" / "half").touch()
    machine.compiler()
    machine.python(f"python{VERSION}")

    assert machine.set_up().returncode != 0
    assert not (machine.tree / ".venv" / "half").exists()


def test_complete_venv_costs_nothing(machine: Machine) -> None:
    machine.complete()

    result = machine.set_up()

    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")
    assert not (machine.tree / ".venv-setup.log").exists()


@pytest.mark.parametrize("name", ["requirements.lock", "pyproject.toml"])
def test_a_change_of_what_is_asked_for_is_seen(machine: Machine, name: str) -> None:
    machine.complete()
    with (machine.tree / name).open("a") as file:
        file.write("# changed\n")

    assert "a C++ compiler not found" in last_line(machine.set_up())


def test_a_moved_tree_needs_its_own_venv(machine: Machine) -> None:
    machine.complete()
    machine.tree = machine.tree.rename(machine.tree.with_name("moved"))

    assert "a C++ compiler not found" in last_line(machine.set_up())


def test_python_that_is_gone_makes_venv_incomplete(machine: Machine) -> None:
    machine.complete()
    link = machine.tree / ".venv" / "bin" / "python"
    link.unlink()
    link.symlink_to(machine.tree / "gone")

    assert "a C++ compiler not found" in last_line(machine.set_up())


@pytest.mark.parametrize(
    "glibc, pythons, variables, taken",
    [
        ("2.39", ["python3.12", "python3.13"], {}, "python3.13 for the modern stack"),
        ("2.41", ["python3.12"], {}, "python3.12 for the modern stack"),
        ("2.36", ["python3.13"], {}, "for the default stack"),
        ("2.41", [], {}, "for the default stack"),
        ("2.41", ["python3.13"], {"STACK": "default"}, "for the default stack"),
        ("2.36", ["python3.13"], {"STACK": "modern"}, "python3.13 for the modern stack"),
    ],
)
def test_the_stack_is_the_modern_one_where_it_can_be(machine: Machine, glibc, pythons, variables, taken) -> None:
    machine.compiler()
    machine.glibc(glibc)
    machine.program("uv", UV_THAT_FETCHES_NOTHING)
    machine.pin("3.10")
    for name in pythons:
        machine.claimed_python(name)

    (line,) = [line for line in machine.set_up(**variables).stderr.splitlines() if "making .venv" in line]

    assert f"{taken} (STACK=default or STACK=modern chooses)" in line


def test_other_processors_have_no_modern_stack(machine: Machine) -> None:
    machine.compiler()
    machine.glibc("2.41", machine="aarch64")
    machine.program("uv", UV_THAT_FETCHES_NOTHING)
    machine.pin("3.10")
    machine.claimed_python("python3.13")

    assert "for the default stack" in machine.set_up().stderr


def test_there_are_two_stacks(machine: Machine) -> None:
    assert last_line(machine.set_up(STACK="newest")) == "set-up: STACK is default or modern, not newest"


@pytest.mark.parametrize("stack", LOCKS)
def test_the_stack_of_a_venv_stays_until_another_is_asked_for(machine: Machine, stack: str) -> None:
    machine.complete(stack)
    machine.glibc("2.41")
    machine.claimed_python("python3.13")
    (other,) = set(LOCKS) - {stack}

    assert machine.set_up().returncode == 0
    assert machine.set_up(STACK=stack).returncode == 0
    assert "a C++ compiler not found" in last_line(machine.set_up(STACK=other))


@pytest.mark.skipif(not shutil.which("flock"), reason="set-ups wait for each other only where there is flock")
def test_a_second_set_up_waits_for_the_first(machine: Machine) -> None:
    log = machine.tree / ".venv-setup.log"
    holder = subprocess.Popen(
        ["flock", str(log), "sh", "-c", "echo held; sleep 1"],
        stdout=subprocess.PIPE,
        text=True,
        env=dict(os.environ),
    )
    assert holder.stdout and holder.stdout.readline() == "held\n"

    result = machine.set_up()

    assert holder.poll() == 0
    assert result.stderr.splitlines()[0] == "set-up: another set-up is at work here: waiting for it"
