"""What is trained on frozen features: the folds, if any, and the head."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import tensorflow as tf
import tf_keras

from components.feature_gen.records import FeatureSet
from components.trainer.config import TrainerConfig
from components.trainer.ensemble import Ensemble
from components.trainer.folds import cross_validate, summarize, write_predictions
from components.trainer.ngrams.unseen import Unseen
from components.trainer.strategy import is_chief
from components.trainer.training import TrainResult, train_head
from components.trainer.warm_start import WarmStart


@dataclass(frozen=True)
class Trained:
    """What was trained on frozen features.

    Attributes:
        head: From features to logits.
        metrics: The figures, for ``metrics.json``.
        unseen: What the head says of examples it was not trained on, if that is all of them; else None.
    """

    head: tf_keras.Model
    metrics: dict[str, Any]
    unseen: Unseen | None


def train_frozen(
    data: FeatureSet,
    labels: list[str],
    config: TrainerConfig,
    strategy: tf.distribute.Strategy,
    uri: str,
    warm_start: WarmStart | None = None,
) -> Trained:
    """Trains what the configuration asks for.

    Args:
        data: The train split.
        labels: Label texts by class number.
        config: Head and training.
        strategy: Where to train.
        uri: The ModelRun artifact's folder, where logs and the folds' predictions go.
        warm_start: What the head begins with; None for random weights.

    Returns:
        The head and the figures of its training.
    """
    log_dir = f"{uri}/tensorboard"
    metrics: dict[str, Any] = {}
    if config.folds:
        crossed = cross_validate(data, labels, config, strategy, log_dir)
        if is_chief(strategy):
            write_predictions(uri, crossed, data, labels)
        metrics = summarize(crossed)
    if config.folds and config.final == "ensemble":
        unseen = Unseen(crossed.folds, np.log(np.maximum(crossed.probabilities, np.finfo(np.float32).tiny)))
        return Trained(Ensemble(crossed.heads, data.multi_label), metrics | {"train_examples": len(data)}, unseen)
    result = train_head(data, labels, config, strategy, log_dir, warm_start)
    return Trained(result.head, metrics | training_figures(result), None)


def training_figures(result: TrainResult) -> dict[str, Any]:
    """The figures of a training run.

    Args:
        result: What the training gave.
    """
    return {
        "best_epoch": result.best_epoch,
        "epochs": len(result.history["loss"]),
        "train_examples": result.train_examples,
        "validation": result.validation.model_dump() if result.validation else None,
        "history": result.history,
    }
