"""The command as a person runs it, in a process of its own, from a copy of the code that a test may edit."""

import dataclasses
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline import outcome, runs

REPOSITORY = Path(__file__).resolve().parents[2]
MAIN = "from pipeline.cli import main; main()"


@dataclasses.dataclass(frozen=True)
class Workplace:
    """A copy of the code and a root of runs.

    Attributes:
        code: Holds the packages.
        root: What ``--root`` is given.
        data: What ``TFX_BERT_DATA`` is set to.
        temporary: What ``TMPDIR`` is set to.
    """

    code: Path
    root: Path
    data: Path | str
    temporary: Path

    def command(self, *arguments: str | Path, stdin: str = "") -> subprocess.CompletedProcess[str]:
        """Runs ``tfx-bert`` with these arguments."""
        environment = os.environ | {
            "PYTHONPATH": str(self.code), "TFX_BERT_DATA": str(self.data), "TMPDIR": str(self.temporary),
        }  # fmt: skip
        return subprocess.run(
            [sys.executable, "-c", MAIN, *map(str, arguments)],
            input=stdin, capture_output=True, text=True, encoding="utf-8", env=environment, cwd=self.code, check=False,
        )  # fmt: skip

    def run(self, preset: str, *arguments: str) -> outcome.Run:
        """Runs a pipeline; returns what was recorded.

        It must end well, without a Python warning in the terminal, and leave nothing in the temporary folder.
        """
        done = self.command("run", preset, "--root", self.root, *arguments)
        assert done.returncode == 0, done.stdout + done.stderr
        assert done.stderr == ""
        assert "Warning" not in done.stdout
        assert not list(self.temporary.iterdir())
        return runs.read_runs(self.root)[-1]


@pytest.fixture(scope="module")
def workplace(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Path], Workplace]:
    """Makes a workplace for a folder of data."""

    def make(data: Path) -> Workplace:
        place = tmp_path_factory.mktemp("workplace")
        (place / "temporary").mkdir()
        for folder in ("pipeline", "components", "kubeflow", "schemas"):
            shutil.copytree(REPOSITORY / folder, place / "code" / folder, ignore=shutil.ignore_patterns("__pycache__"))
        return Workplace(place / "code", place / "runs", data, place / "temporary")

    return make
