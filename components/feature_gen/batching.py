"""Batches of texts of like length, so that little is computed on padding."""

from dataclasses import dataclass

import numpy as np

LENGTH_STEP = 8


@dataclass(frozen=True)
class Batch:
    """Rows that are run together.

    Attributes:
        rows: Positions of the rows in the data, int64 of shape ``[batch]``.
        length: Number of token slots that each row is padded to.
    """

    rows: np.ndarray
    length: int


def plan_batches(lengths: np.ndarray, batch_tokens: int, longest: int | None = None) -> list[Batch]:
    """Sorts rows by length into batches with a bounded number of token slots.

    A batch is padded to the next multiple of `LENGTH_STEP`, and all full batches of a padded length have the
    same number of rows, so that only few distinct shapes appear.

    Args:
        lengths: Number of tokens of each row, int of shape ``[rows]``.
        batch_tokens: Bound on rows times padded length; a row that alone exceeds it gets a batch of its own.
        longest: Bound on the padded length (the encoder's positions), at least ``max(lengths)``; None for no
            bound.

    Returns:
        Batches, shortest rows first; every row is in exactly one.

    Example:
        >>> [(b.rows.tolist(), b.length) for b in plan_batches(np.array([9, 3, 5]), batch_tokens=16)]
        [([1, 2], 8), ([0], 16)]
    """
    padded = -(-np.maximum(lengths, 1) // LENGTH_STEP) * LENGTH_STEP
    if longest is not None:
        padded = np.minimum(padded, longest)
    batches = []
    for length in np.unique(padded):
        rows = np.flatnonzero(padded == length)
        size = max(1, batch_tokens // int(length))
        batches += [Batch(rows[start : start + size], int(length)) for start in range(0, len(rows), size)]
    return batches
