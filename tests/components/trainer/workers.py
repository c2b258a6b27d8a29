"""One worker of several: ``python -m tests.components.trainer.workers WHAT FOLDER CHANGES``, with TF_CONFIG set."""

import json
import logging
import sys
from pathlib import Path

from components.trainer.strategy import get_strategy, is_chief


def pretrain(folder: Path, changes: dict) -> dict:
    strategy = get_strategy("multi_worker")  # before anything else is computed
    from tests.components.pretrainer.test_training import run

    _, record = run(folder, strategy, checkpoint_dir=folder / "checkpoints", **changes)
    return {"chief": is_chief(strategy), "history": record.history, "steps": record.steps}


def train(folder: Path, changes: dict) -> dict:
    from components.trainer.config import TrainerConfig
    from tests.components.trainer.test_executor import execute

    execute(folder, "outputs", TrainerConfig(**changes))
    strategy = get_strategy("auto")  # what the Trainer found
    return {"chief": is_chief(strategy), "replicas": strategy.num_replicas_in_sync}


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO)
    what = {"pretrain": pretrain, "train": train}[sys.argv[1]]
    print(json.dumps(what(Path(sys.argv[2]), json.loads(sys.argv[3]))), flush=True)
