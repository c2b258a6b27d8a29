"""Metrics of answers, by hand and against scikit-learn."""

import dataclasses
import math

import numpy as np
import pytest
from sklearn.metrics import f1_score, log_loss, top_k_accuracy_score

from components.evaluator.measuring import calibration_error, measure, measure_slices
from tests.components.evaluator.answers import several, single


def test_against_scikit_learn():
    rng = np.random.default_rng(0)
    labels = [f"ラベル{number}" for number in range(6)]
    probabilities = rng.dirichlet(np.full(6, 0.5), 500).astype(np.float32)
    actual = rng.integers(0, 6, 500)
    chosen = probabilities.argmax(axis=1)

    metrics = measure(single(actual, chosen, probabilities, labels), top_k=(2, 3, 6, 7))

    assert metrics.macro_f1 == pytest.approx(f1_score(actual, chosen, average="macro"))
    clipped = np.clip(probabilities.astype(np.float64), 1e-7, 1)
    assert metrics.loss == pytest.approx(log_loss(actual, clipped / clipped.sum(axis=1, keepdims=True)), rel=1e-5)
    assert metrics.top_k_accuracy == {
        k: pytest.approx(top_k_accuracy_score(actual, probabilities, k=k)) for k in (2, 3)
    }


def test_loss_stays_finite_where_the_model_was_sure_and_wrong():
    assert measure(single([0], [1])).loss == pytest.approx(-math.log(1e-7))


def test_calibration_by_hand():
    # 0.9 four times, right three times; 0.6 twice, never right: 4/6 * |0.9 - 0.75| + 2/6 * |0.6 - 0|
    probabilities = np.array([[0.9, 0.1]] * 4 + [[0.6, 0.4]] * 2)
    answers = single([0, 0, 0, 1, 1, 1], [0] * 6, probabilities)

    assert calibration_error(answers) == pytest.approx((4 * 0.15 + 2 * 0.6) / 6, abs=1e-6)


def test_a_model_that_knows_how_sure_it_may_be_has_a_small_error():
    rng = np.random.default_rng(1)
    said = rng.uniform(0.5, 1, 20_000)
    actual = (rng.uniform(size=20_000) > said).astype(int)

    assert calibration_error(single(actual, [0] * 20_000, np.stack([said, 1 - said], axis=1))) < 0.02


def test_a_model_that_says_nan_is_not_calibrated():
    metrics = measure(single([0, 1], [0, 1], np.array([[np.nan, np.nan], [0.2, 0.8]])))

    assert math.isnan(metrics.ece) and math.isnan(metrics.loss)
    assert [one.count for one in metrics.calibration] == [1]


def test_odd_values_of_a_column_are_slices_too():
    values = np.array(["a\0", "none", 'a"b', "a\0"], object)
    answers = dataclasses.replace(single([0] * 4, [0] * 4), slices={"column/odd": values})

    assert {value: one.example_count for value, one in measure_slices(answers)["column/odd"].items()} == {
        "a\0": 2, 'a"b': 1, "none": 1
    }  # fmt: skip


def test_several_labels_by_hand():
    metrics = measure(several([[1, 1, 0], [0, 0, 0]], [[0.8, 0.4, 0.2], [0.1, 0.1, 0.6]]), top_k=(2,))

    assert metrics.accuracy == 0.0
    assert metrics.micro_f1 == pytest.approx(2 / (2 + 2))
    right = math.log(0.8) + math.log(0.4) + math.log(0.8) + 2 * math.log(0.9) + math.log(0.4)
    assert metrics.loss == pytest.approx(-right / 6)
    assert metrics.top_k_accuracy == {}


def test_slices_add_up_and_are_in_order():
    answers = single([0, 0, 1, 1, 1], [0, 1, 1, 1, 0])
    lengths = np.array(["256 to 1023 characters", "0 to 15 characters"] * 2 + ["16 to 63 characters"], object)
    places = np.array(["東京", "京都", "京都", "京都", "東京"], object)
    answers = dataclasses.replace(answers, slices={"text length": lengths, "place": places})

    measured = measure_slices(answers)

    assert list(measured["text length"]) == [
        "0 to 15 characters", "16 to 63 characters", "256 to 1023 characters"
    ]  # fmt: skip
    assert list(measured["place"]) == ["京都", "東京"]
    assert sum(one.example_count for one in measured["place"].values()) == 5
    assert measured["place"]["京都"].accuracy == pytest.approx(2 / 3)
    assert measured["text length"]["16 to 63 characters"].accuracy == 0.0
