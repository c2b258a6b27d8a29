"""The validation part of the train split."""

import hypothesis
import hypothesis.strategies as st
import numpy as np
import pytest

from components.errors import DataError
from components.trainer.validation import strata, validation_rows

IDS = np.array([f"記事{number}".encode() for number in range(100)], object)
LABELS = np.array([0] * 60 + [1] * 30 + [2] * 9 + [3])


def test_takes_the_share_of_every_class_and_leaves_one():
    chosen = validation_rows(IDS, LABELS, share=0.2, seed=0)

    assert np.bincount(LABELS[chosen], minlength=4).tolist() == [12, 6, 2, 0]
    assert np.bincount(LABELS[~chosen], minlength=4).tolist() == [48, 24, 7, 1]


def test_of_many_small_classes_some_give_one():
    label_ids = np.repeat(np.arange(25), 4)  # a tenth of 4 is less than a half
    chosen = validation_rows(IDS, label_ids, share=0.1, seed=0)
    assert np.bincount(label_ids[chosen]).max() == 1 and chosen.sum() == 10


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


GROUPS = np.array([f"記事{number // 5}".encode() for number in range(100)], object)


def test_groups_are_taken_whole_and_near_the_share():
    chosen = validation_rows(IDS, LABELS, 0.2, 0, GROUPS)

    assert not set(GROUPS[chosen]) & set(GROUPS[~chosen])
    assert np.bincount(LABELS[chosen], minlength=3)[:3] == pytest.approx([12, 6, 2], abs=4)
    assert np.bincount(LABELS[~chosen], minlength=4).all(), "every class is left to train on"


@hypothesis.given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 9)), min_size=1, max_size=40), st.data())
def test_groups_follow_their_names_and_leave_every_class(rows, data):
    label_ids, groups = np.array([row[0] for row in rows]), np.array([b"g%d" % row[1] for row in rows], object)
    ids = np.array([b"%d" % number for number in range(len(rows))], object)
    order = np.array(data.draw(st.permutations(range(len(rows)))))

    chosen = validation_rows(ids, label_ids, 0.3, 0, groups)

    assert not set(groups[chosen]) & set(groups[~chosen])
    assert set(label_ids[~chosen]) == set(label_ids)
    shuffled = validation_rows(ids[order], label_ids[order], 0.3, 0, groups[order])
    assert shuffled.tolist() == chosen[order].tolist()


def test_examples_without_a_group_are_refused():
    groups = np.array([b"a", b"", b""], object)

    with pytest.raises(DataError, match="2 of 3 training examples have no group, the first is '記事1': give every row"):
        validation_rows(IDS[:3], LABELS[:3], 0.2, 0, groups)


def test_several_labels_are_dealt_by_the_rarest():
    marks = np.array([[1, 1, 0], [1, 0, 0], [0, 0, 0], [1, 0, 1], [0, 0, 1], [1, 0, 1]], bool)
    assert strata(marks).tolist() == [1, 0, -1, 2, 2, 2]
    assert strata(np.array([3, 1])).tolist() == [3, 1]


def test_every_label_has_its_share_among_several():
    rng = np.random.default_rng(0)
    marks = rng.random((2000, 4)) < np.array([0.5, 0.3, 0.1, 0.02])
    ids = np.array([b"%d" % n for n in range(2000)], object)
    chosen = validation_rows(ids, marks, 0.2, seed=1)
    np.testing.assert_allclose(marks[chosen].sum(axis=0) / marks.sum(axis=0), 0.2, atol=0.03)
