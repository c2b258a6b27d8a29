"""Ten minutes of the local server at the load that it holds: no request fails, and its memory stays."""

import re
import tempfile
from functools import partial
from pathlib import Path
from typing import Any

from tests.benchmarks import served_models
from tests.benchmarks.load import grpc_client, put_under_load
from tests.pipeline.serving.running import running

CLIENTS = 32
MINUTES = 10

GOALS = {"answered, of all": 1, "memory after the first minute, to the end's": 0.95}


def measure() -> dict[str, Any]:
    """Asks KNBC's sentences, a minute after the other.

    Returns:
        The load of each minute, the server's resident memory in MiB after each, and the ratios.
    """
    with tempfile.TemporaryDirectory() as temporary:
        served = served_models.knbc(Path(temporary))
        with running(served.directory) as server:
            minutes, memory = [], []
            for _ in range(MINUTES):
                minutes.append(put_under_load(partial(grpc_client, server.grpc, "tfx-bert"), served.texts, CLIENTS, 60))
                memory.append(_resident(server.process.pid))
    failed = sum(load.failed for load in minutes)
    asked = sum(load.rate * 60 for load in minutes)
    return {
        "texts a second": [round(load.rate) for load in minutes],
        "p99 in ms": [load.p99 for load in minutes],
        "failed": failed,
        "memory in MiB": memory,
        "ratios": {
            "answered, of all": 1 - failed / asked,
            "memory after the first minute, to the end's": memory[0] / memory[-1],
        },
        "skipped": {},
    }


def _resident(pid: int) -> int:
    status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    found = re.search(r"VmRSS:\s+(\d+) kB", status)
    assert found
    return int(found[1]) // 1024
