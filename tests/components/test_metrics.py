"""Metrics by hand and against scikit-learn."""

import numpy as np
import pytest
from sklearn.metrics import accuracy_score, f1_score

from components.metrics import compute_metrics, summarize

LABELS = ["グルメ", "京都", "sports"]


def test_by_hand():
    # rows: actual; グルメ: 3 of 4 right, 京都: 1 of 2, sports: none of 2 right and never predicted
    metrics = summarize(np.array([[3, 1, 0], [1, 1, 0], [2, 0, 0]]), LABELS, loss=0.5)

    assert metrics.example_count == 8
    assert metrics.accuracy == 0.5
    assert metrics.loss == 0.5
    gourmet, kyoto, sports = (metrics.per_class[label] for label in LABELS)
    assert (gourmet.precision, gourmet.recall, gourmet.f1, gourmet.support) == (0.5, 0.75, 0.6, 4)
    assert (kyoto.precision, kyoto.recall, kyoto.f1, kyoto.support) == (0.5, 0.5, 0.5, 2)
    assert (sports.precision, sports.recall, sports.f1, sports.support) == (0, 0, 0, 2)
    assert metrics.macro_f1 == pytest.approx(1.1 / 3)
    assert metrics.weighted_f1 == pytest.approx((0.6 * 4 + 0.5 * 2) / 8)


def test_equals_scikit_learn():
    rng = np.random.default_rng(0)
    actual, predicted = rng.integers(0, 3, 200), rng.integers(0, 3, 200)

    metrics = compute_metrics(actual, predicted, LABELS)

    assert metrics.macro_f1 == pytest.approx(f1_score(actual, predicted, average="macro"))
    assert metrics.weighted_f1 == pytest.approx(f1_score(actual, predicted, average="weighted"))
    assert metrics.accuracy == metrics.micro_f1 == pytest.approx((actual == predicted).mean())
    assert np.sum(metrics.confusion_matrix) == 200


def test_an_example_of_none_of_the_classes_is_wrong():
    metrics = compute_metrics(np.array([0, 1, -1, -1]), np.array([0, 1, 1, 2]), LABELS)

    assert (metrics.example_count, metrics.accuracy) == (4, 0.5)
    assert metrics.micro_f1 == 0.5
    assert metrics.per_class["京都"].precision == 0.5
    assert metrics.macro_f1 == pytest.approx((1 + 2 / 3 + 0) / 3)
    assert metrics.weighted_f1 == pytest.approx((1 + 2 / 3) / 4)
    assert compute_metrics(np.array([-1]), np.array([0]), LABELS).accuracy == 0


def test_class_without_examples_counts_in_the_macro_mean():
    metrics = compute_metrics(np.array([0, 1]), np.array([0, 1]), LABELS)

    assert metrics.macro_f1 == pytest.approx(2 / 3)
    assert metrics.weighted_f1 == 1.0


def test_several_labels_equal_scikit_learn():
    rng = np.random.default_rng(0)
    actual, predicted = rng.random((200, 3)) < 0.3, rng.random((200, 3)) < 0.4

    metrics = compute_metrics(actual, predicted, LABELS)

    for average in ("micro", "macro", "weighted"):
        assert getattr(metrics, f"{average}_f1") == pytest.approx(f1_score(actual, predicted, average=average))
    assert metrics.accuracy == pytest.approx(accuracy_score(actual, predicted))
    assert metrics.example_count == 200
    assert metrics.per_class["京都"].support == actual[:, 1].sum()
    assert metrics.confusion_matrix is None


def test_nothing_there_and_nothing_predicted():
    metrics = compute_metrics(np.zeros((4, 3), bool), np.zeros((4, 3), bool), LABELS)

    assert (metrics.accuracy, metrics.micro_f1, metrics.macro_f1, metrics.weighted_f1) == (1, 0, 0, 0)
