"""The report's figure: learning curves and the confusion matrix, as SVG.

Letters stay text in the SVG, so that Japanese labels are drawn with the reader's fonts, whatever fonts this machine
has.
"""

import io
import warnings
from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib
from matplotlib.axes import Axes
from matplotlib.figure import Figure

STYLE = {
    "svg.fonttype": "none",
    "svg.hashsalt": "tfx-bert",  # the same input gives the same bytes
    "font.family": "sans-serif",
    "font.sans-serif": [
        "DejaVu Sans",
        "Noto Sans CJK JP",
        "Noto Sans JP",
        "Hiragino Sans",
        "Yu Gothic",
        "Meiryo",
    ],
}
# Series of a history that are drawn, where they are there.
CURVES = ("loss", "val_loss")


def draw(histories: Mapping[str, Mapping[str, Sequence[float]]], evaluation: Mapping[str, Any]) -> str:
    """Draws what there is, side by side.

    Args:
        histories: Per trained part, its series by name, a value an epoch.
        evaluation: ``labels`` (K names) and ``confusion_matrix`` (K x K counts, rows are true labels), or empty.

    Returns:
        An SVG document.
    """
    panels = len(histories) + bool(evaluation)
    with matplotlib.rc_context(STYLE), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing")  # the reader's fonts draw them
        figure = Figure(figsize=(5 * max(panels, 1), 4), layout="constrained")
        axes = list(figure.subplots(1, max(panels, 1), squeeze=False)[0])
        for axis, (name, history) in zip(axes, histories.items(), strict=False):
            _curves(axis, name, history)
        if evaluation:
            _confusion(axes[-1], evaluation["labels"], evaluation["confusion_matrix"])
        out = io.StringIO()
        figure.savefig(out, format="svg", metadata={"Date": None})
    return out.getvalue()


def _curves(axis: Axes, name: str, history: Mapping[str, Sequence[float]]) -> None:
    for series in CURVES:
        if series in history:
            axis.plot(range(1, len(history[series]) + 1), history[series], label=series)
    axis.set(title=f"{name}: loss", xlabel="epoch")
    axis.legend()


def _confusion(axis: Axes, labels: Sequence[str], counts: Sequence[Sequence[int]]) -> None:
    axis.imshow(counts, cmap="Blues")
    axis.set_xticks(range(len(labels)), labels, rotation=45, ha="right")
    axis.set_yticks(range(len(labels)), labels)
    axis.set(title="Confusion matrix", xlabel="predicted", ylabel="true")
    if len(labels) <= 12:
        top = max(max(row) for row in counts) or 1
        for row, values in enumerate(counts):
            for column, value in enumerate(values):
                color = "white" if value > top / 2 else "black"
                axis.text(column, row, str(value), ha="center", va="center", color=color)
