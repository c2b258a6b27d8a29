from xml.etree import ElementTree

from components.pretrainer.learning_curve import draw

HISTORY = {"loss": [3.0, 2.0], "val_loss": [3.1, 2.5], "accuracy": [0.1, 0.3], "val_accuracy": [0.1, 0.2]}
TEXT = "{http://www.w3.org/2000/svg}text"


def test_both_panels_name_their_lines_and_the_best_epoch():
    texts = [element.text for element in ElementTree.fromstring(draw(HISTORY, 2)).iter(TEXT)]
    assert "Loss (nats per hidden token)" in texts and "Hidden tokens guessed (share)" in texts
    assert [texts.count(label) for label in ("train", "held-out", "best epoch: 2")] == [2, 2, 2]


def test_one_epoch_and_the_same_figure_twice():
    first = {name: values[:1] for name, values in HISTORY.items()}
    assert draw(first, 1) == draw(first, 1) != draw(HISTORY, 1)
