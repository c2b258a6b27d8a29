"""Batches of texts of like length, in an order that seed and step alone decide."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import tensorflow as tf

from components.training.batches import made_ahead

NO_ROW = -1  # fills the one incomplete batch of an epoch up


@dataclass(frozen=True)
class Texts:
    """Tokenized texts with their labels.

    Attributes:
        input_ids: Token ids without padding, ragged int32 of shape ``[n, None]``.
        labels: Class numbers, int of shape ``[n]``, or whatever the loss takes, of shape ``[n, ...]``.
        weights: How much each text counts, float32 of shape ``[n]``, above 0.
    """

    input_ids: tf.RaggedTensor
    labels: np.ndarray
    weights: np.ndarray

    @property
    def lengths(self) -> np.ndarray:
        """Number of tokens of each text, int64 of shape ``[n]``."""
        return self.input_ids.row_lengths().numpy()


@dataclass(frozen=True)
class Plan:
    """Which rows each step takes.

    Attributes:
        rows: Positions of texts or `NO_ROW`, int32 of shape ``[steps, batch_size]``.
        lengths: Token slots that each step's rows are padded to, int32 of shape ``[steps]``.
    """

    rows: np.ndarray
    lengths: np.ndarray


def bucket_lengths(longest: int) -> list[int]:
    """Lists the lengths that texts are padded to: 8, 12, 16, 24, 32, 48, ... and the longest.

    Steps of a half and a third keep padding below a third of a row while there are few shapes, each of which XLA
    compiles anew: 12 up to 512 tokens.

    Args:
        longest: Number of tokens of the longest text.

    Example:
        >>> bucket_lengths(100)
        [8, 12, 16, 24, 32, 48, 64, 96, 100]
    """
    powers = [2**exponent for exponent in range(3, max(longest.bit_length(), 3) + 1)]
    return [length for power in powers for length in (power, power * 3 // 2) if length < longest] + [longest]


def plan_epoch(lengths: np.ndarray, buckets: Sequence[int], batch_size: int, seed: tuple[int, ...] | None) -> Plan:
    """Divides rows into batches of a fixed number of rows of like length.

    Every row is in exactly one batch. A gradient step is a mean over rows, so their number is fixed and not that of
    tokens: no text counts more because it is short. Rows of a bucket meet others in every epoch, batches come in
    random order, and where the rows do not fill all batches, a random one has the gap.

    Args:
        lengths: Number of tokens of each row, int of shape ``[n]``, at most ``buckets[-1]``; n at least 1.
        buckets: Padded lengths, ascending.
        batch_size: Rows in a batch.
        seed: Of the order; None to keep rows in order of length.

    Returns:
        ``ceil(n / batch_size)`` steps, the same number in every epoch.
    """
    bucket = np.searchsorted(buckets, lengths)
    rng = None if seed is None else np.random.default_rng(seed)
    shuffled = np.arange(len(lengths)) if rng is None else rng.permutation(len(lengths))
    rows = shuffled[np.argsort(bucket[shuffled], kind="stable")]
    steps = -(-len(rows) // batch_size)
    incomplete = steps - 1 if rng is None else int(rng.integers(steps))
    rows = np.insert(rows, incomplete * batch_size, np.full(steps * batch_size - len(rows), NO_ROW))
    rows = rows.reshape(steps, batch_size).astype(np.int32)
    longest = np.where(rows == NO_ROW, 0, bucket[rows]).max(axis=1)
    order = np.arange(steps) if rng is None else rng.permutation(steps)
    return Plan(rows[order], np.asarray(buckets, np.int32)[longest[order]])


def training_batches(
    texts: Texts,
    buckets: Sequence[int],
    batch_size: int,
    epochs: int,
    seed: int,
    pad_id: int = 0,
    first_step: int = 0,
) -> tf.data.Dataset:
    """The batches of a whole training; what a step sees depends on the seed and its number only.

    Args:
        texts: What is trained on; at least one.
        buckets: Padded lengths, ascending, the last at least that of the longest text; a single one gives static
            shapes.
        batch_size: Rows in a batch.
        epochs: Passes over the texts, each in another order.
        seed: Of the order.
        pad_id: The id that fills rows up.
        first_step: Number of the step that the first batch is for, counted over all epochs: where an interrupted
            training goes on.

    Returns:
        ``epochs * ceil(n / batch_size) - first_step`` elements: ``input_ids`` int32 ``[batch_size, length]``,
        ``lengths`` int32 ``[batch_size]``, ``labels`` ``[batch_size, ...]`` and ``weights`` float32
        ``[batch_size]``, 0 for rows that only fill a batch up.
    """
    plans = [plan_epoch(texts.lengths, buckets, batch_size, (seed, epoch)) for epoch in range(epochs)]
    plan = Plan(np.concatenate([each.rows for each in plans]), np.concatenate([each.lengths for each in plans]))
    return _batches(texts, Plan(plan.rows[first_step:], plan.lengths[first_step:]), buckets, pad_id)


def evaluation_batches(
    texts: Texts, buckets: Sequence[int], batch_size: int, pad_id: int = 0
) -> tuple[tf.data.Dataset, np.ndarray]:
    """Every text once, in order of length.

    Args:
        texts: What is judged; at least one.
        buckets: As in `training_batches`.
        batch_size: Rows in a batch.
        pad_id: The id that fills rows up.

    Returns:
        Batches as in `training_batches`, and the position in ``texts`` of each of their rows or `NO_ROW`, int32 of
        shape ``[steps * batch_size]``.
    """
    plan = plan_epoch(texts.lengths, buckets, batch_size, seed=None)
    return _batches(texts, plan, buckets, pad_id), plan.rows.reshape(-1)


def _batches(texts: Texts, plan: Plan, buckets: Sequence[int], pad_id: int) -> tf.data.Dataset:
    labels, weights, lengths = (tf.constant(values) for values in (texts.labels, texts.weights, texts.lengths))
    batch_size = plan.rows.shape[1]
    static_length = buckets[0] if len(buckets) == 1 else None

    def make(rows: tf.Tensor, length: tf.Tensor) -> dict[str, tf.Tensor]:
        real = rows != NO_ROW
        rows = tf.maximum(rows, 0)
        ids = tf.gather(texts.input_ids, rows).to_tensor(pad_id, shape=[batch_size, length])
        return {
            "input_ids": tf.ensure_shape(ids, [batch_size, static_length]),
            "lengths": tf.cast(tf.gather(lengths, rows), tf.int32),
            "labels": tf.gather(labels, rows),
            "weights": tf.where(real, tf.gather(weights, rows), 0.0),
        }

    return made_ahead(tf.data.Dataset.from_tensor_slices((plan.rows, plan.lengths)), make)
