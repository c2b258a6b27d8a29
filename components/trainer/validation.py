"""The validation part: taken from the train split, so that nothing is ever chosen on the eval split."""

import hashlib

import numpy as np

from components.errors import DataError
from components.example_gen.splitting import quotas
from components.feature_gen.records import FeatureSet
from components.trainer.config import TrainerConfig


def strata(label_ids: np.ndarray) -> np.ndarray:
    """The class of each example by which it is dealt to parts.

    Args:
        label_ids: Class numbers, int of shape ``[n]``; or marks of several classes, bool of shape ``[n, classes]``.

    Returns:
        Class numbers, int of shape ``[n]``: of several classes the one that the fewest examples have, of none -1.
    """
    if label_ids.ndim == 1:
        return label_ids
    rarest_first = np.argsort(label_ids.sum(axis=0), kind="stable")
    return np.where(label_ids.any(axis=1), rarest_first[label_ids[:, rarest_first].argmax(axis=1)], -1)


def validation_part(data: FeatureSet, config: TrainerConfig) -> np.ndarray:
    """The examples that a training leaves out, see `validation_rows`.

    Args:
        data: The train split.
        config: Of the training.

    Returns:
        True for them, bool of shape ``[n]``.

    Raises:
        DataError: If groups are to stay together and an example has none.
    """
    groups = data.groups if config.group_folds else None
    return validation_rows(data.ids, data.label_ids, config.validation_share, config.seed, groups)


def validation_rows(
    ids: np.ndarray, label_ids: np.ndarray, share: float, seed: int, groups: np.ndarray | None = None
) -> np.ndarray:
    """Chooses the same share of every class by a hash of the example ids, or of the groups.

    The choice depends on ids, groups and seed alone, not on the order of the examples. How many of a class says
    `components.example_gen.splitting.quotas`; a class keeps at least one example to train on. Groups are taken whole,
    in the order of their hashes, each if it brings the shares of the classes nearer to what is asked for.

    Args:
        ids: Example ids, bytes, shape ``[n]``.
        label_ids: See `strata`.
        share: Share of each class to choose, from 0 up to but not including 1.
        seed: Different seeds choose differently.
        groups: What each example belongs to, bytes, shape ``[n]``; None to choose single examples.

    Returns:
        True for chosen examples, bool of shape ``[n]``.

    Raises:
        DataError: If an example has an empty group.
    """
    label_ids = strata(label_ids)
    if groups is not None:
        check_groups(ids, groups)
        return _grouped_rows(groups, label_ids, share, seed)
    keys = hashes(ids, seed)
    chosen = np.zeros(len(ids), bool)
    classes, sizes = np.unique(label_ids, return_counts=True)
    wanted = quotas({str(label_id): int(size) for label_id, size in zip(classes, sizes, strict=True)}, share)
    for label_id in classes:
        rows = np.flatnonzero(label_ids == label_id)
        chosen[rows[np.argsort(keys[rows], kind="stable")[: wanted[str(label_id)]]]] = True
    return chosen


def hashes(names: np.ndarray, seed: int) -> np.ndarray:
    """Hashes names: a shuffle that depends on them and the seed alone.

    Args:
        names: Example ids or groups, bytes, shape ``[n]``.
        seed: Different seeds hash differently.

    Returns:
        uint64 of shape ``[n]``.
    """
    return np.array([_hash(name, seed) for name in names], np.uint64)


def check_groups(ids: np.ndarray, groups: np.ndarray) -> None:
    """Refuses examples that belong to nothing.

    Args:
        ids: Example ids, bytes, shape ``[n]``.
        groups: What each example belongs to, bytes, shape ``[n]``.

    Raises:
        DataError: If an example has an empty group.
    """
    absent = np.flatnonzero(groups == b"")
    if len(absent):
        raise DataError(
            f"trainer.group_folds is on, but {len(absent)} of {len(groups)} training examples have no group, the first "
            f"is {ids[absent[0]].decode('utf-8', 'replace')!r}: give every row of labelled.sources a value in its "
            "group_column, or turn trainer.group_folds off"
        )


def _grouped_rows(groups: np.ndarray, label_ids: np.ndarray, share: float, seed: int) -> np.ndarray:
    names, group_of = np.unique(groups, return_inverse=True)
    classes, class_of = np.unique(label_ids, return_inverse=True)
    counts = np.zeros((len(names), len(classes)), int)
    np.add.at(counts, (group_of, class_of), 1)
    totals = counts.sum(axis=0)
    taken, chosen = np.zeros(len(classes), int), np.zeros(len(names), bool)
    for group in np.argsort(hashes(names, seed), kind="stable"):
        more = taken + counts[group]
        nearer = np.sum((more / totals - share) ** 2) < np.sum((taken / totals - share) ** 2)
        if nearer and (more < totals).all():
            taken, chosen[group] = more, True
    return chosen[group_of]


def _hash(name: bytes, seed: int) -> int:
    digest = hashlib.blake2b(name, digest_size=8, salt=seed.to_bytes(8, "little")).digest()
    return int.from_bytes(digest, "little")
