"""Trains a masked language model, from scratch or from a backbone, and measures it on held-out text."""

import dataclasses
import math
from pathlib import Path

import tensorflow as tf
import tf_keras as keras
from transformers import TFPreTrainedModel

from components.autograph import leave_libraries_alone
from components.pretrainer import dataset, packing
from components.pretrainer.callbacks import BestEpoch, EpochRecord, Pace
from components.pretrainer.config import PretrainerConfig
from components.pretrainer.data_wait import DataWait
from components.pretrainer.masking import Vocabulary
from components.pretrainer.model import MaskedLanguageModel, build_network, continue_network
from components.trainer.strategy import check_batch, shared_clock
from components.training.arithmetic import Precision, choose_precision, choose_xla, keras_precision
from components.training.batches import for_keras
from components.training.dropout import seed_dropout
from components.training.failures import Remedies, one_of
from components.training.fitting import fit
from components.training.id_checks import drop_id_checks
from components.training.optimizer import WarmupDecay, adamw
from components.training.parts import Parts, Workload, choose_parts, rough_bytes, trace_rows

MANY_EPOCHS = 1_000_000  # where time is the only limit


def remedies(config: PretrainerConfig) -> Remedies:
    """The keys to name where pretraining fails, without those that are set so already."""
    is_clipped = config.clip_norm is not None and config.clip_norm <= 1
    return Remedies(
        divergence=one_of(
            "a lower pretrainer.learning_rate",
            "a longer pretrainer.warmup_share" if config.warmup_steps is None else "more pretrainer.warmup_steps",
            "" if is_clipped else "pretrainer.clip_norm: 1",
            "" if config.precision == "float32" else "pretrainer.precision: float32",
        ),
        memory=one_of(
            "" if config.accumulation_steps == config.batch_size else "a higher pretrainer.accumulation_steps",
            "a smaller pretrainer.block_length",
            "pretrainer.precision: bfloat16" if config.precision == "float32" else "",
        ),
    )


@dataclasses.dataclass(frozen=True)
class TrainingRecord:
    """What training did and how good the model is.

    Attributes:
        architecture: ``model_type`` of the network.
        fresh_weights: Names of the weights that the backbone did not have and that began at random, usually those of
            the language modelling head; empty for training from scratch.
        precision: Arithmetic of the layers.
        xla: Whether XLA compiled the training step.
        memory: In how many parts a batch was computed, and why.
        steps: Training steps: updates of the weights, however many parts a batch was computed in.
        seconds: Wall-clock time, compiling and evaluation included, and that of earlier tries up to their last
            checkpoint.
        compile_seconds: Time of the first execution of steps, most of it compiling.
        useful_tokens_per_second: Tokens that are not padding, in training steps after the first execution.
        data_wait_share: Share of the time of these executions in which there was no data, see
            `components.pretrainer.data_wait`.
        best_epoch: The epoch with the lowest held-out loss, counted from 1.
        loss: Held-out cross-entropy per predicted token, in nats; this and the next two of the weights that are
            the result: with ``patience`` those of the best epoch, else the last.
        perplexity: Its exponential.
        masked_accuracy: Share of the held-out predicted tokens whose best prediction is right.
        history: Series by name, one value an epoch; held-out ones begin with ``val_``.
        packing: What each way of packing the training text costs; ``config.packing`` is the one that was used.
    """

    architecture: str
    fresh_weights: list[str]
    precision: Precision
    xla: bool
    memory: Parts
    steps: int
    seconds: float
    compile_seconds: float
    useful_tokens_per_second: float
    data_wait_share: float
    best_epoch: int
    loss: float
    perplexity: float
    masked_accuracy: float
    history: dict[str, list[float]]
    packing: dict[packing.Packing, packing.PackingReport]


def pretrain(
    corpus: packing.Corpus,
    held_out: packing.Corpus,
    config: PretrainerConfig,
    vocabulary: Vocabulary,
    strategy: tf.distribute.Strategy,
    log_dir: str | Path,
    backbone: str | None = None,
    checkpoint_dir: str | Path | None = None,
) -> tuple[TFPreTrainedModel, TrainingRecord]:
    """Trains an encoder.

    Args:
        corpus: Tokenized training texts; at least one.
        held_out: Tokenized texts to measure on; at least one.
        config: Architecture and training.
        vocabulary: Size and special ids.
        strategy: Where to train.
        log_dir: Gets TensorBoard's event files.
        backbone: Directory of the encoder to go on with, in Hugging Face's format, for which the configuration was
            checked with `components.pretrainer.continuing`; None: from scratch.
        checkpoint_dir: Folder of the checkpoints of exactly this training, to go on from after a crash; None: none.

    Returns:
        The trained network and the record.

    Raises:
        ConfigError: If a batch cannot be divided by the replicas and parts that compute it.
        TfxBertError: If the loss is not finite, or memory or disk do not suffice.
    """
    clock = shared_clock(strategy)
    leave_libraries_alone()
    replicas, wanted = strategy.num_replicas_in_sync, config.accumulation_steps
    check_batch("pretrainer.batch_size", config.batch_size, replicas, 1 if wanted == "auto" else wanted)
    reports = {way: packing.packing_report(corpus, config.block_length, way) for way in packing.WAYS}
    report = reports[config.packing]
    epoch_steps = math.ceil(report.blocks / config.batch_size)
    total = config.max_steps or (config.epochs and config.epochs * epoch_steps)
    tokens_a_step = report.useful_share * config.batch_size * config.block_length
    wait, best = DataWait(), BestEpoch(config.patience)

    precision = choose_precision(config.precision, strategy)
    xla = choose_xla(config.xla, precision, strategy)

    with keras_precision(precision), strategy.scope():
        schedule = WarmupDecay(config.learning_rate, total, config.warmup_share, config.warmup_steps, config.decay)
        pace = Pace(schedule, total, config.minutes, tokens_a_step, wait.seconds, clock)
        network, fresh = continue_network(backbone, config) if backbone else (build_network(config, vocabulary), [])
        model = MaskedLanguageModel(network)
        seed_dropout(model, config.seed)
        drop_id_checks()
        model.compile(
            adamw(schedule, config.weight_decay, config.clip_norm, loss_scaling=precision == "float16"),
            jit_compile=xla,
            steps_per_execution=min(config.steps_per_execution, total or config.steps_per_execution),
        )
        judged = for_keras(dataset.eval_batches(held_out, config, vocabulary))
        parts = choose_parts(
            "pretrainer.accumulation_steps",
            wanted,
            workload(model, judged.element_spec, replicas, strategy),
            strategy,
            remedies(config).memory,
        )
        model.accumulation_steps = parts.accumulation_steps
        history = fit(
            model,
            lambda first_step: for_keras(wait.watch(dataset.training_batches(corpus, config, vocabulary, first_step))),
            steps_per_epoch=min(epoch_steps, total or epoch_steps),
            epochs=math.ceil(total / epoch_steps) if total else MANY_EPOCHS,
            validation_data=judged,
            callbacks=[pace, EpochRecord(pace), best, keras.callbacks.TensorBoard(str(log_dir), write_graph=False)],
            remedies=remedies(config),
            directory=checkpoint_dir,
            minutes=config.checkpoint_minutes,
            clock=clock,
        )
    result = -1 if config.patience is None else best.best - 1
    return network, TrainingRecord(
        architecture=network.config.model_type,
        fresh_weights=fresh,
        precision=precision,
        xla=xla,
        memory=parts,
        steps=pace.steps,
        seconds=pace.elapsed(),
        compile_seconds=pace.compile_seconds,
        useful_tokens_per_second=pace.tokens_per_second(),
        data_wait_share=pace.data_wait_share(),
        best_epoch=best.best,
        loss=history["val_loss"][result],
        perplexity=history["val_perplexity"][result],
        masked_accuracy=history["val_accuracy"][result],
        history=history,
        packing=reports,
    )


def workload(
    model: MaskedLanguageModel, batch: dict[str, tf.TensorSpec], replicas: int, strategy: tf.distribute.Strategy
) -> Workload:
    """What a step of a model computes on a replica.

    Args:
        model: Compiled and built.
        batch: Shapes of a global batch.
        replicas: How many share it.
        strategy: Where the model was made.
    """
    rows, length = batch["input_ids"].shape
    rows //= replicas
    predictions = batch["positions"].shape[1]
    return Workload(
        rows,
        rough_bytes(model.network.config, rows, length, predictions),
        sum(4 * variable.shape.num_elements() for variable in model.trainable_variables),
        lambda: trace_rows(lambda part: model.gradients_and_sums(part, tf.constant(1.0)), batch, rows, strategy),
    )
