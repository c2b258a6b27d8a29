"""A small second stage to be killed: ``python -m tests.components.trainer.finetuning.killed FOLDER``."""

import logging
import sys
from pathlib import Path

from components.feature_gen.encoder import load_encoder
from tests.components.trainer.finetuning.test_stage import config, fresh_head, make_texts, run, values

EPOCHS, STEPS_PER_EPOCH = 12, 6


def tune_small(folder: Path, checkpoint_dir: Path | None):
    """Trains the encoder in ``backbone`` with dropout, a checkpoint after each step; gives result and weights."""
    parts = load_encoder(folder / "backbone"), fresh_head()
    settings = config(epochs=EPOCHS, dropout=0.2, checkpoint_minutes=1e-9)
    return run(parts, settings, make_texts(), checkpoint_dir=checkpoint_dir), values(parts)


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO)
    tune_small(Path(sys.argv[1]), Path(sys.argv[1]) / "checkpoints")
