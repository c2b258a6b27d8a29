"""The figures are SVG whose letters are text, Japanese ones too."""

from xml.etree import ElementTree

from components.evaluator.measuring import measure
from components.report import figures
from tests.components.evaluator.answers import several, single


def texts(svg: str) -> list[str]:
    return [element.text or "" for element in ElementTree.fromstring(svg).iter("{http://www.w3.org/2000/svg}text")]


METRICS = measure(single([0, 0, 1, 1], [0, 1, 1, 1], labels=["京都", "グルメ"]))


def test_labels_and_counts_of_a_confusion_matrix_are_text() -> None:
    found = texts(figures.draw_confusion(METRICS))
    assert found.count("京都") == 2  # on both axes
    assert found.count("グルメ") == 2
    assert sorted(found[-4:]) == ["0", "1", "1", "2"]


def test_dollar_signs_in_labels_are_no_formula() -> None:
    labels = ["US$ % $", "price: $10^$", "$5 to $10"]
    found = texts(figures.draw_confusion(measure(single([0, 1, 2], [0, 1, 2], labels=labels))))
    assert set(labels) <= set(found)
    assert set(labels) <= set(texts(figures.draw_labels({label: {"train": 1} for label in labels})))


def test_several_labels_have_scores_instead_of_a_matrix() -> None:
    found = texts(figures.draw_confusion(measure(several([[1, 0]], [[0.9, 0.2]]))))
    assert {"a", "b", "F1"} <= set(found)
    assert "predicted" not in found


def test_many_labels_are_cut_to_the_most_frequent() -> None:
    labels = {f"ラベル{number}": {"train": 100 - number} for number in range(60)}
    found = texts(figures.draw_labels(labels))
    assert "ラベル39" in found
    assert "ラベル40" not in found


def test_curves_are_named_for_people_and_a_history_without_losses_is_left_out() -> None:
    history = {"loss": [3.0, 2.0], "val_loss": [3.1, 2.5]}
    found = texts(figures.draw_curves("Classifier", [("head", history), ("unfrozen", {"accuracy": [1.0]})]))
    assert {"Classifier: head", "training", "validation"} <= set(found)
    assert "Classifier: unfrozen" not in found


def test_lengths_of_each_split() -> None:
    tokens = {split: {"lengths": {"0": 1, "1": 2, "2": 3, "4": 4}} for split in ("train", "eval")}
    assert {"train", "eval"} <= set(texts(figures.draw_lengths(tokens)))


def test_calibration_of_a_model_that_is_always_sure() -> None:
    assert "this model" in texts(figures.draw_calibration(METRICS))


def test_the_same_input_gives_the_same_figure() -> None:
    assert figures.draw_confusion(METRICS) == figures.draw_confusion(METRICS)
