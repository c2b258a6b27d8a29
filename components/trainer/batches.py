"""Batches of features for a head: texts of like length together, in an order that the seed decides."""

import itertools
from collections.abc import Callable, Iterator, Sequence

import numpy as np
import tensorflow as tf
import tf_keras

from components.feature_gen.batching import LENGTH_STEP, Batch, plan_batches
from components.feature_gen.records import FeatureSet
from components.feature_gen.sequences import Features, TokenSequences
from components.training.batches import MADE_AHEAD, for_keras

_POOL_BATCHES = 50
_EVALUATION_SLOTS = 8192  # a batch of 256 texts of 32 tokens, or of 1,024 vectors


def plan_epoch(lengths: np.ndarray, batch_size: int, seed: int, epoch: int) -> list[Batch]:
    """Shuffles rows into batches of like length.

    Shuffled rows are cut into pools of up to 50 batches, each pool is sorted by length and cut into batches, and
    the batches are shuffled: little padding, and other neighbours every epoch, as in transformers'
    ``LengthGroupedSampler``. Rows of one length are simply shuffled.

    Args:
        lengths: Slots that each row needs, int of shape ``[rows]``.
        batch_size: Rows in a batch; one batch may have fewer.
        seed: Decides the order together with ``epoch``.
        epoch: Number of the epoch, from 0.

    Returns:
        ``ceil(rows / batch_size)`` batches, padded to a multiple of `LENGTH_STEP`; every row is in exactly one.

    Example:
        >>> sorted(batch.length for batch in plan_epoch(np.array([3, 30, 5, 28]), batch_size=2, seed=0, epoch=0))
        [8, 32]
    """
    random = np.random.default_rng([seed, epoch])
    rows = random.permutation(len(lengths))
    pool = batch_size * max(1, min(_POOL_BATCHES, len(rows) // (4 * batch_size)))
    batches = []
    for first in range(0, len(rows), pool):
        part = rows[first : first + pool]
        part = part[np.argsort(lengths[part], kind="stable")]
        batches += [part[start : start + batch_size] for start in range(0, len(part), batch_size)]
    return [Batch(batches[place], _slots(lengths[batches[place]])) for place in random.permutation(len(batches))]


def training_batches(data: FeatureSet, batch_size: int, seed: int, static: bool = False) -> tf.data.Dataset:
    """Makes the batches of one epoch; every iteration over the dataset is the next epoch.

    Args:
        data: What to train on; at least one example.
        batch_size: Examples in a step.
        seed: Decides the order.
        static: Whether all batches have one shape, as a TPU wants: sequences are padded to the longest, and a
            batch with too few examples takes some of its own again.

    Returns:
        Pairs of what a head reads, and class numbers, int64 of shape ``[batch]``, or marks, bool of shape
        ``[batch, classes]``.
    """
    lengths = _lengths(data.features, static)
    epochs = itertools.count()
    steps = -(-len(data) // batch_size)
    size = batch_size if static else None
    return _dataset(data, lambda: plan_epoch(lengths, batch_size, seed, next(epochs)), steps, size)


def evaluation_batches(data: FeatureSet, static: bool = False) -> tf.data.Dataset:
    """Makes batches, shortest texts first, of as many texts as a bounded number of slots holds.

    Args:
        data: At least one example.
        static: See `training_batches`.

    Returns:
        Pairs as those of `training_batches`.
    """
    plan = _evaluation_plan(data.features, static)
    return _dataset(data, lambda: plan, len(plan), len(plan[0].rows) if static else None)


def predict(head: tf_keras.Model, data: FeatureSet) -> np.ndarray:
    """Computes the logits of a head.

    Args:
        head: From features to logits.
        data: At least one example.

    Returns:
        float32 of shape ``[n, classes]``, in the order of the data.
    """
    static = isinstance(head.distribute_strategy, tf.distribute.TPUStrategy)
    plan = _evaluation_plan(data.features, static)
    size = len(plan[0].rows) if static else None
    computed = head.predict(_dataset(data, lambda: plan, len(plan), size), verbose=0)
    logits = np.empty((len(data), computed.shape[1]), np.float32)
    logits[np.concatenate([_filled(batch.rows, size) for batch in plan])] = computed
    return logits


def _evaluation_plan(features: Features, static: bool) -> list[Batch]:
    return plan_batches(_lengths(features, static), _EVALUATION_SLOTS)


def _lengths(features: Features, static: bool) -> np.ndarray:
    if not isinstance(features, TokenSequences):
        return np.ones(len(features), np.int64)
    return np.full_like(features.lengths, features.lengths.max()) if static else features.lengths


def _slots(lengths: np.ndarray) -> int:
    return -(-int(lengths.max()) // LENGTH_STEP) * LENGTH_STEP


def _filled(rows: np.ndarray, size: int | None) -> np.ndarray:
    return rows if size is None else np.resize(rows, size)


def _dataset(data: FeatureSet, plan: Callable[[], Sequence[Batch]], steps: int, size: int | None) -> tf.data.Dataset:
    features = data.features

    def batches() -> Iterator[tuple[np.ndarray | tuple[np.ndarray, np.ndarray], np.ndarray]]:
        for batch in plan():
            rows = _filled(batch.rows, size)
            chosen = features[rows]
            inputs = chosen.padded(batch.length) if isinstance(chosen, TokenSequences) else chosen
            yield inputs, data.label_ids[rows]

    if isinstance(features, TokenSequences):
        length = None if size is None else _slots(features.lengths)
        inputs = (
            tf.TensorSpec([size, length, features.width], tf.float32),
            tf.TensorSpec([size, length], tf.bool),
        )
    else:
        inputs = tf.TensorSpec([size, features.shape[1]], tf.float32)
    targets = tf.TensorSpec([size, *data.label_ids.shape[1:]], data.label_ids.dtype)
    dataset = tf.data.Dataset.from_generator(batches, output_signature=(inputs, targets))
    return for_keras(dataset.apply(tf.data.experimental.assert_cardinality(steps)).prefetch(MADE_AHEAD))
