import numpy as np
import pytest
import tensorflow as tf

from components.training.accumulation import sum_over_parts

BATCH = {"rows": tf.reshape(tf.range(24.0), [12, 2]), "weights": tf.constant([1.0, 0.0, 2.0] * 4)}


def compute(part):
    weighted = part["rows"] * part["weights"][:, tf.newaxis]
    return [tf.reduce_sum(weighted, axis=0), tf.reduce_sum(part["weights"])]


@pytest.mark.parametrize("count", [1, 2, 3, 12])
@pytest.mark.parametrize("xla", [False, True])
def test_the_sums_are_those_of_the_whole(count, xla):
    found = tf.function(lambda batch: sum_over_parts(count, batch, compute, [[2], []]), jit_compile=xla)(BATCH)
    for left, right in zip(found, compute(BATCH), strict=True):
        np.testing.assert_allclose(left, right)


def test_rows_whose_length_is_known_only_when_it_runs():
    spec = [tf.TensorSpec([4, None], tf.float32)]
    whole = tf.function(
        lambda ids: sum_over_parts(2, {"ids": ids}, lambda part: [tf.reduce_sum(part["ids"])], [[]]),
        input_signature=spec,
    )
    assert [float(whole(tf.ones([4, length]))[0]) for length in (3, 5)] == [12.0, 20.0]


def test_only_one_part_is_computed_at_a_time():
    shapes = []

    def remember(part):
        shapes.append(part["rows"].shape.as_list())
        return compute(part)

    tf.function(lambda: sum_over_parts(4, BATCH, remember, [[2], []]))()
    assert shapes == [[3, 2]]
