"""Trains an encoder on with its head, and keeps the result only if it is better; knows nothing of TFX."""

import dataclasses
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf
import tf_keras
from transformers import TFPreTrainedModel

from components.autograph import leave_libraries_alone
from components.feature_gen.encoder import check_length
from components.metrics import ClassificationMetrics, compute_metrics
from components.trainer.decision import decide, probabilities_of, row_losses
from components.trainer.finetuning.batches import NO_ROW, Texts, bucket_lengths, evaluation_batches, training_batches
from components.trainer.finetuning.callbacks import KeepBest, StepProgress
from components.trainer.finetuning.config import Metric, UnfreezeConfig
from components.trainer.finetuning.layers import unfrozen
from components.trainer.finetuning.model import FineTuner, Forward
from components.trainer.finetuning.optimizer import LayerwiseAdamW
from components.trainer.strategy import check_batch, shared_clock
from components.training.arithmetic import Precision
from components.training.batches import for_keras
from components.training.dropout import seed_dropout, set_dropout
from components.training.failures import Remedies, explained, one_of
from components.training.fitting import fit
from components.training.id_checks import drop_id_checks
from components.training.parts import Parts, Workload, choose_parts, rough_bytes, trace_rows


def remedies(config: UnfreezeConfig) -> Remedies:
    """The keys to name where the second stage fails, without those that are set so already."""
    is_clipped = config.clip_norm is not None and config.clip_norm <= 1
    return Remedies(
        divergence=one_of(
            "a lower trainer.unfreeze.learning_rate",
            "a longer trainer.unfreeze.warmup_share",
            "" if is_clipped else "trainer.unfreeze.clip_norm: 1",
        ),
        memory=one_of(
            "" if config.accumulation_steps == config.batch_size else "a higher trainer.unfreeze.accumulation_steps",
            "" if config.layers == 1 else "fewer trainer.unfreeze.layers",
            "a smaller text.max_length",
        ),
    )


@dataclass(frozen=True)
class TuneResult:
    """How the second stage went.

    Attributes:
        before: Validation metrics of encoder and head as they were given.
        best: Validation metrics of what is kept.
        best_epoch: Number of the epoch, from 1, whose weights are kept; 0 if the frozen encoder is.
        history: Keras' metrics, a value an epoch.
        depths: Depths of the encoder that were trained: its layers, and the embeddings as one more.
        metric: The validation metric that decided.
        precision: Arithmetic that the encoder computed in.
        memory: In how many parts a batch was computed, and why.
    """

    before: ClassificationMetrics
    best: ClassificationMetrics
    best_epoch: int
    history: dict[str, list[float]]
    depths: int
    metric: Metric
    precision: Precision
    memory: Parts

    @property
    def kept(self) -> bool:
        """Whether the tuned weights were better."""
        return self.best_epoch > 0

    def summary(self) -> dict[str, Any]:
        """What ``metrics.json`` says of it: figures by name."""
        return {
            "metric": self.metric,
            "before": getattr(self.before, self.metric),
            "after": getattr(self.best, self.metric),
            "kept": self.kept,
            "best_epoch": self.best_epoch,
            "epochs": len(self.history["loss"]),
            "trained_depths": self.depths,
            "precision": self.precision,
            "memory": dataclasses.asdict(self.memory),
            "validation_before": self.before.model_dump(),
            "history": self.history,
        }


def tune(
    encoder: TFPreTrainedModel,
    head: tf_keras.Model,
    forward: Forward,
    train: Texts,
    validation: Texts,
    labels: list[str],
    config: UnfreezeConfig,
    strategy: tf.distribute.Strategy,
    seed: int,
    log_dir: str | Path | None = None,
    label_smoothing: float = 0.0,
    checkpoint_dir: str | Path | None = None,
    threshold: float = 0.5,
) -> TuneResult:
    """Trains encoder and head in place; both are as before, bit for bit, if the validation metric does not improve.

    Args:
        encoder: From `components.feature_gen.encoder.load_encoder`, loaded in the scope of ``strategy``; trained in the
            arithmetic that it was made for.
        head: Trained on the encoder's features, made in the same scope.
        forward: How the two make logits.
        train: What is trained on; at least one text.
        validation: What decides; at least one text, none of the eval split.
        labels: Label texts by class number.
        config: Depth, rates and epochs.
        strategy: Where to train; a TPU gets one static shape, everything else buckets.
        seed: Of order and dropout.
        log_dir: Folder for TensorBoard's logs; None for none.
        label_smoothing: Share of each target that is spread over all classes.
        checkpoint_dir: Folder of the checkpoints of exactly this training, to go on from after a crash; None: none.
        threshold: See `components.trainer.decision.decide`.

    Returns:
        What was kept, and the figures.

    Raises:
        ConfigError: If the encoder has fewer layers than are to be trained, or replicas cannot share a batch evenly.
        DataError: If a text has more tokens than the encoder has positions.
        TfxBertError: If the loss is not finite, or memory or disk do not suffice.
    """
    leave_libraries_alone()
    replicas, wanted = strategy.num_replicas_in_sync, config.accumulation_steps
    check_batch("trainer.unfreeze.batch_size", config.batch_size, replicas, 1 if wanted == "auto" else wanted)
    longest = int(max(train.lengths.max(), validation.lengths.max()))
    check_length(encoder, longest)
    buckets = [longest] if isinstance(strategy, tf.distribute.TPUStrategy) else bucket_lengths(longest)
    pad_id = encoder.config.pad_token_id or 0
    steps = -(-len(train.labels) // config.batch_size)
    tf_keras.utils.set_random_seed(seed)

    def judge() -> ClassificationMetrics:
        logits = model.predict(for_keras(judged), verbose=0)
        in_order = np.empty((len(validation.labels), logits.shape[1]), logits.dtype)
        in_order[rows[rows != NO_ROW]] = logits[rows != NO_ROW]
        return metrics_of(validation.labels, in_order, labels, threshold)

    with explained(remedies(config)):
        model = fine_tuner(encoder, head, forward, config, steps * config.epochs, strategy, label_smoothing)
        if config.dropout is not None:
            set_dropout(encoder, config.dropout)
        with strategy.scope():
            seed_dropout(model, seed)
    parts = choose_parts(
        "trainer.unfreeze.accumulation_steps",
        wanted,
        workload(model, config.batch_size // replicas, longest, validation.labels.shape[1:], strategy),
        strategy,
        remedies(config).memory,
    )
    model.accumulation_steps = parts.accumulation_steps
    at_once = config.batch_size // parts.accumulation_steps
    judged, rows = evaluation_batches(validation, buckets, at_once, pad_id)
    with explained(remedies(config)):
        keeper = KeepBest(judge, model.layerwise.targets, config.metric, config.patience)
    callbacks = [keeper, StepProgress(steps, config.epochs)]
    if log_dir is not None:
        callbacks.append(tf_keras.callbacks.TensorBoard(str(log_dir), write_graph=False))
    history = fit(
        model,
        lambda first_step: for_keras(
            training_batches(train, buckets, config.batch_size, config.epochs, seed, pad_id, first_step)
        ),
        steps_per_epoch=steps,
        epochs=config.epochs,
        callbacks=callbacks,
        remedies=remedies(config),
        directory=checkpoint_dir,
        minutes=config.checkpoint_minutes,
        clock=shared_clock(strategy),
    )
    return TuneResult(
        before=keeper.before,
        best=keeper.best,
        best_epoch=keeper.best_epoch,
        history={name: [float(value) for value in values] for name, values in history.items()},
        depths=len(model.layerwise.groups) - 1,
        metric=config.metric,
        precision=encoder.compute_dtype,
        memory=parts,
    )


def fine_tuner(
    encoder: TFPreTrainedModel,
    head: tf_keras.Model,
    forward: Forward,
    config: UnfreezeConfig,
    total_steps: int,
    strategy: tf.distribute.Strategy,
    label_smoothing: float = 0.0,
) -> FineTuner:
    """Makes what `tune` trains with: its ``fit`` takes the batches of `components.trainer.finetuning.batches`.

    Args:
        encoder: As in `tune`.
        head: As in `tune`.
        forward: As in `tune`.
        config: Depth and rates.
        total_steps: The step at which the rates are 0 again.
        strategy: Where to train.
        label_smoothing: As in `tune`.

    Returns:
        A compiled Keras model.

    Raises:
        ConfigError: If the encoder has fewer layers than are to be trained.
    """
    depths = unfrozen(encoder, config.layers)
    drop_id_checks()
    with strategy.scope():
        layerwise = LayerwiseAdamW(depths, head.trainable_variables, config, total_steps)
        model = FineTuner(encoder, head, forward, partial(row_losses, label_smoothing=label_smoothing), layerwise)
        model.compile(
            layerwise.optimizers[-1],  # Keras counts steps by it
            jit_compile=config.xla,
            steps_per_execution=config.steps_per_execution,
        )
    return model


def workload(
    model: FineTuner, rows: int, length: int, label_shape: tuple[int, ...], strategy: tf.distribute.Strategy
) -> Workload:
    """What a step computes on a replica, where it computes most.

    Args:
        model: From `fine_tuner`.
        rows: Rows of a replica's part of the batch.
        length: Tokens of the longest text.
        label_shape: Of one label; empty for class numbers.
        strategy: Where the model was made.
    """
    batch = {
        "input_ids": tf.TensorSpec([rows, length], tf.int32),
        "lengths": tf.TensorSpec([rows], tf.int32),
        "labels": tf.TensorSpec([rows, *label_shape], tf.bool if label_shape else tf.int64),
        "weights": tf.TensorSpec([rows], tf.float32),
    }
    return Workload(
        rows,
        rough_bytes(model.encoder.config, rows, length),
        sum(4 * variable.shape.num_elements() for variable in model.layerwise.targets),
        lambda: trace_rows(lambda part: model.gradients_and_loss(part, tf.constant(1.0)), batch, rows, strategy),
    )


def metrics_of(
    actual: np.ndarray, logits: np.ndarray, labels: list[str], threshold: float = 0.5
) -> ClassificationMetrics:
    """Computes metrics with the mean cross-entropy.

    Args:
        actual: Class numbers, int of shape ``[n]``; or marks of several classes, bool of shape ``[n, classes]``.
        logits: float32 of shape ``[n, classes]``.
        labels: Label texts by class number.
        threshold: See `components.trainer.decision.decide`.
    """
    multi_label = actual.ndim == 2
    metrics = compute_metrics(actual, decide(probabilities_of(logits, multi_label), threshold, multi_label), labels)
    loss = float(np.mean(row_losses(tf.constant(actual), tf.constant(logits))))
    return metrics.model_copy(update={"loss": loss})
