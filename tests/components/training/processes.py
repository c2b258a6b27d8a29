"""Real processes that train and are sent a signal."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import tensorflow as tf

ROOT = Path(__file__).resolve().parents[3]


def train_and_send(number: signal.Signals, module: str, folder: Path, after: int) -> tuple[int, str]:
    """Starts a module that trains, sends a signal once so many checkpoints were written; gives exit code and output."""
    command = [sys.executable, "-m", module, str(folder)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        while process.poll() is None and saved(folder) < after:
            time.sleep(0.01)
        process.send_signal(number)
        output, _ = process.communicate(timeout=120)
    return process.returncode, output


def saved(folder: Path) -> int:
    """Number of the last checkpoint in the folder's ``checkpoints``; 0: there is none."""
    path = tf.train.latest_checkpoint(str(folder / "checkpoints")) or "-0"
    return int(path.rpartition("-")[2])
