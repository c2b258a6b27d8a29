"""What is blessed, what is not, and what is said about it."""

import math

import numpy as np
import pydantic
import pytest

from components.evaluator.config import EvaluatorConfig, MlmEvaluatorConfig
from components.evaluator.gates import judge, judge_mlm
from components.metrics import compute_metrics

LABELS = ["良い", "悪い"]
# Seven of ten right, in both classes alike: accuracy 0.7, F1 of the classes 8/11 and 6/9.
METRICS = compute_metrics(np.array([0] * 5 + [1] * 5), np.array([0, 0, 0, 0, 1, 1, 1, 1, 0, 0]), LABELS)
WORSE = compute_metrics(np.array([0, 1]), np.array([0, 0]), LABELS)  # weighted F1: (2/3 + 0) / 2


def test_bound_that_is_just_reached_blesses():
    verdict = judge(METRICS, None, EvaluatorConfig(thresholds={"accuracy": 0.7}))

    assert verdict.blessed
    assert verdict.message == "blessed: accuracy 0.7000 is at least the bound 0.7"


def test_one_failed_bound_of_two_is_named():
    verdict = judge(METRICS, None, EvaluatorConfig(thresholds={"accuracy": 0.5, "macro_f1": 0.8}))

    assert not verdict.blessed
    assert [check.holds for check in verdict.checks] == [True, False]
    assert verdict.message == "not blessed: macro_f1 0.6970 is below the bound 0.8"


def test_without_thresholds_blesses_and_says_so():
    verdict = judge(METRICS, None, EvaluatorConfig())

    assert verdict.blessed
    assert verdict.message == "blessed: no thresholds are configured"


@pytest.mark.parametrize(("margin", "blessed"), [(0.3, True), (0.4, False)])
def test_baseline_has_to_be_beaten_by_the_margin(margin, blessed):
    verdict = judge(METRICS, WORSE, EvaluatorConfig(baseline_margin=margin))

    assert verdict.blessed is blessed
    assert f"the baseline's 0.3333 with margin {margin}" in verdict.message


def test_baseline_without_margin_is_shown_only():
    verdict = judge(WORSE, METRICS, EvaluatorConfig(thresholds={"accuracy": 0.1}))

    assert verdict.blessed
    assert verdict.message.endswith("the baseline's weighted_f1 is 0.6970, shown for comparison")


def test_missing_baseline_is_said():
    assert "no baseline to compare with" in judge(METRICS, None, EvaluatorConfig(baseline_margin=0.0)).message


def test_unknown_metric_is_refused():
    with pytest.raises(pydantic.ValidationError, match="accuracy"):
        EvaluatorConfig(thresholds={"acuracy": 0.5})


@pytest.mark.parametrize(
    ("perplexity", "accuracy", "blessed"),
    [
        (10.0, 0.5, True),
        (10.1, 0.5, False),
        (9.0, 0.49, False),
        (math.nan, 0.5, False),
        (9.0, math.nan, False),
    ],
)
def test_masked_language_model(perplexity, accuracy, blessed):
    config = MlmEvaluatorConfig(max_perplexity=10.0, min_masked_accuracy=0.5)

    assert judge_mlm(perplexity, accuracy, config).blessed is blessed


def test_masked_language_model_without_bounds():
    assert judge_mlm(9999.0, 0.0, MlmEvaluatorConfig()).message == "blessed: no thresholds are configured"
