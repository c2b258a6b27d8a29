"""Batches by length."""

import hypothesis
import hypothesis.strategies as st
import numpy as np

from components.feature_gen.batching import LENGTH_STEP, plan_batches


@hypothesis.given(lengths=st.lists(st.integers(0, 100), min_size=1, max_size=60), batch_tokens=st.integers(1, 500))
def test_every_row_is_in_one_batch_that_it_fits(lengths, batch_tokens):
    batches = plan_batches(np.array(lengths), batch_tokens)

    assert sorted(row for batch in batches for row in batch.rows) == list(range(len(lengths)))
    for batch in batches:
        assert all(lengths[row] <= batch.length < lengths[row] + LENGTH_STEP + 1 for row in batch.rows)
        assert len(batch.rows) == 1 or len(batch.rows) * batch.length <= batch_tokens


def test_full_batches_of_a_length_have_one_shape():
    batches = plan_batches(np.array([20] * 10 + [3] * 5), batch_tokens=72)

    assert [(len(batch.rows), batch.length) for batch in batches] == [
        (5, 8),
        (3, 24),
        (3, 24),
        (3, 24),
        (1, 24),
    ]


def test_padding_never_exceeds_the_encoders_positions():
    (batch,) = plan_batches(np.array([9, 10]), batch_tokens=100, longest=10)

    assert batch.length == 10
