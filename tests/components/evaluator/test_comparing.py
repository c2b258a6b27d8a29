"""Two classifiers on the same texts: what is chance and what is not."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import accuracy_score, f1_score

from components.errors import DataError
from components.evaluator.comparing import METRICS, LabelChanges, compare
from components.evaluator.measuring import measure
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


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_labels_come_and_go_and_change_places(data):
    """The figures are scikit-learn's of the label texts, whatever numbers the two give them."""
    pool = ["甲", "乙", "丙", "丁", "戊"]
    mine = data.draw(st.lists(st.sampled_from(pool), min_size=2, unique=True))
    theirs = data.draw(st.lists(st.sampled_from(pool), min_size=1, unique=True))
    rows = data.draw(st.integers(1, 12))
    actual, chosen, other = (
        data.draw(st.lists(st.sampled_from(names), min_size=rows, max_size=rows)) for names in (mine, mine, theirs)
    )
    candidate = single([mine.index(one) for one in actual], [mine.index(one) for one in chosen], labels=mine)
    older = single(
        [theirs.index(one) if one in theirs else -1 for one in actual],
        [theirs.index(one) for one in other],
        labels=theirs,
    )

    found = compare(candidate, older, "macro_f1", 0.9, 100)

    for answers, values in ((chosen, found.values), (other, found.others)):
        assert values["accuracy"] == values["micro_f1"] == pytest.approx(accuracy_score(actual, answers))
        for average in ("macro", "weighted"):
            expected = f1_score(actual, answers, labels=mine, average=average, zero_division=0)
            assert values[f"{average}_f1"] == pytest.approx(expected)
    assert found.changes.new_examples == sum(one not in theirs for one in actual)
    assert found.changes.gone_answers == sum(one not in mine for one in other)
    assert (set(found.changes.new), set(found.changes.gone)) == (set(mine) - set(theirs), set(theirs) - set(mine))


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_several_labels_come_and_go_and_change_places(data):
    pool = ["甲", "乙", "丙", "丁"]
    mine = data.draw(st.lists(st.sampled_from(pool), min_size=2, unique=True))
    theirs = data.draw(st.lists(st.sampled_from(pool), min_size=1, unique=True))
    rows = data.draw(st.integers(1, 8))
    actual, chosen, other = (
        data.draw(st.lists(st.sets(st.sampled_from(names)), min_size=rows, max_size=rows))
        for names in (mine, mine, theirs)
    )

    def marked(texts, labels):
        return [[label in text for label in labels] for text in texts]

    def answers(texts, labels):
        probabilities = np.where(marked(texts, labels), 0.9, 0.1).tolist()
        return dataclasses.replace(several(marked(actual, labels), probabilities), labels=labels)

    found = compare(answers(chosen, mine), answers(other, theirs), "macro_f1", 0.9, 100)

    assert found.values["accuracy"] == pytest.approx(np.mean([a == b for a, b in zip(actual, chosen, strict=True)]))
    assert found.others["accuracy"] == pytest.approx(np.mean([a == b for a, b in zip(actual, other, strict=True)]))
    right, wrong = (sum(len(op(a, b)) for a, b in zip(actual, other, strict=True)) for op in (set.__and__, set.__xor__))
    assert found.others["micro_f1"] == pytest.approx(2 * right / (2 * right + wrong) if right else 0)
    for texts, values in ((chosen, found.values), (other, found.others)):
        expected = f1_score(marked(actual, mine), marked(texts, mine), average="macro", zero_division=0)
        assert values["macro_f1"] == pytest.approx(expected)
    assert found.changes.new_examples == sum(bool(one - set(theirs)) for one in actual)
    assert found.changes.gone_answers == sum(bool(one - set(mine)) for one in other)


def test_a_label_that_the_older_model_does_not_know_counts_against_its_loss_and_calibration():
    candidate = single([0, 1, 2], [0, 1, 2], labels=["甲", "乙", "丙"])
    older = single([1, 0, -1], [1, 0, 0], np.array([[0.2, 0.8], [0.8, 0.2], [0.8, 0.2]]), labels=["乙", "甲"])

    found = compare(candidate, older, "accuracy", 0.95, 100)

    assert (found.value, found.other) == (1, pytest.approx(2 / 3))
    assert found.others["loss"] == pytest.approx(-(2 * np.log(0.8) + np.log(1e-7)) / 3)
    assert found.others["ece"] == pytest.approx(abs(0.8 - 2 / 3))
    assert found.changes == LabelChanges(new=["丙"], new_examples=1)


def test_loss_does_not_depend_on_the_order_of_labels():
    probabilities = np.array([[0.7, 0.3], [0.4, 0.6]])
    one = single([0, 1], [0, 1], probabilities, labels=["甲", "乙"])
    other = single([1, 0], [1, 0], probabilities[:, ::-1], labels=["乙", "甲"])
    found = compare(one, other, "accuracy", 0.95, 100)
    assert found.others["loss"] == pytest.approx(measure(one).loss)
    assert "loss" not in compare(one, other, "accuracy", 0.95, 100, gives_probabilities=False).others


def test_a_text_whose_label_only_the_older_model_knows():
    candidate = single([0, -1, -1], [0, 0, 0], labels=["甲"])
    older = single([0, 1, -1], [0, 1, 1], labels=["甲", "乙"])

    found = compare(candidate, older, "accuracy", 0.95, 100)

    assert (found.value, found.other) == (pytest.approx(1 / 3), pytest.approx(2 / 3))
    assert found.values["weighted_f1"] == pytest.approx((2 * 1 / 4) / 3)


@pytest.mark.parametrize(("mine", "theirs"), [(0, 1), (0, -1), (-1, 0)])
def test_an_id_that_stands_for_two_rows(mine, theirs):
    with pytest.raises(DataError, match="the first is '000000': make `id_column` unique"):
        compare(single([mine], [0]), single([theirs], [0]), "accuracy", 0.95, 100)


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
