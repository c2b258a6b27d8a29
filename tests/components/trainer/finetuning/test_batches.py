"""Batches: every row once an epoch, rows of like length together, the same order for the same seed."""

from itertools import pairwise

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from components.trainer.finetuning.batches import (
    NO_ROW,
    Texts,
    bucket_lengths,
    evaluation_batches,
    plan_epoch,
    training_batches,
)

PAD = 9
rows_lengths = st.lists(st.integers(0, 200), min_size=1, max_size=80)


@given(st.integers(1, 5000))
def test_buckets_ascend_to_the_longest_and_waste_a_third_at_most(longest):
    buckets = bucket_lengths(longest)

    assert buckets == sorted(set(buckets)) and buckets[-1] == longest
    assert all(2 * above <= 3 * below for below, above in pairwise(buckets))
    assert len(buckets) <= 2 * max(1, longest.bit_length())


@given(rows_lengths, st.integers(1, 9), st.integers(0, 5))
def test_an_epoch_has_every_row_once_and_no_batch_is_too_short(lengths, batch_size, epoch):
    lengths, buckets = np.array(lengths), bucket_lengths(max(*lengths, 1))

    plan = plan_epoch(lengths, buckets, batch_size, (3, epoch))

    assert plan.rows.shape == (-(-len(lengths) // batch_size), batch_size)
    assert sorted(plan.rows[plan.rows != NO_ROW]) == list(range(len(lengths)))
    for rows, length in zip(plan.rows, plan.lengths, strict=True):
        longest = lengths[rows[rows != NO_ROW]].max()
        assert length == next(bucket for bucket in buckets if bucket >= longest)


@given(rows_lengths, st.integers(1, 9))
def test_batches_straddle_each_bound_of_a_bucket_at_most_once(lengths, batch_size):
    lengths, buckets = np.array(lengths), bucket_lengths(max(*lengths, 1))

    plan = plan_epoch(lengths, buckets, batch_size, (0, 0))

    kinds = [set(np.searchsorted(buckets, lengths[rows[rows != NO_ROW]])) for rows in plan.rows]
    assert sum(len(kind) - 1 for kind in kinds) < len(buckets)


def test_epochs_and_seeds_differ_in_batches_and_their_order():
    lengths = np.repeat([5, 20, 60], 40)
    plans = [plan_epoch(lengths, bucket_lengths(60), 8, seed) for seed in ((0, 0), (0, 1), (1, 0), (0, 0))]

    assert np.array_equal(plans[0].rows, plans[3].rows)
    batches = [{tuple(sorted(rows)) for rows in plan.rows} for plan in plans[:3]]
    assert not batches[0] & batches[1] and not batches[0] & batches[2]
    assert len({tuple(plan.lengths) for plan in plans}) == 3, "short and long batches come in random order"
    assert list(plans[0].lengths) != sorted(plans[0].lengths)


def test_the_gap_is_in_another_batch_in_other_epochs():
    lengths = np.arange(1, 42)
    incomplete = {
        tuple(sorted(lengths[rows[rows != NO_ROW]]))
        for epoch in range(8)
        for rows in plan_epoch(lengths, [41], 8, (0, epoch)).rows
        if NO_ROW in rows
    }

    assert len(incomplete) > 4, "not always the longest or the shortest"


def make_texts(lengths):
    ids = tf.ragged.constant([[100 + row] * length for row, length in enumerate(lengths)], tf.int32, ragged_rank=1)
    return Texts(ids, np.arange(len(lengths)), np.arange(1, len(lengths) + 1, dtype=np.float32))


@settings(deadline=None, max_examples=15)
@given(st.lists(st.integers(1, 30), min_size=1, max_size=20), st.integers(1, 4), st.data())
def test_a_resumed_training_sees_the_batches_that_it_would_have_seen(lengths, batch_size, data):
    texts, buckets = make_texts(lengths), bucket_lengths(max(lengths))
    whole = list(training_batches(texts, buckets, batch_size, 3, 5, PAD).as_numpy_iterator())
    first = data.draw(st.integers(0, len(whole) - 1))

    rest = list(training_batches(texts, buckets, batch_size, 3, 5, PAD, first).as_numpy_iterator())

    assert len(whole) == 3 * -(-len(lengths) // batch_size)
    assert len(rest) == len(whole) - first
    for left, right in zip(whole[first:], rest, strict=True):
        for name in left:
            np.testing.assert_array_equal(left[name], right[name])


def test_rows_carry_their_own_ids_labels_and_weights():
    lengths = [3, 9, 1, 14, 30]
    (batch,) = training_batches(make_texts(lengths), [30], 8, 1, 0, PAD).as_numpy_iterator()

    real = batch["weights"] > 0
    assert real.sum() == 5 and sorted(batch["labels"][real]) == list(range(5))
    for ids, length, label, weight in zip(*(batch[name][real] for name in batch), strict=True):
        assert ids.tolist() == [100 + label] * length + [PAD] * (30 - length)
        assert (length, weight) == (lengths[label], label + 1)


def test_evaluation_batches_lead_back_to_the_order_of_the_texts():
    texts = make_texts([30, 2, 9, 14, 1, 7, 3])
    batches, rows = evaluation_batches(texts, bucket_lengths(30), 3, PAD)

    labels = np.concatenate([batch["labels"] for batch in batches.as_numpy_iterator()])
    assert labels[rows != NO_ROW].tolist() == rows[rows != NO_ROW].tolist()
    assert sorted(rows[rows != NO_ROW]) == list(range(7))


@pytest.mark.parametrize(("buckets", "shape"), [([30], (4, 30)), ([8, 30], (4, None))])
def test_one_bucket_gives_static_shapes(buckets, shape):
    spec = training_batches(make_texts([3, 30, 7]), buckets, 4, 1, 0).element_spec

    assert tuple(spec["input_ids"].shape) == shape
    assert {tuple(spec[name].shape) for name in ("lengths", "labels", "weights")} == {(4,)}
