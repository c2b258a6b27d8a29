"""What is said of a classifier that passed its gates and should not be trusted."""

import pytest

from components.evaluator.comparing import LabelChanges
from components.evaluator.measuring import measure
from components.evaluator.remarks import HINTS, remarks
from tests.components.evaluator.answers import several, single

LABELS = ["京都", "グルメ"]
GOOD = measure(single([0, 0, 0, 1], [0, 0, 0, 1], labels=LABELS))


def test_nothing_to_say() -> None:
    assert remarks(GOOD, "accuracy", 0.9) == []
    assert remarks(GOOD, "", None) == []


@pytest.mark.parametrize("chosen", [[0, 0, 0, 0], [0, 0, 1, 0]])
def test_no_better_than_the_most_frequent_label(chosen: list[int]) -> None:
    (said,) = remarks(measure(single([0, 0, 0, 1], chosen, labels=LABELS)), "", None)
    assert "no more than always saying '京都' would reach (0.7500)" in said


def test_worse_than_the_baseline() -> None:
    metrics = measure(single([0, 0, 1, 1], [0, 0, 1, 0], labels=LABELS))
    (said,) = remarks(metrics, "accuracy", 0.8)
    assert said == "accuracy 0.7500 is below the 0.8000 of the baseline (TF-IDF and a linear model)"
    for unset in (["trainer.ngrams"], ["evaluator.baseline_margin"], list(HINTS)):
        (said,) = remarks(metrics, "accuracy", 0.75000001, unset=unset)
        assert "0.75000000 is below the 0.75000001" in said
        assert [key for key in HINTS if key in said] == unset


def test_labels_that_no_row_to_train_on_has() -> None:
    metrics = measure(single([0, 1, 2, 2], [0, 1, 2, 0], labels=[*LABELS, "電話"]))
    (said,) = remarks(metrics.model_copy(update={"unseen_labels": ["グルメ"]}), "", None)
    assert said == "no row to train on has the label 'グルメ': the 1 row to judge on has it, and counts as wrong"
    (said,) = remarks(metrics.model_copy(update={"unseen_labels": ["グルメ", "電話"]}), "", None)
    assert said.endswith("labels 'グルメ', '電話': the 3 rows to judge on have one of them, and count as wrong")


def test_several_labels_have_no_most_frequent_answer() -> None:
    assert remarks(measure(several([[1, 0]], [[0.2, 0.9]])), "", None) == []


def test_labels_that_the_last_blessed_model_does_not_know() -> None:
    assert remarks(GOOD, "", None, LabelChanges()) == []
    (said,) = remarks(GOOD, "", None, LabelChanges(new=["京都"], new_examples=3))
    assert said == "the last blessed model does not know the label '京都': the 3 texts with it count as wrong for it"
