"""Stratified k-fold cross-validation of a head on cached features; knows nothing of TFX."""

import json
from dataclasses import dataclass
from itertools import compress
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf
import tf_keras
from sklearn.model_selection import StratifiedGroupKFold

from components import progress
from components.errors import DataError
from components.feature_gen.records import FeatureSet
from components.metrics import ClassificationMetrics, compute_metrics
from components.trainer.batches import predict
from components.trainer.config import TrainerConfig
from components.trainer.decision import decide, probabilities_of
from components.trainer.training import train_head
from components.trainer.validation import check_groups, hashes, strata

FIGURES = ("accuracy", "macro_f1", "weighted_f1")
PREDICTIONS_FILE = "out_of_fold.jsonl"


@dataclass(frozen=True)
class CrossValidation:
    """What the folds gave.

    Attributes:
        heads: A head a fold, from features to logits, trained on the other folds.
        folds: The fold that holds each example out, int of shape ``[n]``.
        probabilities: Those that each example got from the head that never saw it, float32 of shape
            ``[n, classes]``.
        metrics: On the held-out examples, a fold each.
    """

    heads: list[tf_keras.Model]
    folds: np.ndarray
    probabilities: np.ndarray
    metrics: list[ClassificationMetrics]


def assign_folds(
    ids: np.ndarray, label_ids: np.ndarray, count: int, seed: int, groups: np.ndarray | None = None
) -> np.ndarray:
    """Deals examples to folds so that each has about the same share of every class.

    The folds depend on ids, groups and seed alone, not on the order of the examples. Without groups, the folds'
    numbers of examples differ by one at most, and so do those of every class. Groups stay whole; they are dealt by
    scikit-learn's ``StratifiedGroupKFold``, in the order of their hashes where it has no preference.

    Args:
        ids: Example ids, bytes, shape ``[n]``.
        label_ids: See `components.trainer.validation.strata`.
        count: Number of folds, 2 or more.
        seed: Different seeds deal differently.
        groups: What each example belongs to, bytes, shape ``[n]``; None to deal single examples.

    Returns:
        Numbers of folds from 0, int of shape ``[n]``; every fold has an example.

    Raises:
        DataError: If there are fewer examples, groups or examples of the largest class than folds, or an example has
            no group.

    Example:
        >>> ids = np.array([b"a", b"b", b"c", b"d"], object)
        >>> sorted(assign_folds(ids, np.array([0, 0, 1, 1]), count=2, seed=0)[:2].tolist())
        [0, 1]
    """
    label_ids = strata(label_ids)
    _check_enough(len(ids), "examples", count)
    if groups is not None:
        check_groups(ids, groups)
        _check_enough(len(set(groups)), "groups", count)
        _check_enough(int(np.unique(label_ids, return_counts=True)[1].max()), "examples of the largest class", count)
        return _deal_groups(groups, label_ids, count, seed)
    folds = np.empty(len(ids), int)
    folds[np.lexsort((hashes(ids, seed), label_ids))] = np.arange(len(ids)) % count
    return folds


def cross_validate(
    data: FeatureSet,
    labels: list[str],
    config: TrainerConfig,
    strategy: tf.distribute.Strategy,
    log_dir: str | Path | None = None,
) -> CrossValidation:
    """Trains a head a fold on the other folds, and judges it on the fold.

    Early stopping looks at a validation part of the other folds, as in `train_head`: a fold is never chosen on.

    Args:
        data: The train split.
        labels: Label texts by class number.
        config: Head, training and ``folds``, which must be set.
        strategy: Where to train.
        log_dir: Folder for TensorBoard's logs, a folder a fold; None for none.

    Returns:
        The heads, and what they said of the examples they had not seen.

    Raises:
        DataError: See `assign_folds` and `train_head`.
    """
    count = config.folds or 0
    folds = assign_folds(data.ids, data.label_ids, count, config.seed, data.groups if config.group_folds else None)
    probabilities = np.empty((len(data), len(labels)), np.float32)
    heads, metrics = [], []
    for fold in range(count):
        name = f"fold {fold + 1} of {count}"
        with progress.part(fold, count, name):
            logs = None if log_dir is None else f"{log_dir}/fold-{fold + 1}"
            head = train_head(data.take(folds != fold), labels, config, strategy, logs).head
        held_out = data.take(folds == fold)
        predicted = probabilities_of(predict(head, held_out), data.multi_label)
        probabilities[folds == fold] = predicted
        heads.append(head)
        metrics.append(
            compute_metrics(held_out.label_ids, decide(predicted, config.threshold, data.multi_label), labels)
        )
    return CrossValidation(heads, folds, probabilities, metrics)


def summarize(result: CrossValidation) -> dict[str, Any]:
    """The figures of a cross-validation.

    Args:
        result: From `cross_validate`.

    Returns:
        ``cv_accuracy``, ``cv_macro_f1`` and ``cv_weighted_f1``: means over the folds; the same with ``_std``: the
        standard deviations of a sample; ``cross_validation``: each fold's values, and its number of examples. A class
        without an example in a fold counts there as an F1 of 0 in the macro mean.
    """
    values = {name: [getattr(fold, name) for fold in result.metrics] for name in FIGURES}
    means = {f"cv_{name}": float(np.mean(folds)) for name, folds in values.items()}
    spreads = {f"cv_{name}_std": float(np.std(folds, ddof=1)) for name, folds in values.items()}
    sizes = [fold.example_count for fold in result.metrics]
    return {**means, **spreads, "cross_validation": {**values, "example_count": sizes}}


def write_predictions(uri: str, result: CrossValidation, data: FeatureSet, labels: list[str]) -> None:
    """Writes ``out_of_fold.jsonl``: what each training example got from the head that never saw it.

    A line an example, in the order of the data: ``id``, ``label`` (a list of them if there may be several), ``fold``
    (from 1) and ``probabilities`` by label, in the order of the class numbers.

    Args:
        uri: The ModelRun artifact's folder, local or remote.
        result: From `cross_validate`.
        data: What it was given.
        labels: Label texts by class number.
    """
    tf.io.gfile.makedirs(uri)
    rows = zip(data.ids, data.label_ids, result.folds, result.probabilities.tolist(), strict=True)
    with tf.io.gfile.GFile(f"{uri}/{PREDICTIONS_FILE}", "w") as file:
        for key, target, fold, probabilities in rows:
            row = {
                "id": key.decode("utf-8", "replace"),
                "label": list(compress(labels, target)) if data.multi_label else labels[target],
                "fold": int(fold) + 1,
                "probabilities": dict(zip(labels, (round(value, 6) for value in probabilities), strict=True)),
            }
            file.write(json.dumps(row, ensure_ascii=False) + "\n")


def _deal_groups(groups: np.ndarray, label_ids: np.ndarray, count: int, seed: int) -> np.ndarray:
    # scikit-learn sorts groups by their names: hashes for names make that a shuffle.
    names = hashes(groups, seed)
    folds = np.empty(len(groups), int)
    splits = StratifiedGroupKFold(count).split(names, label_ids, names)
    for fold, (_, held_out) in enumerate(splits):
        folds[held_out] = fold
    return folds


def _check_enough(have: int, what: str, count: int) -> None:
    if have < count:
        remedy = f"{have} or less" if have > 1 else "null"
        raise DataError(f"the train split has {have} {what}, too few for {count} folds: set trainer.folds to {remedy}")
