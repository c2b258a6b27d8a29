"""BERT-base on batches of 64 blocks of 512 tokens, two steps, within 14 GB: the step is computed in parts."""

import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

MOST_BYTES = 14e9
GOALS = {"of 14 GB": 1.0}
BATCH, LENGTH, STEPS, WORDS = 64, 512, 2, 30_522


def measure() -> dict[str, Any]:
    """Trains in a process of its own, whose peak is its own too."""
    with tempfile.TemporaryDirectory() as folder:
        record = Path(folder) / "record.json"
        start = time.monotonic()
        subprocess.run([sys.executable, "-m", "tests.benchmarks.bert_base", str(record)], check=True)
        found = json.loads(record.read_text(encoding="utf-8"))
    peak = found.pop("peak_bytes")
    return {
        "batch": f"{BATCH} x {LENGTH} tokens",
        "steps": STEPS,
        "seconds": round(time.monotonic() - start, 1),
        "peak_gb": round(peak / 1e9, 2),
        **found,
        "ratios": {"of 14 GB": MOST_BYTES / peak},
    }


def train(record_file: Path) -> None:
    """Two steps of the Pretrainer from scratch, on random words.

    Args:
        record_file: Gets what was measured, as JSON.
    """
    import numpy as np
    import tensorflow as tf

    from components.pretrainer.config import PretrainerConfig
    from components.pretrainer.masking import Vocabulary
    from components.pretrainer.packing import Corpus
    from components.pretrainer.training import pretrain

    def words(count: int, seed: int) -> Corpus:
        ids = np.random.default_rng(seed).integers(5, WORDS, (count, LENGTH)).astype(np.int32)
        ids[:, 0], ids[:, -1] = 2, 3
        return Corpus(ids.reshape(-1), np.full(count, LENGTH))

    config = PretrainerConfig(
        hidden_size=768,
        layers=12,
        heads=12,
        intermediate_size=3072,
        block_length=LENGTH,
        batch_size=BATCH,
        max_steps=STEPS,
        steps_per_execution=1,
        strategy="one_device",
    )
    vocabulary = Vocabulary(size=WORDS, pad_id=0, cls_id=2, mask_id=4, special_ids=(0, 1, 2, 3, 4))
    with tempfile.TemporaryDirectory() as logs:
        corpora = words(BATCH * STEPS, 0), words(BATCH, 1)
        _, record = pretrain(*corpora, config, vocabulary, tf.distribute.get_strategy(), logs)
    found = {
        "accumulation_steps": record.memory.accumulation_steps,
        "estimated_gb": round(record.memory.step_bytes / 1e9, 2),
        "budget_gb": round(record.memory.budget_bytes / 1e9, 2),
        "precision": record.precision,
        "xla": record.xla,
        "loss": record.loss,
        "peak_bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
    }
    record_file.write_text(json.dumps(found), encoding="utf-8")


if __name__ == "__main__":
    train(Path(sys.argv[1]))
