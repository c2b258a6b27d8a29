"""What a person should know of a classifier that no gate asked about."""

from collections.abc import Collection

from components.evaluator.comparing import LabelChanges
from components.evaluator.gates import changes_in_words
from components.metrics import ClassificationMetrics
from components.rounding import apart
from components.trainer.begun import labels_in_words

HINTS = {
    "trainer.ngrams": "trainer.ngrams: {} puts such a model beside the network",
    "evaluator.baseline_margin": "evaluator.baseline_margin: 0 refuses what is worse",
}


def remarks(
    metrics: ClassificationMetrics,
    metric: str,
    baseline: float | None,
    changes: LabelChanges | None = None,
    unset: Collection[str] = (),
) -> list[str]:
    """Says what looks bad although it may have passed.

    Args:
        metrics: The classifier's, on the eval split.
        metric: What the classifier and the baseline are compared by: ``evaluator.compared_metric``.
        baseline: The baseline's value of it; None if there is no baseline, and then the metric does not matter.
        changes: How its labels differ from those of the last blessed model; None if the two are not compared.
        unset: The keys of `HINTS` that are null in the configuration: only these are worth a hint.

    Returns:
        A sentence each, without full stop; none if there is nothing to say.
    """
    found = changes_in_words(changes) if changes else []
    if metrics.unseen_labels:
        found.append(_unseen(metrics))
    texts = metrics.example_count
    label, most = max(metrics.per_class.items(), key=lambda item: item[1].support, default=("", None))
    if metrics.confusion_matrix is not None and most is not None and metrics.accuracy <= most.support / texts:
        shown, other = apart([metrics.accuracy, most.support / texts])
        found.append(
            f"accuracy {shown} is no more than always saying {label!r} would reach ({other}): the labels may be wrong, "
            "or training too short"
        )
    if baseline is not None and (value := getattr(metrics, metric)) < baseline:
        shown, other = apart([value, baseline])
        found.append(
            f"{metric} {shown} is below the {other} of the baseline (TF-IDF and a linear model){_hints(unset)}"
        )
    return found


def _unseen(metrics: ClassificationMetrics) -> str:
    count = sum(metrics.per_class[label].support for label in metrics.unseen_labels)
    rows = "row to judge on has" if count == 1 else "rows to judge on have"
    them = "it" if len(metrics.unseen_labels) == 1 else "one of them"
    return (
        f"no row to train on has the {labels_in_words(metrics.unseen_labels)}: the {count:,} {rows} {them}, and "
        f"count{'s' * (count == 1)} as wrong"
    )


def _hints(unset: Collection[str]) -> str:
    hints = [what for key, what in HINTS.items() if key in unset]
    return f"; {', '.join(hints)}" if hints else ""
