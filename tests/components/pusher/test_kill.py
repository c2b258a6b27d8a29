"""A pusher is killed at random points; whoever watches the directory never sees half a version."""

import json
import random
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
import tensorflow as tf

from components.pusher.manifest import MANIFEST, file_checksums
from components.pusher.push import list_versions, push

pytestmark = pytest.mark.slow

ROUNDS = 50
ROOT = Path(__file__).resolve().parents[3]

# Pushes in a child of its own for every line on stdin; importing TensorFlow each time would take minutes.
PUSHER = """
import os, signal, sys, time
from pathlib import Path
import components.pusher.graph_digest, tensorflow
from components.pusher.push import push
model, destination = sys.argv[1:]
for line in sys.stdin:
    seconds, round = line.split()
    child = os.fork()
    if not child:
        for number in range(1000000):
            Path(model, "assets", "filling").write_text(f"{round} {number}" * 50_000)
            push(model, destination)
    time.sleep(float(seconds))
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    print(round, flush=True)
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
            for version in _versions(self.destination) - self.seen:
                self.seen.add(version)
                path = self.destination / str(version)
                try:
                    manifest = json.loads((path / MANIFEST).read_text(encoding="utf-8"))
                    if file_checksums(str(path)) != manifest["files"] or "assets/filling" not in manifest["files"]:
                        self.broken.append(f"{version}: files differ from the manifest")
                    answer = tf.saved_model.load(str(path)).signatures["serving_default"](text=tf.constant(["京都"]))
                    if answer["length"].numpy().tolist() != [2]:
                        self.broken.append(f"{version}: answers {answer}")
                except Exception as error:
                    self.broken.append(f"{version}: {error}")


def _versions(destination: Path) -> set[int]:
    return {version for version, _ in list_versions(str(destination))}


class _Lengths(tf.Module):
    @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name="text")])
    def answer(self, text: tf.Tensor) -> dict[str, tf.Tensor]:
        return {"length": tf.strings.length(text, unit="UTF8_CHAR")}


def test_no_reader_sees_half_a_version(tmp_path: Path) -> None:
    model, destination = tmp_path / "モデル", tmp_path / "serving"
    lengths = _Lengths()
    tf.saved_model.save(lengths, str(model), signatures={"serving_default": lengths.answer})
    destination.mkdir()
    watcher = _Watcher(destination)
    watcher.start()
    chance = random.Random(0)
    halves = 0
    command = [sys.executable, "-c", PUSHER, str(model), str(destination)]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as pusher:
        assert pusher.stdin is not None and pusher.stdout is not None
        for number in range(ROUNDS):
            print(chance.uniform(0, 0.06), number, file=pusher.stdin, flush=True)
            assert pusher.stdout.readline() == f"{number}\n"
            halves += any(destination.glob(".tmp-*"))
        pusher.stdin.close()
    (model / "assets" / "filling").write_text("the last")
    last = push(str(model), str(destination))
    while last.version not in watcher.seen:
        time.sleep(0.01)
    watcher.done.set()
    watcher.join()
    assert watcher.broken == []
    assert watcher.seen == _versions(destination)
    assert halves > 0, "no pusher was killed in the middle: the test proves nothing"
    assert not list(destination.glob(".tmp-*"))
