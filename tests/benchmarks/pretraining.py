"""Masked language modelling: useful tokens a second against the write-up's loop and Hugging Face's PyTorch step.

The same architecture, vocabulary and text (WikiText-2) for all. A token is useful if it is not padding.
"""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

from components.pretrainer import packing
from components.pretrainer.config import PretrainerConfig
from components.pretrainer.training import pretrain
from tests.benchmarks import flops, torch_environment
from tests.benchmarks.pretraining_ways import Ours, write_up
from tests.benchmarks.timing import Candidate, rates
from tests.benchmarks.wikitext import WikiText

SIZES = {
    "4 layers, 256 wide": {"layers": 4, "hidden_size": 256, "heads": 4, "intermediate_size": 1024},
    "6 layers, 384 wide": {"layers": 6, "hidden_size": 384, "heads": 6, "intermediate_size": 1536},
}
# Ours as it is fastest on a CPU with bfloat16 matrix units. Blocks, batch and masking share are PyTorch's too; the last
# two are the write-up's: the share costs the others nothing, since they predict every position.
SETTINGS: dict[str, Any] = {
    "block_length": 128,
    "batch_size": 64,
    "mask_share": 0.2,
    "precision": "bfloat16",
    "xla": True,
    "max_steps": 1_000_000,
}
WRITE_UP_BATCH = 16  # of 64 lines the logits alone are 4 GB, and a step holds several tensors like them
STEPS = 8
TORCH_STEPS = 4  # each takes several times as long
REPEATS = 3
WAITING_STEPS = 20

GOALS = {
    "to the write-up": 10,
    "to run_mlm in PyTorch": 3,
    "share of the GEMM peak": 0.6,
    "time not waiting for data": 0.98,
}


def measure() -> dict[str, Any]:
    """Measures every size; the goals are for the first.

    Returns:
        Figures by size; the ratios of the first, and ``skipped``: what could not be measured, with the reason.
    """
    text = WikiText.load()
    with tempfile.TemporaryDirectory() as temporary:
        sizes = {
            name: _measure(text, PretrainerConfig(**size, **SETTINGS), Path(temporary)) for name, size in SIZES.items()
        }
    first = next(iter(sizes.values()))
    return {"settings": SETTINGS, "sizes": sizes, "ratios": first["ratios"], "skipped": first["skipped"]}


def _measure(text: WikiText, config: PretrainerConfig, folder: Path) -> dict[str, Any]:
    ours = Ours(text, config)
    ways = {
        "ours": ours.candidate(STEPS),
        "write-up": write_up(text, config, WRITE_UP_BATCH, batches=2),
    }
    with _torch_ways(text, config, folder) as (torch_ways, skipped):
        ways |= torch_ways
        measured = rates(ways | flops.gemm_candidates(), REPEATS)
    tokens = {name: measured.pop(name) for name in ways}
    batch = next(iter(ours.batches))
    needed = flops.training_flops(config, len(text.tokenizer), float(tf.reduce_sum(batch["weights"])))
    reached = needed * tokens["ours"] / (config.batch_size * config.block_length)
    peaks = {precision: flops.peak(measured, precision) for precision in ("float32", "bfloat16")}
    ratios = {"to the write-up": tokens["ours"] / tokens["write-up"]}
    ratios |= {f"to {name}": tokens["ours"] / tokens[name] for name in torch_ways}
    return {
        "useful_tokens_per_second": tokens,
        "gflops_per_second": {"ours": reached / 1e9} | {f"GEMM {name}": rate / 1e9 for name, rate in peaks.items()},
        "ratios": ratios
        | {
            "share of the GEMM peak": reached / peaks[config.precision],
            "share of the float32 GEMM peak": reached / peaks["float32"],
            "time not waiting for data": 1 - _waiting_share(text, config, folder),
        },
        "skipped": skipped,
    }


@contextmanager
def _torch_ways(
    text: WikiText, config: PretrainerConfig, folder: Path
) -> Iterator[tuple[dict[str, Candidate], dict[str, str]]]:
    """PyTorch's candidates for the time of a ``with`` block, and why there are none."""
    names = {"run_mlm in PyTorch": "float32", "run_mlm in PyTorch, bfloat16": "bfloat16"}
    # group_texts of run_mlm.py packs as this does, and drops the rest.
    blocks = packing.pack(text.corpus, config.block_length, text.tokenizer.pad_token_id)[:-1]
    np.save(folder / "blocks.npy", blocks)
    text.tokenizer.save_vocabulary(str(folder))
    spec = {
        "blocks": str(folder / "blocks.npy"),
        "vocabulary": str(folder / "vocab.txt"),
        "architecture": {
            "vocab_size": len(text.tokenizer),
            "hidden_size": config.hidden_size,
            "num_hidden_layers": config.layers,
            "num_attention_heads": config.heads,
            "intermediate_size": config.intermediate_size,
            "max_position_embeddings": config.max_positions,
        },
        "batch_size": config.batch_size,
        "mask_share": config.mask_share,
        "steps": TORCH_STEPS,
        "threads": os.cpu_count(),
    }
    tokens = TORCH_STEPS * config.batch_size * config.block_length
    try:
        torch_environment.python()
    except torch_environment.Unavailable as reason:
        yield {}, {f"to {name}": str(reason) for name in names}
        return
    with torch_environment.worker(folder, spec) as worker:
        yield (
            {
                name: Candidate(lambda precision=precision: worker.train(precision), tokens)
                for name, precision in names.items()
            },
            {},
        )


def _waiting_share(text: WikiText, config: PretrainerConfig, folder: Path) -> float:
    """Share of the training time in which there is no data, as a training of the Pretrainer records it."""
    few = config.model_copy(update={"max_steps": WAITING_STEPS, "epochs": None, "eval_blocks": 32})
    lengths = text.corpus.lengths[:100]
    held_out = packing.Corpus(text.corpus.ids[: lengths.sum()], lengths)
    strategy = tf.distribute.get_strategy()
    _, record = pretrain(text.corpus, held_out, few, text.vocabulary(), strategy, folder / "logs")
    return record.data_wait_share
