"""Two classifiers on the same texts: what is chance and what is not."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import accuracy_score, f1_score

from components.evaluator.comparing import METRICS, compare
from tests.components.evaluator.answers import several, single


def guesses(actual, share, seed, labels=2):
    """Right for about so many."""
    rng = np.random.default_rng(seed)
    wrong = (actual + rng.integers(1, labels, len(actual))) % labels
    return np.where(rng.uniform(size=len(actual)) < share, actual, wrong)


@pytest.mark.parametrize("metric", METRICS)
def test_values_are_scikit_learns(metric):
    labels = ["甲", "乙", "丙"]
    actual = np.random.default_rng(0).integers(0, 3, 300)
    chosen = [guesses(actual, share, seed, 3) for seed, share in enumerate((0.8, 0.6))]
    expected = [
        accuracy_score(actual, one) if metric == "accuracy" else f1_score(actual, one, average=metric[:-3])
        for one in chosen
    ]

    found = compare(*(single(actual, one, labels=labels) for one in chosen), metric, 0.95, 200)

    assert [found.value, found.other] == pytest.approx(expected)
    assert found.low < found.difference < found.high


def test_a_clear_difference_is_no_chance_and_a_small_one_may_be():
    actual = np.random.default_rng(0).integers(0, 2, 1000)
    good, like, bad = (single(actual, guesses(actual, share, seed)) for seed, share in enumerate((0.9, 0.895, 0.7)))

    assert compare(good, bad, "weighted_f1", 0.95, 500).low > 0.1
    close = compare(good, like, "weighted_f1", 0.95, 500)
    assert close.low < 0 < close.high


def test_the_interval_is_right_about_as_often_as_it_says():
    """Of 60 pairs that are equally good in truth, the interval misses 0 for about a twentieth."""
    misses = 0
    for seed in range(60):
        actual = np.random.default_rng(seed).integers(0, 2, 200)
        pair = [single(actual, guesses(actual, 0.8, 1000 + 2 * seed + which)) for which in (0, 1)]
        found = compare(*pair, "accuracy", 0.95, 200)
        misses += not found.low <= 0 <= found.high
    assert misses <= 9  # more by chance: once in a thousand


def test_texts_that_belong_together_are_drawn_together():
    """Ten articles of fifty sentences each, wrong or right as a whole, say less than five hundred sentences."""
    groups = [b"article %d" % (row // 50) for row in range(500)]
    actual = np.zeros(500, int)
    chosen = np.array([(row // 50) % 4 == 0 for row in range(500)], int)
    other = np.ones(500, int) - (np.arange(500) // 50 == 1)
    by_article = compare(single(actual, chosen, groups=groups), single(actual, other), "accuracy", 0.95, 500)
    by_sentence = compare(single(actual, chosen), single(actual, other), "accuracy", 0.95, 500)

    assert by_article.high - by_article.low > 3 * (by_sentence.high - by_sentence.low)


def test_of_one_group_nothing_can_be_said() -> None:
    actual = [0] * 20
    groups = [b"article"] * 20
    found = compare(single(actual, [0] * 20, groups=groups), single(actual, [0] * 19 + [1]), "accuracy", 0.95, 100)
    assert (found.difference, found.low, found.high) == (pytest.approx(0.05), -1, 1)


def test_a_model_compared_with_itself():
    answers = single([0, 1, 0, 1], [0, 1, 1, 1])

    found = compare(answers, answers, "macro_f1", 0.95, 100)

    assert (found.difference, found.low, found.high) == (0, 0, 0)


def test_another_order_of_labels_and_labels_that_only_one_knows():
    actual = [0, 1, 0, 1]
    candidate = single(actual, [0, 1, 0, 0], labels=["良い", "悪い"])
    other = single([-1, 0, -1, 0], [0, 0, 1, 0], labels=["悪い", "普通"])

    found = compare(candidate, other, "accuracy", 0.95, 100)

    assert (found.value, found.other) == (0.75, 0.5)


def test_several_labels():
    actual = [[1, 0, 1], [0, 0, 0], [0, 1, 0]]
    better = several(actual, [[0.9, 0.1, 0.8], [0.2, 0.1, 0.1], [0.7, 0.9, 0.1]])
    worse = several(actual, [[0.9, 0.1, 0.1], [0.2, 0.6, 0.1], [0.7, 0.9, 0.1]])

    found = compare(better, worse, "accuracy", 0.95, 100)

    assert (found.value, found.other) == (pytest.approx(2 / 3), 0.0)


def test_other_texts_are_refused():
    with pytest.raises(ValueError, match="same texts"):
        compare(single([0], [0]), single([0, 0], [0, 0]), "accuracy", 0.95, 100)


@settings(max_examples=25, deadline=None)
@given(st.data())
def test_swapping_the_two_turns_the_interval_around(data):
    rows = data.draw(st.integers(1, 30))
    draw = st.lists(st.integers(0, 1), min_size=rows, max_size=rows)
    actual, first, second = (data.draw(draw) for _ in range(3))
    one, two = single(actual, first), single(actual, second)

    there, back = (compare(*pair, "weighted_f1", 0.9, 100) for pair in ((one, two), (two, one)))

    assert there.low <= there.high
    assert (there.low, there.high) == pytest.approx((-back.high, -back.low))
    assert there.difference == pytest.approx(-back.difference)
