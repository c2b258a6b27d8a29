"""One worker of several: ``python -m tests.components.trainer.workers FOLDER [TRIALS]``, with TF_CONFIG set."""

import json
import logging
import sys
from pathlib import Path

from components.trainer.strategy import get_strategy, is_chief

if __name__ == "__main__":
    strategy = get_strategy("multi_worker")  # before anything else is computed
    from tests.components.pretrainer.test_training import run

    logging.basicConfig(level=logging.INFO)
    folder = Path(sys.argv[1])
    network, record = run(folder, strategy, checkpoint_dir=folder / "checkpoints", **json.loads(sys.argv[2]))
    chief = is_chief(strategy)
    print(json.dumps({"chief": chief, "history": record.history, "steps": record.steps}), flush=True)
