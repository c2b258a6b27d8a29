"""Trains a masked language model from scratch and measures it on held-out text."""

import dataclasses
import math
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import tensorflow as tf
import tf_keras as keras
from transformers import TFBertForMaskedLM

from components.autograph import leave_libraries_alone
from components.pretrainer import dataset, packing
from components.pretrainer.callbacks import EpochRecord, Pace
from components.pretrainer.config import PretrainerConfig
from components.pretrainer.masking import Vocabulary
from components.pretrainer.model import MaskedLanguageModel, build_network
from components.pretrainer.optimizer import WarmupLinearDecay, adamw
from components.trainer.strategy import replica_batch_size, sharded_by_rows, shared_clock
from components.training.dropout import seed_dropout
from components.training.failures import Remedies
from components.training.fitting import fit
from components.training.id_checks import drop_id_checks

MANY_EPOCHS = 1_000_000  # where time is the only limit
REMEDIES = Remedies(
    divergence="a lower pretrainer.learning_rate, a longer pretrainer.warmup_share, pretrainer.clip_norm: 1, or "
    "pretrainer.precision: float32",
    memory="a smaller pretrainer.batch_size or pretrainer.block_length, or pretrainer.precision: bfloat16",
)


@dataclasses.dataclass(frozen=True)
class TrainingRecord:
    """What training did and how good the model is.

    Attributes:
        steps: Training steps.
        seconds: Wall-clock time, compiling and evaluation included, and that of earlier tries up to their last
            checkpoint.
        compile_seconds: Time of the first execution of steps, most of it compiling.
        useful_tokens_per_second: Tokens that are not padding, in training steps after the first execution.
        loss: Held-out cross-entropy per predicted token, in nats.
        perplexity: Its exponential.
        masked_accuracy: Share of the held-out predicted tokens whose best prediction is right.
        history: Series by name, one value an epoch; held-out ones begin with ``val_``.
        packing: What packing the training text costs.
    """

    steps: int
    seconds: float
    compile_seconds: float
    useful_tokens_per_second: float
    loss: float
    perplexity: float
    masked_accuracy: float
    history: dict[str, list[float]]
    packing: packing.PackingReport


def pretrain(
    corpus: packing.Corpus,
    held_out: packing.Corpus,
    config: PretrainerConfig,
    vocabulary: Vocabulary,
    strategy: tf.distribute.Strategy,
    log_dir: str | Path,
    checkpoint_dir: str | Path | None = None,
) -> tuple[TFBertForMaskedLM, TrainingRecord]:
    """Trains a new BERT.

    Args:
        corpus: Tokenized training texts; at least one.
        held_out: Tokenized texts to measure on; at least one.
        config: Architecture and training.
        vocabulary: Size and special ids.
        strategy: Where to train.
        log_dir: Gets TensorBoard's event files.
        checkpoint_dir: Folder of the checkpoints of exactly this training, to go on from after a crash; None: none.

    Returns:
        The trained network and the record.
    """
    replica_batch_size(strategy, config.batch_size, "batch_size")
    clock = shared_clock(strategy)
    leave_libraries_alone()
    blocks = packing.pack(corpus, config.block_length, vocabulary.pad_id)
    report = packing.packing_report(corpus, blocks, vocabulary.pad_id)
    epoch_steps = math.ceil(report.blocks / config.batch_size)
    total = config.max_steps or (config.epochs and config.epochs * epoch_steps)
    tokens_a_step = report.useful_share * config.batch_size * config.block_length

    with keras_precision(config.precision), strategy.scope():
        schedule = WarmupLinearDecay(config.learning_rate, total, config.warmup_share, config.warmup_steps)
        pace = Pace(schedule, total, config.minutes, tokens_a_step, clock)
        model = MaskedLanguageModel(build_network(config, vocabulary))
        seed_dropout(model, config.seed)
        drop_id_checks()
        model.compile(
            adamw(schedule, config.weight_decay, config.clip_norm),
            jit_compile=config.xla,
            steps_per_execution=min(config.steps_per_execution, total or config.steps_per_execution),
        )
        history = fit(
            model,
            lambda first_step: sharded_by_rows(dataset.training_batches(corpus, config, vocabulary, first_step)),
            steps_per_epoch=min(epoch_steps, total or epoch_steps),
            epochs=math.ceil(total / epoch_steps) if total else MANY_EPOCHS,
            validation_data=sharded_by_rows(dataset.eval_batches(held_out, config, vocabulary)),
            callbacks=[pace, EpochRecord(pace), keras.callbacks.TensorBoard(str(log_dir), write_graph=False)],
            remedies=REMEDIES,
            directory=checkpoint_dir,
            minutes=config.checkpoint_minutes,
            clock=clock,
        )
    return model.network, TrainingRecord(
        steps=pace.steps,
        seconds=pace.elapsed(),
        compile_seconds=pace.compile_seconds,
        useful_tokens_per_second=pace.tokens_per_second(),
        loss=history["val_loss"][-1],
        perplexity=history["val_perplexity"][-1],
        masked_accuracy=history["val_accuracy"][-1],
        history=history,
        packing=report,
    )


@contextmanager
def keras_precision(precision: str) -> Iterator[None]:
    """Sets Keras' arithmetic for the layers that are made inside a ``with`` block.

    Args:
        precision: ``float32``, or ``bfloat16`` for mixed precision with float32 weights.
    """
    before = keras.mixed_precision.global_policy()
    keras.mixed_precision.set_global_policy("mixed_bfloat16" if precision == "bfloat16" else precision)
    try:
        yield
    finally:
        keras.mixed_precision.set_global_policy(before)
