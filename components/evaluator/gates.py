"""The gates that a model passes before it is blessed; every check says in words what it found."""

from typing import Literal

import pydantic

from components.evaluator.config import EvaluatorConfig, MlmEvaluatorConfig
from components.metrics import ClassificationMetrics

BASELINE_METRIC = "weighted_f1"


class Check(pydantic.BaseModel):
    """One bound on one metric.

    Attributes:
        gate: Which gate the bound belongs to.
        metric: Name of the metric.
        value: What the model reached.
        bound: What it had to reach.
        side: Whether the bound is a lowest or a highest value.
        holds: Whether it does.
        text: The same for a person.
    """

    gate: Literal["bound", "baseline"]
    metric: str
    value: float
    bound: float
    side: Literal["lowest", "highest"]
    holds: bool
    text: str


class Verdict(pydantic.BaseModel):
    """All checks, and what follows from them.

    Attributes:
        blessed: True if every check holds, so also if there is none.
        checks: What was checked.
        notes: What was not checked, and why.
    """

    blessed: bool
    checks: list[Check]
    notes: list[str]

    @property
    def message(self) -> str:
        """What decided, in one line: the failed checks, or else all checks and notes."""
        failed = [check.text for check in self.checks if not check.holds]
        if failed:
            return "not blessed: " + "; ".join(failed)
        return "blessed: " + "; ".join([*(check.text for check in self.checks), *self.notes])


def judge(metrics: ClassificationMetrics, baseline: ClassificationMetrics | None, config: EvaluatorConfig) -> Verdict:
    """Holds a classifier's metrics against its bounds and against the baseline.

    Args:
        metrics: The classifier's.
        baseline: The baseline's on the same split, if it was trained.
        config: The bounds.
    """
    checks = [
        _check("bound", name, getattr(metrics, name), bound, "lowest", f"the bound {bound:g}")
        for name, bound in config.thresholds.items()
    ]
    notes = [] if config.thresholds else ["no thresholds are configured"]
    if baseline is not None:
        value, other = getattr(metrics, BASELINE_METRIC), getattr(baseline, BASELINE_METRIC)
        if config.baseline_margin is None:
            notes.append(f"the baseline's {BASELINE_METRIC} is {other:.4f}, shown for comparison")
        else:
            what = f"the baseline's {other:.4f} with margin {config.baseline_margin:g}"
            bound = other + config.baseline_margin
            checks.append(_check("baseline", BASELINE_METRIC, value, bound, "lowest", what))
    elif config.baseline_margin is not None:
        notes.append("there is no baseline to compare with")
    return _verdict(checks, notes)


def judge_mlm(perplexity: float, masked_accuracy: float, config: MlmEvaluatorConfig) -> Verdict:
    """Holds a masked language model's metrics against its bounds.

    Args:
        perplexity: Held-out perplexity on masked tokens.
        masked_accuracy: Held-out share of masked tokens predicted right.
        config: The bounds.
    """
    checks = []
    if (highest := config.max_perplexity) is not None:
        checks.append(_check("bound", "perplexity", perplexity, highest, "highest", f"the bound {highest:g}"))
    if (lowest := config.min_masked_accuracy) is not None:
        checks.append(_check("bound", "masked_accuracy", masked_accuracy, lowest, "lowest", f"the bound {lowest:g}"))
    return _verdict(checks, [] if checks else ["no thresholds are configured"])


def _check(
    gate: Literal["bound", "baseline"],
    metric: str,
    value: float,
    bound: float,
    side: Literal["lowest", "highest"],
    what: str,
) -> Check:
    # NaN holds no bound, in either direction: it compares false with everything.
    holds = value >= bound if side == "lowest" else value <= bound
    relation = ("at least" if holds else "below") if side == "lowest" else ("at most" if holds else "above")
    text = f"{metric} {value:.4f} is {relation} {what}"
    return Check(gate=gate, metric=metric, value=value, bound=bound, side=side, holds=holds, text=text)


def _verdict(checks: list[Check], notes: list[str]) -> Verdict:
    return Verdict(blessed=all(check.holds for check in checks), checks=checks, notes=notes)
