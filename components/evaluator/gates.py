"""The gates that a model passes before it is blessed; every check says in words what it found."""

from collections.abc import Sequence
from typing import Literal

import pydantic

from components.evaluator.comparing import Comparison, LabelChanges
from components.evaluator.config import EvaluatorConfig, MlmEvaluatorConfig
from components.metrics import ClassificationMetrics
from components.rounding import apart, exact
from components.trainer.begun import labels_in_words

Gate = Literal["bound", "blessed", "baseline"]


class Check(pydantic.BaseModel):
    """One demand on one metric.

    Attributes:
        gate: ``bound``: an absolute one; ``blessed``: against the last blessed model; ``baseline``: against TF-IDF.
        key: The key of the configuration that demands it.
        metric: Name of the metric.
        value: What the model reached.
        bound: What it had to reach, whatever chance did.
        holds: Whether it is blessed as far as this goes.
        text: The same for a person.
    """

    gate: Gate
    key: str
    metric: str
    value: float
    bound: float
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
        failed = [f"{check.text} ({check.key})" for check in self.checks if not check.holds]
        if failed:
            return "not blessed: " + "; ".join(failed)
        return "blessed: " + "; ".join([*(check.text for check in self.checks), *self.notes])


def judge(
    metrics: ClassificationMetrics,
    blessed: Comparison | None,
    baseline: Comparison | None,
    config: EvaluatorConfig,
    incomparable: str = "",
) -> Verdict:
    """Holds a classifier against its bounds, the last blessed model, and the baseline.

    Args:
        metrics: The classifier's.
        blessed: How it compares with the last blessed model; None if there is none, or none was asked for.
        baseline: How it compares with the baseline, if one was trained.
        config: What is demanded.
        incomparable: Why there is no comparison with the last blessed model although there is one.
    """
    checks = [
        _bound(f"evaluator.thresholds.{name}", name, getattr(metrics, name), bound, "lowest")
        for name, bound in config.thresholds.items()
    ] + [
        _bound(f"evaluator.limits.{name}", name, getattr(metrics, name), bound, "highest")
        for name, bound in config.limits.items()
    ]
    notes = [] if checks else ["no thresholds are configured"]
    compared: tuple[tuple[Literal["blessed", "baseline"], str, Comparison | None, float | None], ...] = (
        ("blessed", "last blessed model", blessed, config.blessed_margin),
        ("baseline", "baseline", baseline, config.baseline_margin),
    )
    for gate, name, comparison, margin in compared:
        if comparison is not None and margin is not None:
            checks.append(_margin(gate, name, comparison, margin))
        elif comparison is not None:
            notes.append(f"the {name}'s {comparison.metric} is {comparison.other:.4f}, shown for comparison")
        elif margin is not None and gate == "blessed" and incomparable:
            notes.append(incomparable)
        elif margin is not None:
            notes.append(f"there is no {name} to compare with")
        if comparison is not None and margin is None and gate == "blessed":
            notes += changes_in_words(comparison.changes)
    return _verdict(checks, notes)


def changes_in_words(changes: LabelChanges) -> list[str]:
    """How the labels of the last blessed model differ, a clause each; nothing if they do not.

    Args:
        changes: What was found.
    """
    found = []
    if changes.new:
        count = changes.new_examples
        found.append(
            f"the last blessed model does not know the {labels_in_words(changes.new)}: the {_texts(count)} with "
            f"{_them(changes.new)} count{'s' * (count == 1)} as wrong for it"
        )
    if changes.gone:
        count = changes.gone_answers
        found.append(
            f"the new model no longer knows the {labels_in_words(changes.gone)}: {_texts(count)} that the last blessed "
            f"model gave {_them(changes.gone)} count{'s' * (count == 1)} as wrong for it"
        )
    return found


def _texts(count: int) -> str:
    return f"{count:,} text{'s' * (count != 1)}"


def _them(labels: Sequence[str]) -> str:
    return "them" if len(labels) > 1 else "it"


def judge_mlm(perplexity: float, masked_accuracy: float, config: MlmEvaluatorConfig) -> Verdict:
    """Holds a masked language model's metrics against its bounds.

    Args:
        perplexity: Held-out perplexity on masked tokens.
        masked_accuracy: Held-out share of masked tokens predicted right.
        config: The bounds.
    """
    checks = []
    if (highest := config.max_perplexity) is not None:
        checks.append(_bound("mlm_evaluator.max_perplexity", "perplexity", perplexity, highest, "highest"))
    if (lowest := config.min_masked_accuracy) is not None:
        checks.append(_bound("mlm_evaluator.min_masked_accuracy", "masked_accuracy", masked_accuracy, lowest, "lowest"))
    return _verdict(checks, [] if checks else ["no thresholds are configured"])


def _bound(key: str, metric: str, value: float, bound: float, side: Literal["lowest", "highest"]) -> Check:
    # NaN holds no bound, in either direction: it compares false with everything.
    holds = value >= bound if side == "lowest" else value <= bound
    relation = ("at least" if holds else "below") if side == "lowest" else ("at most" if holds else "above")
    (shown,) = apart([value], [bound])
    text = f"{metric} {shown} is {relation} the bound {exact(bound)}"
    return Check(gate="bound", key=key, metric=metric, value=value, bound=bound, holds=holds, text=text)


def _margin(gate: Literal["blessed", "baseline"], name: str, found: Comparison, margin: float) -> Check:
    """Chance neither blesses a model that has to be better, nor refuses one that need not be.

    To be better by a margin, a model's own difference must reach it, and the interval lie above 0. Where a margin only
    says how much worse a model may be, it is refused if the whole interval lies below that.
    """
    reached = found.difference >= margin
    holds = reached and found.low > 0 if margin > 0 else reached or found.high >= margin
    told = found.told(margin)
    text = (
        f"{found.metric} {told['value']} is {told['difference']} {told['relation']} the {name}'s {told['other']} "
        f"({100 * found.confidence:g}% interval of the difference {told['low']} to {told['high']})"
    )
    if holds and not reached:
        text += ", which may be chance and does not block"
    elif not holds and margin > 0:
        text += f", which may be chance: {exact(margin)} is demanded" if reached else f": {exact(margin)} is demanded"
    elif not holds:
        text += f": it may be {exact(-margin)} worse at most" if margin else ": it is worse"
    if gate == "blessed" and (known := "; ".join(changes_in_words(found.changes))):
        text += f"; {known}"
    key = f"evaluator.{gate}_margin"
    return Check(
        gate=gate, key=key, metric=found.metric, value=found.value, bound=found.other + margin, holds=holds, text=text
    )


def _verdict(checks: list[Check], notes: list[str]) -> Verdict:
    return Verdict(blessed=all(check.holds for check in checks), checks=checks, notes=notes)
