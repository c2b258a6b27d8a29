"""A pusher is killed at random points; whoever watches the directory never sees half a version."""

import json
import random
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from components.pusher.push import MANIFEST, file_checksums, push, versions

pytestmark = pytest.mark.slow

ROUNDS = 25
FILES = 12
FILE_BYTES = 50_000
ROOT = Path(__file__).resolve().parents[3]

PUSHER = """
import sys
from pathlib import Path
from components.pusher.push import push
model, destination = Path(sys.argv[1]), Path(sys.argv[2])
print("ready", flush=True)
for number in range(1000000):
    (model / "saved_model.pb").write_text(str(number) + sys.argv[3])
    push(model, destination)
"""


class _Watcher(threading.Thread):
    """Reads every version the moment it appears, as a server does."""

    def __init__(self, destination: Path) -> None:
        super().__init__(daemon=True)
        self.destination = destination
        self.seen: set[int] = set()
        self.broken: list[str] = []
        self.done = threading.Event()

    def run(self) -> None:
        while not self.done.is_set():
            for version in set(versions(self.destination)) - self.seen:
                self.seen.add(version)
                path = self.destination / str(version)
                try:
                    manifest = json.loads((path / MANIFEST).read_text(encoding="utf-8"))
                    if file_checksums(path) != manifest["files"] or len(manifest["files"]) != FILES + 1:
                        self.broken.append(f"{version}: files differ from the manifest")
                except (OSError, ValueError) as error:
                    self.broken.append(f"{version}: {error}")


def test_no_reader_sees_half_a_version(tmp_path: Path) -> None:
    model, destination = tmp_path / "モデル", tmp_path / "serving"
    (model / "variables").mkdir(parents=True)
    for number in range(FILES):
        (model / "variables" / f"{number}").write_bytes(bytes([number]) * FILE_BYTES)
    destination.mkdir()
    watcher = _Watcher(destination)
    watcher.start()
    chance = random.Random(0)
    halves = 0
    for number in range(ROUNDS):
        command = [sys.executable, "-c", PUSHER, str(model), str(destination), f"round {number}"]
        with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE) as pusher:
            assert pusher.stdout is not None
            pusher.stdout.readline()
            time.sleep(chance.uniform(0, 0.06))
            pusher.kill()
        halves += any(destination.glob(".tmp-*"))
    (model / "saved_model.pb").write_text("the last")
    last = push(model, destination)
    while last.version not in watcher.seen:
        time.sleep(0.01)
    watcher.done.set()
    watcher.join()
    assert watcher.broken == []
    assert watcher.seen == set(versions(destination))
    assert halves > 0, "no pusher was killed in the middle: the test proves nothing"
    assert not list(destination.glob(".tmp-*"))
