"""The figure is SVG whose letters are text, Japanese ones too."""

from xml.etree import ElementTree

from components.report.figures import draw

EVALUATION = {"labels": ["京都", "グルメ"], "confusion_matrix": [[1, 1], [0, 2]]}


def texts(svg: str) -> list[str]:
    return [element.text or "" for element in ElementTree.fromstring(svg).iter("{http://www.w3.org/2000/svg}text")]


def test_labels_and_counts_are_text() -> None:
    found = texts(draw({"Pretrainer": {"loss": [3.0, 2.0], "val_loss": [3.1, 2.5]}}, EVALUATION))
    assert found.count("京都") == 2  # on both axes
    assert found.count("グルメ") == 2
    assert "Pretrainer: loss" in found
    assert "val_loss" in found


def test_the_same_input_gives_the_same_figure() -> None:
    assert draw({"Trainer": {"loss": [1.0]}}, EVALUATION) == draw({"Trainer": {"loss": [1.0]}}, EVALUATION)


def test_without_an_evaluation_there_is_no_matrix() -> None:
    assert "Confusion matrix" not in texts(draw({"Pretrainer": {"loss": [3.0, 2.0]}}, {}))


def test_several_labels_have_scores_instead_of_a_matrix() -> None:
    per_class = {"京都": {"f1": 0.5}, "グルメ": {"f1": 1.0}}
    found = texts(draw({}, {"labels": list(per_class), "confusion_matrix": None, "per_class": per_class}))
    assert {"京都", "グルメ", "F1 by label"} <= set(found)
    assert "Confusion matrix" not in found
