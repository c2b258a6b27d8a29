"""Batches for heads: every text once, little padding, one order a seed."""

import itertools

import hypothesis
import hypothesis.strategies as st
import numpy as np
import pytest
import tensorflow as tf
import tf_keras

from components.trainer.batches import evaluation_batches, plan_epoch, predict, training_batches
from tests.components.trainer.features import make_sequences, make_set

pytestmark = pytest.mark.slow


@hypothesis.given(
    lengths=st.lists(st.integers(1, 90), min_size=1, max_size=80),
    batch_size=st.integers(1, 9),
    seed=st.integers(0, 9),
    epoch=st.integers(0, 9),
)
def test_every_row_is_in_one_batch_that_it_fits(lengths, batch_size, seed, epoch):
    lengths = np.array(lengths)

    batches = plan_epoch(lengths, batch_size, seed, epoch)

    assert sorted(row for batch in batches for row in batch.rows) == list(range(len(lengths)))
    sizes = sorted((len(batch.rows) for batch in batches), reverse=True)
    assert len(sizes) == -(-len(lengths) // batch_size)
    assert all(size == batch_size for size in sizes[:-1])
    assert all(0 <= batch.length - lengths[batch.rows].max() < 8 for batch in batches)


def test_order_depends_on_seed_and_epoch_alone():
    lengths = np.random.default_rng(0).integers(1, 60, 100)

    def order(seed, epoch):
        return [batch.rows.tolist() for batch in plan_epoch(lengths, 4, seed, epoch)]

    assert order(1, 2) == order(1, 2)
    assert order(1, 2) != order(1, 3)
    assert order(1, 2) != order(2, 2)


def test_like_lengths_stand_together():
    lengths = np.random.default_rng(0).integers(1, 200, 1000)
    plan = plan_epoch(lengths, 16, seed=0, epoch=0)

    slots = sum(len(batch.rows) * batch.length for batch in plan)

    assert lengths.sum() > 0.85 * slots
    assert np.diff([batch.length for batch in plan]).min() < 0, "batches are shuffled, not sorted"


def test_every_iteration_is_another_epoch_and_all_repeat():
    data = make_set(make_sequences([1 + number % 30 for number in range(50)]), range(50))

    def epochs():
        dataset = training_batches(data, batch_size=8, seed=3)
        return [[label_ids.tolist() for _, label_ids in dataset.as_numpy_iterator()] for _ in range(2)]

    first, second = epochs()
    assert all(sorted(itertools.chain(*batches)) == list(range(50)) for batches in (first, second))
    assert first != second
    assert epochs() == [first, second]


@pytest.mark.parametrize("count", [3, 8, 21])
def test_static_batches_have_one_shape_and_lose_nothing(count):
    data = make_set(make_sequences([1 + number % 11 for number in range(count)]), range(count))

    dataset = training_batches(data, batch_size=8, seed=0, static=True)

    (tokens, mask), label_ids = dataset.element_spec
    longest = 16 if count > 8 else 8
    shapes = (tokens.shape.as_list(), mask.shape.as_list(), label_ids.shape.as_list())
    assert shapes == ([8, longest, 4], [8, longest], [8])
    seen = np.concatenate([label_ids for _, label_ids in dataset.as_numpy_iterator()])
    assert set(seen) == set(range(count))
    evaluated = [label_ids for _, label_ids in evaluation_batches(data, static=True).as_numpy_iterator()]
    assert {len(label_ids) for label_ids in evaluated} == {len(evaluated[0])}
    assert set(np.concatenate(evaluated)) == set(range(count))


def test_predictions_are_in_the_order_of_the_data():
    lengths = np.random.default_rng(0).integers(1, 700, 60).tolist()
    data = make_set(make_sequences(lengths), np.zeros(60))
    tokens, mask = tf_keras.Input((None, 4)), tf_keras.Input((None,), dtype="bool")
    total = tf.reduce_sum(tokens, axis=1) + 0 * tf.reduce_sum(tf.cast(mask, tf.float32), axis=1, keepdims=True)

    logits = predict(tf_keras.Model([tokens, mask], total), data)

    assert len(list(evaluation_batches(data))) > 5
    np.testing.assert_allclose(logits, [row.sum(axis=0) for row in data.features], atol=1e-3)
