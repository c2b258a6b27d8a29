"""Steps of Hugging Face's ``run_mlm.py`` in PyTorch; started by `tests.benchmarks.torch_environment`, never imported.

It runs in an environment that has PyTorch and nothing of this project. Its one argument is a JSON file; then every line
on standard input, ``float32`` or ``bfloat16``, trains some steps and is answered by a line with the last loss.
"""

import contextlib
import json
import sys
from pathlib import Path

import numpy as np
import torch
from transformers import BertConfig, BertForMaskedLM, BertTokenizerFast, DataCollatorForLanguageModeling, set_seed
from transformers import get_linear_schedule_with_warmup as linear_schedule

LEARNING_RATE, CLIP_NORM = 5e-5, 1.0  # what run_mlm's Trainer has by default, as its AdamW without weight decay


def main() -> None:
    """Trains on demand.

    The loop is the Trainer's without what surrounds it (logging, callbacks, saving), so it is no slower.
    """
    spec = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    torch.set_num_threads(spec["threads"])
    set_seed(0)
    model = BertForMaskedLM(BertConfig(**spec["architecture"])).train()
    optimizer = torch.optim.AdamW(model.parameters(), LEARNING_RATE, weight_decay=0.0)
    schedule = linear_schedule(optimizer, 0, 100_000)
    batches = iter(_loader(spec))
    print("ready", flush=True)
    for precision in sys.stdin:
        for _ in range(spec["steps"]):
            batch = next(batches)
            with _arithmetic(precision.strip()):
                loss = model(**batch).loss
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), CLIP_NORM)
            optimizer.step()
            schedule.step()
            optimizer.zero_grad()
        print(loss.item(), flush=True)


def _arithmetic(precision: str) -> contextlib.AbstractContextManager:
    return torch.autocast("cpu", torch.bfloat16) if precision == "bfloat16" else contextlib.nullcontext()


def _loader(spec: dict) -> torch.utils.data.DataLoader:
    """Shuffled batches of packed blocks, masked by the collator; the blocks last for all steps that are asked for."""
    blocks = np.load(spec["blocks"])
    examples = [{"input_ids": block, "attention_mask": [1] * len(block)} for block in blocks.tolist()]
    tokenizer = BertTokenizerFast(spec["vocabulary"])
    collator = DataCollatorForLanguageModeling(tokenizer, mlm_probability=spec["mask_share"])
    return torch.utils.data.DataLoader(examples, spec["batch_size"], shuffle=True, collate_fn=collator, drop_last=True)


if __name__ == "__main__":
    main()
