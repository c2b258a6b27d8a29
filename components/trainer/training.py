"""Trains a head on frozen features; knows nothing of TFX."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import tensorflow as tf
import tf_keras
from tf_keras.metrics import SparseCategoricalAccuracy

from components.autograph import leave_libraries_alone
from components.errors import DataError
from components.feature_gen.records import FeatureSet
from components.feature_gen.sequences import TokenSequences
from components.metrics import ClassificationMetrics, compute_metrics
from components.trainer.batches import evaluation_batches, predict, training_batches
from components.trainer.callbacks import CheckLoss, Progress
from components.trainer.config import TrainerConfig
from components.trainer.decision import decide, probabilities_of, row_losses
from components.trainer.head import build_head
from components.trainer.strategy import check_batch
from components.trainer.validation import validation_part
from components.trainer.warm_start import WarmStart
from components.training.failures import Remedies, explained

STEPS_PER_EXECUTION = 16  # a step of a linear head is shorter than Keras' work around it


def remedies(data: FeatureSet, config: TrainerConfig) -> Remedies:
    """The keys to name where training fails, without those that are already set so.

    Args:
        data: What is trained on.
        config: Of the training.
    """
    memory = ["a smaller trainer.batch_size"] if config.batch_size > 1 else []
    if isinstance(data.features, TokenSequences):  # else a text is one vector, however long it is
        memory += ["a smaller text.max_length", "feature_gen.pooling: mean with trainer.head: dense"]
    return Remedies(
        divergence="a lower trainer.learning_rate",
        memory=", ".join(memory) or "a machine with more memory",
    )


@dataclass(frozen=True)
class TrainResult:
    """A trained head and how it came to be.

    Attributes:
        head: From features to logits, with the best weights seen.
        history: Keras' metrics, a value an epoch.
        best_epoch: Number of the epoch, from 1, whose weights were kept.
        train_examples: Examples trained on.
        validation: Metrics on the validation part; None if there is none.
    """

    head: tf_keras.Model
    history: dict[str, list[float]]
    best_epoch: int
    train_examples: int
    validation: ClassificationMetrics | None


def train_head(
    data: FeatureSet,
    labels: list[str],
    config: TrainerConfig,
    strategy: tf.distribute.Strategy,
    log_dir: str | Path | None = None,
    warm_start: WarmStart | None = None,
) -> TrainResult:
    """Trains a head with early stopping on a validation part of the same data.

    Args:
        data: The train split; the eval split has no place here.
        labels: Label texts by class number.
        config: Head and training.
        strategy: Where to train.
        log_dir: Folder for TensorBoard's logs; None for none.
        warm_start: What the head begins with; None for random weights.

    Returns:
        The trained head and its figures.

    Raises:
        ConfigError: If the replicas cannot share a batch evenly.
        DataError: If there are no examples, no two classes, a class number without a label, or no groups to go by.
        TfxBertError: If the loss is not finite, or memory does not suffice.
    """
    _check(data, labels)
    leave_libraries_alone()
    check_batch("trainer.batch_size", config.batch_size, strategy.num_replicas_in_sync)
    held_out = validation_part(data, config)
    train, validation = data.take(~held_out), data.take(held_out)
    tf_keras.utils.set_random_seed(config.seed)
    with strategy.scope():
        head = build_head(train.features, len(labels), config)
        if warm_start:
            warm_start.begin_head(head, labels)
        head.compile(
            optimizer=_optimizer(config),
            loss=_cross_entropy(config.label_smoothing, data.multi_label),
            metrics=[_accuracy(config.threshold) if data.multi_label else SparseCategoricalAccuracy("accuracy")],
            steps_per_execution=STEPS_PER_EXECUTION,
        )
    static = isinstance(strategy, tf.distribute.TPUStrategy)
    with explained(remedies(data, config)):
        history = head.fit(
            training_batches(train, config.batch_size, config.seed, static),
            epochs=config.epochs,
            validation_data=evaluation_batches(validation, static) if len(validation) else None,
            class_weight=_weights(train.label_ids, len(labels)) if config.class_weights else None,
            callbacks=_callbacks(config, bool(len(validation)), log_dir),
            verbose=0,
        ).history
    return TrainResult(
        head=head,
        history={name: [float(value) for value in values] for name, values in history.items()},
        best_epoch=int(np.argmin(history["val_loss"])) + 1 if len(validation) else len(history["loss"]),
        train_examples=len(train),
        validation=evaluate_head(head, validation, labels, config.threshold) if len(validation) else None,
    )


def evaluate_head(
    head: tf_keras.Model, data: FeatureSet, labels: list[str], threshold: float = 0.5
) -> ClassificationMetrics:
    """Computes the metrics of a head.

    Args:
        head: From features to logits.
        data: What to judge it on.
        labels: Label texts by class number.
        threshold: See `components.trainer.decision.decide`.
    """
    probabilities = probabilities_of(predict(head, data), data.multi_label)
    return compute_metrics(data.label_ids, decide(probabilities, threshold, data.multi_label), labels)


def balanced_weights(label_ids: np.ndarray) -> dict[int, float]:
    """Weighs classes so that each counts the same in all and the mean weight of an example is 1.

    Args:
        label_ids: Class numbers, int of shape ``[n]``.

    Example:
        >>> balanced_weights(np.array([0, 0, 0, 1]))
        {0: 0.6666666666666666, 1: 2.0}
    """
    present, counts = np.unique(label_ids, return_counts=True)
    weights = len(label_ids) / (len(present) * counts)
    return {int(label_id): float(weight) for label_id, weight in zip(present, weights, strict=True)}


def _weights(label_ids: np.ndarray, classes: int) -> dict[int, float]:
    """Weights of all classes, as Keras wants them; one without an example has any."""
    return dict.fromkeys(range(classes), 1.0) | balanced_weights(label_ids)


def _cross_entropy(smoothing: float, multi_label: bool) -> Callable[[tf.Tensor, tf.Tensor], tf.Tensor]:
    def cross_entropy(targets: tf.Tensor, logits: tf.Tensor) -> tf.Tensor:
        # Keras gives class numbers a second dimension, and may have made numbers of marks.
        targets = tf.cast(targets, tf.bool) if multi_label else tf.reshape(targets, [-1])
        return row_losses(targets, logits, smoothing)

    return cross_entropy


def _accuracy(threshold: float) -> tf_keras.metrics.Metric:
    def all_right(targets: tf.Tensor, logits: tf.Tensor) -> tf.Tensor:
        chosen = tf.sigmoid(logits) >= threshold
        return tf.cast(tf.reduce_all(tf.equal(chosen, tf.cast(targets, tf.bool)), axis=-1), logits.dtype)

    return tf_keras.metrics.MeanMetricWrapper(all_right, "accuracy")


def _optimizer(config: TrainerConfig) -> tf_keras.optimizers.Optimizer:
    if config.optimizer == "adam":
        return tf_keras.optimizers.Adam(config.learning_rate)
    if config.optimizer == "nadam":
        return tf_keras.optimizers.Nadam(config.learning_rate)
    optimizer = tf_keras.optimizers.AdamW(config.learning_rate, weight_decay=config.weight_decay)
    optimizer.exclude_from_weight_decay(var_names=["bias"])
    return optimizer


def _callbacks(config: TrainerConfig, stops: bool, log_dir: str | Path | None) -> list[tf_keras.callbacks.Callback]:
    callbacks: list[tf_keras.callbacks.Callback] = [CheckLoss(), Progress(config.epochs)]
    if stops:
        callbacks.append(
            tf_keras.callbacks.EarlyStopping("val_loss", patience=config.patience, restore_best_weights=True)
        )
    if log_dir is not None:
        callbacks.append(tf_keras.callbacks.TensorBoard(str(log_dir), write_graph=False))
    return callbacks


def _check(data: FeatureSet, labels: list[str]) -> None:
    if not len(data):
        raise DataError("the train split has no examples: check the input and its split")
    if len(labels) < 2:
        raise DataError(f"a classifier needs two labels or more, the train split has only {labels}")
    if data.multi_label:
        return
    bad = (data.label_ids < 0) | (data.label_ids >= len(labels))
    if bad.any():
        row = int(np.flatnonzero(bad)[0])
        name = data.ids[row].decode("utf-8", "replace")
        raise DataError(
            f"example {name!r} has label_id {data.label_ids[row]}, but there are {len(labels)} labels: "
            "run the transform again on the same train split"
        )
