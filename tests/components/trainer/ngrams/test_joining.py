import numpy as np
import pytest
import tensorflow as tf

from components.trainer.ngrams.joining import Joint, Scales, choose_scales

RANDOM = np.random.default_rng(0)
LABEL_IDS = RANDOM.integers(0, 3, 2000)
TARGETS = np.eye(3)[LABEL_IDS]


def noisy(signal: float) -> np.ndarray:
    return signal * TARGETS + RANDOM.normal(size=TARGETS.shape)


def loss(scales: Scales, network: np.ndarray, ngrams: np.ndarray) -> float:
    logits = scales.join(network, ngrams)
    return float(np.mean(np.log(np.exp(logits).sum(axis=1)) - logits[np.arange(len(LABEL_IDS)), LABEL_IDS]))


def test_the_smallest_cross_entropy_is_found() -> None:
    network, ngrams = 3 * noisy(1.5), noisy(1.0)
    found = choose_scales(network, ngrams, LABEL_IDS)
    # Of normal noise of variance 1 around s * target, the logits are s times what is seen.
    assert found.network == pytest.approx(1.5 / 3, rel=0.1)
    assert found.ngrams == pytest.approx(1.0, rel=0.1)
    best = loss(found, network, ngrams)
    for factor in (0.9, 1.1):
        assert loss(Scales(found.network * factor, found.ngrams), network, ngrams) > best
        assert loss(Scales(found.network, found.ngrams * factor), network, ngrams) > best


def test_a_part_that_knows_nothing_counts_nothing() -> None:
    network, misleading = noisy(2.0), -noisy(1.0)
    assert choose_scales(network, misleading, LABEL_IDS).ngrams < 0.02
    assert choose_scales(misleading, network, LABEL_IDS).network == pytest.approx(0.01)


SURE = 6 * np.eye(3)  # whose standard deviation is 2.83


def test_four_examples_do_not_decide_all() -> None:
    actual = np.array([0, 1, 2, 0])
    right, wrong = SURE[actual], 10 * SURE[(actual + 1) % 3]
    found = choose_scales(right, 10 * right, actual)  # any factors tell them apart
    assert (found.network, found.ngrams) == pytest.approx((1, 0.1), abs=0.01)
    found = choose_scales(right, wrong, actual)
    assert 1 < found.network < 2
    assert 0.001 < found.ngrams < 0.07  # less than as much as the network, more than nothing
    found = choose_scales(wrong, 10 * wrong, actual)  # the first of all classes is no answer either
    assert (found.network, found.ngrams) == pytest.approx((0.01, 0.001))


def test_parts_that_say_nothing_keep_their_factors() -> None:
    nothing = np.zeros((5, 3))
    assert choose_scales(nothing, nothing, np.array([0, 1, 2, 0, 1])) == Scales(1, 1)


def test_the_graph_adds_what_numpy_adds() -> None:
    joint = Joint(lambda texts: tf.ones([tf.size(texts), 2]), Scales(0.5, 2.0))
    joined = joint(tf.constant(["京都", "b"]), tf.constant([[2.0, 4.0], [0.0, 1.0]]))
    np.testing.assert_allclose(joined, [[3, 4], [2, 2.5]])
