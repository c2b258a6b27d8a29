"""Servers in processes of their own, as a person starts them."""

import contextlib
import dataclasses
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[3]
MAIN = "from pipeline.cli import main; main()"
_READY = re.compile(r"^(\S+) version (\d+): gRPC (\S+), REST (\S+)$")


@dataclasses.dataclass(frozen=True)
class Running:
    """A server: its process, and where it answers."""

    process: subprocess.Popen[str]
    grpc: str
    rest: str


@contextlib.contextmanager
def running(directory: Path, *arguments: str) -> Iterator[Running]:
    """Starts ``tfx-bert serve`` on free ports, and ends it."""
    command = [sys.executable, "-c", MAIN, "serve", "--model", str(directory), "--port", "0", "--rest-port", "0"]
    log = directory.parent / f"{directory.name}.log"
    with (
        log.open("w", encoding="utf-8") as errors,
        subprocess.Popen(
            [*command, *arguments],
            stdout=subprocess.PIPE, stderr=errors, text=True, encoding="utf-8", cwd=REPOSITORY, env=dict(os.environ),
        ) as process,
    ):  # fmt: skip
        assert process.stdout is not None
        line = process.stdout.readline()
        ready = _READY.match(line)
        assert ready, line + log.read_text(encoding="utf-8")
        try:
            yield Running(process, ready[3], ready[4])
        finally:
            process.terminate()
            process.wait(60)
