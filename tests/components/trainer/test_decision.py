import numpy as np
import tensorflow as tf

from components.trainer.decision import decide, probabilities_of, row_losses

LOGITS = np.array([[2.0, -1.0, 0.5], [0.0, 0.0, 3.0]], np.float32)


def test_one_label() -> None:
    probabilities = probabilities_of(LOGITS, multi_label=False)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, rtol=1e-6)
    assert decide(probabilities, 0.9, multi_label=False).tolist() == [0, 2]
    expected = -np.log(probabilities[[0, 1], [1, 2]])
    np.testing.assert_allclose(row_losses(tf.constant([1, 2], tf.int64), tf.constant(LOGITS)), expected, rtol=1e-5)


def test_several_labels() -> None:
    probabilities = probabilities_of(LOGITS, multi_label=True)
    np.testing.assert_allclose(probabilities, 1 / (1 + np.exp(-LOGITS)), rtol=1e-6)
    assert decide(probabilities, 0.5, multi_label=True).tolist() == [[True, False, True], [True, True, True]]
    assert decide(probabilities, 0.7, multi_label=True).tolist() == [[True, False, False], [False, False, True]]
    marks = np.array([[True, False, False], [False, True, True]])
    expected = -np.where(marks, np.log(probabilities), np.log(1 - probabilities)).mean(axis=1)
    np.testing.assert_allclose(row_losses(tf.constant(marks), tf.constant(LOGITS)), expected, rtol=1e-5)


def test_smoothing_moves_targets_towards_the_middle() -> None:
    marks = tf.constant([[True, False, False]])
    sure = tf.constant([[20.0, -20.0, -20.0]])
    assert row_losses(marks, sure)[0] < 1e-6
    np.testing.assert_allclose(row_losses(marks, sure, label_smoothing=0.1), [0.05 * 20], rtol=1e-4)
