"""Pooling against values worked out by hand."""

import pytest
import tensorflow as tf

from components.feature_gen.pooling import pool

# Two texts of 2 and 3 tokens, 2 wide; the last slot of the first is padding that must never show.
HIDDEN = tf.constant([[[1.0, -4.0], [3.0, -2.0], [90.0, 90.0]], [[0.0, 6.0], [3.0, 0.0], [6.0, 3.0]]])
MASK = tf.constant([[True, True, False], [True, True, True]])


@pytest.mark.parametrize(
    ("pooling", "expected"),
    [
        ("cls", [[1, -4], [0, 6]]),
        ("mean", [[2, -3], [3, 3]]),
        ("max", [[3, -2], [6, 6]]),
        ("cls_mean", [[1, -4, 2, -3], [0, 6, 3, 3]]),
    ],
)
def test_pools_real_tokens_only(pooling, expected):
    assert pool(HIDDEN, MASK, pooling).numpy().tolist() == expected


def test_tokens_are_kept_with_their_mask():
    hidden, mask = pool(HIDDEN, MASK, "tokens")

    assert (hidden is HIDDEN, mask is MASK) == (True, True)


def test_max_of_negative_values_is_not_zero():
    hidden = tf.constant([[[-5.0], [-7.0], [0.0]]])

    assert pool(hidden, tf.constant([[True, True, False]]), "max").numpy().tolist() == [[-5.0]]
