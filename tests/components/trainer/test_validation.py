"""The validation part of the train split."""

import numpy as np

from components.trainer.validation import validation_rows

IDS = np.array([f"記事{number}".encode() for number in range(100)], object)
LABELS = np.array([0] * 60 + [1] * 30 + [2] * 9 + [3])


def test_takes_the_share_of_every_class_and_leaves_one():
    chosen = validation_rows(IDS, LABELS, share=0.2, seed=0)

    assert np.bincount(LABELS[chosen], minlength=4).tolist() == [12, 6, 2, 0]
    assert np.bincount(LABELS[~chosen], minlength=4).tolist() == [48, 24, 7, 1]


def test_follows_the_ids_not_the_order():
    order = np.random.default_rng(1).permutation(len(IDS))

    chosen = set(IDS[validation_rows(IDS, LABELS, 0.2, seed=3)])
    shuffled = set(IDS[order][validation_rows(IDS[order], LABELS[order], 0.2, seed=3)])

    assert chosen == shuffled


def test_another_seed_chooses_others():
    first, second = (validation_rows(IDS, LABELS, 0.3, seed) for seed in (0, 1))

    assert (first != second).any()


def test_share_zero_takes_none():
    assert not validation_rows(IDS, LABELS, 0.0, seed=0).any()
