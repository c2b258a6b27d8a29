"""What is blessed, what is not, and what is said about it."""

import math

import numpy as np
import pydantic
import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.evaluator.comparing import Comparison, LabelChanges
from components.evaluator.config import EvaluatorConfig, MlmEvaluatorConfig
from components.evaluator.gates import _bound, judge, judge_mlm
from components.evaluator.measuring import measure
from tests.components.evaluator.answers import single

# Seven of ten right, in both classes alike: accuracy 0.7, F1 of the classes 8/11 and 6/9.
METRICS = measure(single([0] * 5 + [1] * 5, [0, 0, 0, 0, 1, 1, 1, 1, 0, 0]))
ALONE = EvaluatorConfig(blessed_margin=None)


def compared(difference, low, high):
    values, others = {"weighted_f1": 0.7}, {"weighted_f1": 0.7 - difference}
    return Comparison(metric="weighted_f1", values=values, others=others, low=low, high=high, confidence=0.95)


def test_bound_that_is_just_reached_blesses():
    verdict = judge(METRICS, None, None, ALONE.model_copy(update={"thresholds": {"accuracy": 0.7}}))

    assert verdict.blessed
    assert verdict.message == "blessed: accuracy 0.7000 is at least the bound 0.7"


@pytest.mark.parametrize(
    ("value", "bound", "side", "text"),
    [
        (23 / 66, 0.3485, "lowest", "accuracy 0.34848 is below the bound 0.3485"),
        (0.34848484, 0.34848485, "lowest", "accuracy 0.34848 is below the bound 0.34848485"),
        (0.05000001, 0.05, "highest", "accuracy 0.05000001 is above the bound 0.05"),
        (0.7, 0.7, "lowest", "accuracy 0.7000 is at least the bound 0.7"),
        (1234.56789, 1234.5, "highest", "accuracy 1234.5679 is above the bound 1234.5"),
        (math.nan, 0.5, "lowest", "accuracy nan is below the bound 0.5"),
    ],
)
def test_a_missed_bound_shows_enough_digits_to_differ(value: float, bound: float, side: str, text: str) -> None:
    assert _bound("", "accuracy", value, bound, side).text == text


@given(st.floats(0, 1), st.floats(-1, 1), st.floats(-1, 1), st.floats(-0.5, 0.5))
def test_figures_of_a_margin_say_what_was_decided(other: float, difference: float, low: float, margin: float) -> None:
    found = Comparison(
        metric="accuracy",
        values={"accuracy": other + difference},
        others={"accuracy": other},
        low=low,
        high=low + 0.1,
        confidence=0.95,
    )
    told = {name: float(one) for name, one in found.told(margin).items() if name != "relation"}
    assert (told["value"] < told["other"]) == (found.value < found.other)
    assert (told["difference"] < abs(margin)) == (abs(found.difference) < abs(margin))
    assert (told["low"] > 0, told["high"] >= margin) == (found.low > 0, found.high >= margin)


def test_one_failed_bound_of_two_is_named_with_its_key():
    verdict = judge(METRICS, None, None, ALONE.model_copy(update={"thresholds": {"accuracy": 0.5, "macro_f1": 0.8}}))

    assert not verdict.blessed
    assert [check.holds for check in verdict.checks] == [True, False]
    assert verdict.message == ("not blessed: macro_f1 0.6970 is below the bound 0.8 (evaluator.thresholds.macro_f1)")


def test_limits_are_highest_values():
    verdict = judge(METRICS, None, None, EvaluatorConfig(limits={"ece": 0.5, "loss": 1.0}))

    assert [check.holds for check in verdict.checks] == [True, False]  # a loss of 3/10 * 7 ln 10
    assert verdict.message.startswith("not blessed: loss 4.8354 is above the bound 1 (evaluator.limits.loss)")


def test_without_thresholds_blesses_and_says_so():
    verdict = judge(METRICS, None, None, ALONE)

    assert verdict.blessed
    assert verdict.message == "blessed: no thresholds are configured"


def test_first_run_says_which_gates_did_not_apply():
    verdict = judge(METRICS, None, None, EvaluatorConfig(thresholds={"accuracy": 0.1}, baseline_margin=0.0))

    assert verdict.blessed
    assert verdict.notes == [
        "there is no last blessed model to compare with", "there is no baseline to compare with"
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("margin", "difference", "low", "high", "blessed", "said"),
    [
        (0.0, 0.01, -0.02, 0.04, True, "0.0100 above the last blessed model's 0.6900"),
        (0.0, -0.01, -0.04, 0.02, True, "which may be chance and does not block"),
        (0.0, -0.03, -0.05, -0.01, False, "it is worse"),
        (-0.05, -0.03, -0.05, -0.01, True, "0.0300 below"),
        (-0.05, -0.08, -0.1, -0.06, False, "0.05 worse at most"),
        (-0.05, -0.06, -0.1, -0.02, True, "which may be chance and does not block"),
        (0.02, 0.03, 0.01, 0.05, True, "0.0300 above"),
        (0.02, 0.03, -0.01, 0.07, False, "which may be chance: 0.02 is demanded"),
        (0.02, 0.01, 0.005, 0.015, False, "0.02 is demanded"),
        (0.0, 0.0, 0.0, 0.0, True, "0.0000 above"),
        (0.0, math.nan, math.nan, math.nan, False, "nan"),
    ],
)
def test_chance_neither_blesses_nor_blocks(margin, difference, low, high, blessed, said):
    config = EvaluatorConfig(blessed_margin=margin)

    verdict = judge(METRICS, compared(difference, low, high), None, config)

    assert verdict.blessed is blessed
    assert said in verdict.message
    assert blessed or "(evaluator.blessed_margin)" in verdict.message


def test_labels_that_only_one_of_the_two_knows_are_told() -> None:
    changes = LabelChanges(new=["スポーツ"], gone=[f"旧{n}" for n in range(7)], new_examples=1, gone_answers=1200)
    told = compared(0.01, -0.02, 0.04).model_copy(update={"changes": changes})

    (check,) = judge(METRICS, told, None, EvaluatorConfig()).checks
    assert check.text.endswith(
        "; the last blessed model does not know the label 'スポーツ': the 1 text with it counts as wrong for it; "
        "the new model no longer knows the labels '旧0', '旧1', '旧2', '旧3', '旧4' and 2 more: 1,200 texts that the "
        "last blessed model gave them count as wrong for it"
    )
    assert len(judge(METRICS, told, None, ALONE).notes) == 4  # no bound, the value, and the two
    assert (
        judge(METRICS, None, None, EvaluatorConfig(), "they cannot be compared").notes[1] == "they cannot be compared"
    )


def test_baseline_has_to_be_beaten_too():
    config = EvaluatorConfig(baseline_margin=0.0)

    verdict = judge(METRICS, compared(0.1, 0.05, 0.15), compared(-0.2, -0.3, -0.1), config)

    assert [check.gate for check in verdict.checks if not check.holds] == ["baseline"]
    assert "(95% interval of the difference -0.3000 to -0.1000): it is worse (evaluator.baseline_margin)" in (
        verdict.message
    )


def test_baseline_without_margin_is_shown_only():
    verdict = judge(METRICS, None, compared(-0.2, -0.3, -0.1), ALONE)

    assert verdict.blessed
    assert verdict.message.endswith("the baseline's weighted_f1 is 0.9000, shown for comparison")


@pytest.mark.parametrize("given", [{"thresholds": {"acuracy": 0.5}}, {"limits": {"accuracy": 0.5}}])
def test_unknown_metric_is_refused(given):
    with pytest.raises(pydantic.ValidationError, match="accuracy|acuracy"):
        EvaluatorConfig(**given)


@pytest.mark.parametrize(
    ("perplexity", "accuracy", "blessed"),
    [
        (10.0, 0.5, True),
        (10.1, 0.5, False),
        (9.0, 0.49, False),
        (np.nan, 0.5, False),
        (9.0, np.nan, False),
    ],
)
def test_masked_language_model(perplexity, accuracy, blessed):
    config = MlmEvaluatorConfig(max_perplexity=10.0, min_masked_accuracy=0.5)

    assert judge_mlm(perplexity, accuracy, config).blessed is blessed


def test_masked_language_model_without_bounds():
    assert judge_mlm(9999.0, 0.0, MlmEvaluatorConfig()).message == "blessed: no thresholds are configured"
