"""A small pretraining to be killed: ``python -m tests.components.training.killed FOLDER``."""

import logging
import sys
from pathlib import Path

from tests.components.pretrainer.test_training import run

EPOCHS, STEPS_PER_EPOCH = 20, 8


def pretrain_small(folder: Path, checkpoint_dir: Path | None, **changes):
    """Trains with dropout, with executions that do not divide an epoch, and a checkpoint after each."""
    config = {"dropout": 0.1, "batch_size": 4, "epochs": EPOCHS, "steps_per_execution": 3, "checkpoint_minutes": 1e-9}
    return run(folder, checkpoint_dir=checkpoint_dir, **config | changes)


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO)
    pretrain_small(Path(sys.argv[1]), Path(sys.argv[1]) / "checkpoints")
