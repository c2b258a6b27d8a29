"""The second stage on 20 Newsgroups with MiniLM: an epoch in buckets by length against one padded to the maximum.

The same step on the same messages, so all that differs is the padding.
"""

from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf
import tf_keras as keras
from transformers import TFPreTrainedModel

from components.autograph import leave_libraries_alone
from components.feature_gen.encoder import encode, load_encoder
from components.trainer.config import TrainerConfig
from components.trainer.finetuning.batches import Texts, bucket_lengths, plan_epoch, training_batches
from components.trainer.finetuning.config import UnfreezeConfig
from components.trainer.finetuning.layers import unfrozen
from components.trainer.finetuning.model import FineTuner
from components.trainer.finetuning.optimizer import LayerwiseAdamW
from components.trainer.finetuning.stage import row_losses
from components.trainer.head import build_head
from tests.benchmarks.newsgroups import MAX_LENGTH, Newsgroups, encoder_folder
from tests.benchmarks.timing import Candidate, rates

DOCUMENTS = 320
ALL_DOCUMENTS = 10_000
BATCH = 32
REPEATS = 3

GOALS = {"unfrozen, buckets to padding": 1.5}


def measure() -> dict[str, Any]:
    """Measures epochs of both.

    Returns:
        Documents a second, the ratio, how many times fewer token slots buckets have, and ``skipped``.
    """
    folder = encoder_folder()
    if folder is None:
        reason = "no encoder: let TFX_BERT_MINILM name a folder with all-MiniLM-L6-v2"
        return {"ratios": {}, "skipped": dict.fromkeys(GOALS, reason)}
    leave_libraries_alone()
    everything = Newsgroups.load(folder, ALL_DOCUMENTS)
    texts = Texts(
        tf.cast(everything.input_ids[:DOCUMENTS], tf.int32),
        everything.label_ids[:DOCUMENTS],
        np.ones(DOCUMENTS, np.float32),
    )
    model = _fine_tuner(folder, len(everything.labels))
    ways = {"buckets": bucket_lengths(MAX_LENGTH), "padding to max_length": [MAX_LENGTH]}
    measured = rates(
        {name: Candidate(partial(_epoch, model, texts, buckets), DOCUMENTS) for name, buckets in ways.items()}, REPEATS
    )
    lengths = everything.input_ids.row_lengths().numpy()
    return {
        "documents_per_second": measured,
        "slots_saved": {
            f"{count:,} documents": count * MAX_LENGTH / _slots(lengths[:count]) for count in (DOCUMENTS, ALL_DOCUMENTS)
        },
        "ratios": {"unfrozen, buckets to padding": measured["buckets"] / measured["padding to max_length"]},
        "skipped": {},
    }


def _fine_tuner(folder: Path, classes: int) -> FineTuner:
    """What `components.trainer.finetuning.stage.tune` trains, with an untrained head."""

    def forward(
        encoder: TFPreTrainedModel, head: keras.Model, ids: tf.Tensor, lengths: tf.Tensor, training: bool
    ) -> tf.Tensor:
        return head(encode(encoder, ids, lengths, "mean", training=training), training=training)

    encoder = load_encoder(folder)
    depths = unfrozen(encoder, None)
    head = build_head(np.zeros((1, encoder.config.hidden_size), np.float32), classes, TrainerConfig(standardize=False))
    layerwise = LayerwiseAdamW(depths, head.trainable_variables, UnfreezeConfig(), total_steps=1_000_000)
    model = FineTuner(encoder, head, forward, row_losses, layerwise)
    model.compile(layerwise.optimizers[-1], jit_compile=False)
    return model


def _epoch(model: FineTuner, texts: Texts, buckets: list[int]) -> None:
    model.fit(training_batches(texts, buckets, BATCH, epochs=1, seed=0), verbose=0)


def _slots(lengths: np.ndarray) -> int:
    """Token slots of an epoch in buckets."""
    return BATCH * int(plan_epoch(lengths, bucket_lengths(MAX_LENGTH), BATCH, (0,)).lengths.sum())
