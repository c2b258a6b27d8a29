from xml.etree import ElementTree

from components.figures import draw_panels, plot_epochs


def test_a_panel_for_each_painter_with_japanese_text_as_text():
    svg = draw_panels([lambda axis: plot_epochs(axis, "京都", {"損失": [2.0, 1.0]}), lambda axis: axis.set_title("b")])
    texts = [element.text for element in ElementTree.fromstring(svg).iter("{http://www.w3.org/2000/svg}text")]
    assert {"京都", "損失", "epoch", "b"} <= set(texts)
    assert {"1", "2"} <= set(texts) and "1.5" not in texts[: texts.index("epoch")]  # epochs are whole


def test_nothing_to_draw():
    assert ElementTree.fromstring(draw_panels([])).tag.endswith("svg")
