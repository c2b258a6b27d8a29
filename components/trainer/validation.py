"""The validation part: taken from the train split, so that nothing is ever chosen on the eval split."""

import hashlib

import numpy as np


def validation_rows(ids: np.ndarray, label_ids: np.ndarray, share: float, seed: int) -> np.ndarray:
    """Chooses the same share of every class by a hash of the example ids.

    The choice depends on ids and seed alone, not on the order of the examples. A class keeps at least one
    example to train on; one whose share rounds to zero has none in the validation part.

    Args:
        ids: Example ids, bytes, shape ``[n]``.
        label_ids: Class numbers, int of shape ``[n]``.
        share: Share of each class to choose, from 0 up to but not including 1.
        seed: Different seeds choose differently.

    Returns:
        True for chosen examples, bool of shape ``[n]``.
    """
    keys = np.array([_hash(key, seed) for key in ids], np.uint64)
    chosen = np.zeros(len(ids), bool)
    for label_id in np.unique(label_ids):
        rows = np.flatnonzero(label_ids == label_id)
        count = min(round(share * len(rows)), len(rows) - 1)
        chosen[rows[np.argsort(keys[rows], kind="stable")[:count]]] = True
    return chosen


def _hash(key: bytes, seed: int) -> int:
    digest = hashlib.blake2b(key, digest_size=8, salt=seed.to_bytes(8, "little")).digest()
    return int.from_bytes(digest, "little")
