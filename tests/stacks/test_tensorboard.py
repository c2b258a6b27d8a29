"""TensorBoard starts from the locked environment and shows what training wrote."""

import importlib.metadata
import json
import re
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest
import tensorflow as tf

BIN = Path(sys.executable).parent
SECONDS = 120
NEWEST = (80, 9)  # as pyproject.toml has it


def too_new() -> bool:
    version = re.findall(r"\d+", importlib.metadata.version("setuptools"))
    return tuple(map(int, version[:2])) >= NEWEST


@pytest.mark.slow
@pytest.mark.skipif(too_new(), reason="the environment is older than the pin of setuptools: run `make setup`")
def test_it_starts_without_a_word_and_finds_the_runs(tmp_path: Path) -> None:
    with tf.summary.create_file_writer(str(tmp_path / "logs" / "train")).as_default():
        tf.summary.scalar("loss", 1.5, step=1)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [BIN / "tensorboard", "--logdir", tmp_path / "logs", "--host", "127.0.0.1", "--port", str(port)]
    with (tmp_path / "said").open("w") as said:
        process = subprocess.Popen(command, stdout=said, stderr=said)
    try:
        address, until = f"http://127.0.0.1:{port}/data/runs", time.monotonic() + SECONDS
        runs: list[str] = []
        while not runs and process.poll() is None and time.monotonic() < until:
            try:
                with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(address, timeout=5) as answer:
                    runs = json.load(answer)
            except OSError:
                time.sleep(0.5)
    finally:
        process.terminate()
        process.wait(30)
    text = (tmp_path / "said").read_text()
    assert runs == ["train"], text
    assert "pkg_resources" not in text
