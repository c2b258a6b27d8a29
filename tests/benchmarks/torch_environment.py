"""PyTorch in an environment of its own, made when it is first needed: the project itself has none."""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

REQUIREMENTS = ("torch==2.13.0", "transformers==4.53.3", "numpy<3")
FOLDER = Path(os.environ.get("TFX_BERT_TORCH", Path.home() / ".cache" / "tfx-bert" / "torch-2.13.0"))
WORKER = Path(__file__).with_name("torch_worker.py")


class Unavailable(Exception):
    """PyTorch cannot be had here; the message says why."""


def python() -> Path:
    """Makes the environment if it is not there.

    Returns:
        Its interpreter.

    Raises:
        Unavailable: If there is no Python 3.11, or the packages cannot be installed.
    """
    interpreter = FOLDER / "bin" / "python"
    if not (FOLDER / "complete").exists():
        try:
            _run([_python_3_11(), "-m", "venv", "--clear", str(FOLDER)])
            _run([str(interpreter), "-m", "pip", "install", "--quiet", *REQUIREMENTS])
            _run([str(interpreter), "-c", "import torch, transformers"])
        except subprocess.CalledProcessError as error:
            last = (error.stderr.strip().splitlines() or [str(error)])[-1]
            raise Unavailable(f"{' '.join(error.cmd[1:4])} failed in {FOLDER}: {last}") from error
        (FOLDER / "complete").touch()
    return interpreter


class Worker:
    """A process that trains steps in PyTorch when told to."""

    def __init__(self, process: subprocess.Popen) -> None:
        """Waits until the process is ready."""
        self._process = process
        self._answer()

    def train(self, precision: str) -> None:
        """Trains the number of steps that was agreed on."""
        self._process.stdin.write(precision + "\n")
        self._process.stdin.flush()
        self._answer()

    def _answer(self) -> None:
        if not self._process.stdout.readline():
            raise RuntimeError(f"the PyTorch process ended with exit code {self._process.wait()}: see its messages")


@contextmanager
def worker(folder: Path, spec: Mapping[str, Any]) -> Iterator[Worker]:
    """Runs `tests.benchmarks.torch_worker` for the time of a ``with`` block.

    Args:
        folder: Where the specification can be written.
        spec: What it trains, see there.

    Raises:
        Unavailable: See `python`.
    """
    path = folder / "torch.json"
    path.write_text(json.dumps(spec), encoding="utf-8")
    command = [str(python()), str(WORKER), str(path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield Worker(process)
        finally:
            process.terminate()


def _python_3_11() -> str:
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    candidates = [*sorted(map(str, pyenv.glob("3.11*/bin/python3.11"))), shutil.which("python3.11")]
    for candidate in filter(None, candidates):
        if subprocess.run([candidate, "--version"], capture_output=True).returncode == 0:
            return candidate
    raise Unavailable("there is no python3.11, for which PyTorch 2.13 is installed")


def _run(command: list[str]) -> None:
    subprocess.run(command, check=True, capture_output=True, text=True)
