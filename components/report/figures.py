"""The report's figure: learning curves and the confusion matrix, as SVG."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from matplotlib.axes import Axes

from components.figures import draw_panels, plot_epochs

# Series of a history that are drawn, where they are there.
CURVES = ("loss", "val_loss")


def draw(histories: Mapping[str, Mapping[str, Sequence[float]]], evaluation: Mapping[str, Any]) -> str:
    """Draws what there is, side by side.

    Args:
        histories: Per trained part, its series by name, a value an epoch.
        evaluation: ``labels`` (K names) and ``confusion_matrix`` (K x K counts, rows are true labels); ``per_class``
            instead, with an ``f1`` each, where a text may have several labels; or empty.

    Returns:
        An SVG document.
    """
    painters = [partial(_curves, name=name, history=history) for name, history in histories.items()]
    if evaluation and evaluation["confusion_matrix"]:
        painters.append(partial(_confusion, labels=evaluation["labels"], counts=evaluation["confusion_matrix"]))
    elif evaluation:
        painters.append(partial(_scores, per_class=evaluation["per_class"]))
    return draw_panels(painters)


def _curves(axis: Axes, name: str, history: Mapping[str, Sequence[float]]) -> None:
    plot_epochs(axis, f"{name}: loss", {series: history[series] for series in CURVES if series in history})


def _scores(axis: Axes, per_class: Mapping[str, Mapping[str, float]]) -> None:
    places = range(len(per_class))
    axis.barh(places, [values["f1"] for values in per_class.values()])
    axis.set_yticks(places, list(per_class))
    axis.invert_yaxis()  # the first label on top
    axis.set(title="F1 by label", xlim=(0, 1))


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
