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
    assert choose_scales(network, misleading, LABEL_IDS).ngrams == 0
    assert choose_scales(misleading, network, LABEL_IDS).network == 0


def test_the_graph_adds_what_numpy_adds() -> None:
    joint = Joint(lambda texts: tf.ones([tf.size(texts), 2]), Scales(0.5, 2.0))
    joined = joint(tf.constant(["京都", "b"]), tf.constant([[2.0, 4.0], [0.0, 1.0]]))
    np.testing.assert_allclose(joined, [[3, 4], [2, 2.5]])
