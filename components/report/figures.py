"""The report's figures, each an SVG document of its own."""

from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import Any

from matplotlib.axes import Axes
from matplotlib.ticker import PercentFormatter

from components.figures import draw_panels, plot_epochs
from components.metrics import ClassificationMetrics

_MOST_BARS = 40
_MOST_NUMBERS = 30  # labels up to which the cells of a confusion matrix say their count


def draw_labels(labels: Mapping[str, Mapping[str, int]]) -> str:
    """Rows by label and split, as bars; the 40 most frequent labels.

    Args:
        labels: By label: rows by split.
    """
    shown = dict(list(labels.items())[:_MOST_BARS])
    return draw_panels([partial(_labels, labels=shown)], height=max(2.0, 0.9 + 0.28 * len(shown)))


def draw_lengths(tokens: Mapping[str, Mapping[str, Any]]) -> str:
    """Share of the rows by number of tokens, a line a split.

    Args:
        tokens: By split: statistics with ``lengths``, rows by lowest number of tokens of a bin.
    """
    return draw_panels([partial(_lengths, tokens=tokens)])


def draw_curves(title: str, histories: Sequence[tuple[str, Mapping[str, Sequence[float]]]]) -> str:
    """Losses, in training and validation, over the epochs, a panel a history.

    Args:
        title: What was trained.
        histories: What each panel is called, and its series by name.
    """
    return draw_panels(
        [
            partial(plot_epochs, title=f"{title}: {name}", series=_losses(history))
            for name, history in histories
            if _losses(history)
        ]
    )


def draw_confusion(metrics: ClassificationMetrics) -> str:
    """The confusion matrix; where a text may have several labels, F1 by label."""
    size = max(4.0, 1.5 + 0.42 * len(metrics.labels))
    if metrics.confusion_matrix is None:
        return draw_panels([partial(_scores, metrics=metrics)], height=size)
    return draw_panels(
        [partial(_confusion, labels=metrics.labels, counts=metrics.confusion_matrix)], width=size + 1, height=size
    )


def draw_calibration(metrics: ClassificationMetrics) -> str:
    """How often the model was right, by what it said; a perfect one is on the diagonal."""
    return draw_panels([partial(_calibration, metrics=metrics)])


def _in_order(splits: Iterable[str]) -> list[str]:
    """The splits in the order in which they get their colours: ``train`` first."""
    return sorted(set(splits), key=lambda split: (split != "train", split))


def _losses(history: Mapping[str, Sequence[float]]) -> dict[str, Sequence[float]]:
    names = {"loss": "training", "val_loss": "validation"}
    return {shown: history[name] for name, shown in names.items() if history.get(name)}


def _labels(axis: Axes, labels: Mapping[str, Mapping[str, int]]) -> None:
    splits = _in_order(split for rows in labels.values() for split in rows)
    height = 0.8 / max(len(splits), 1)
    for number, split in enumerate(splits):
        places = [place + number * height for place in range(len(labels))]
        axis.barh(places, [rows.get(split, 0) for rows in labels.values()], height, label=split)
    axis.set_yticks([place + (len(splits) - 1) * height / 2 for place in range(len(labels))], list(labels))
    axis.invert_yaxis()
    axis.set(xlabel="texts")
    if splits:
        axis.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=len(splits), frameon=False)


def _lengths(axis: Axes, tokens: Mapping[str, Mapping[str, Any]]) -> None:
    for split in _in_order(tokens):
        rows = {int(low): count for low, count in tokens[split]["lengths"].items()}
        total = max(sum(rows.values()), 1)
        edges = [*rows, max(2 * max(rows), 1)]  # a bin ends where the next begins, the last at twice where it does
        axis.stairs([count / total for count in rows.values()], edges, label=split, linewidth=1.5)
    axis.set_xscale("symlog", base=2, linthresh=1)
    axis.xaxis.set_major_formatter("{x:.0f}")
    axis.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    axis.set(xlabel="tokens of a text", ylabel="share of the texts")
    axis.legend()


def _confusion(axis: Axes, labels: Sequence[str], counts: Sequence[Sequence[int]]) -> None:
    axis.pcolormesh(counts, cmap="Blues", edgecolors="white", linewidth=0.5)
    axis.set_aspect("equal")
    axis.invert_yaxis()
    centres = [place + 0.5 for place in range(len(labels))]
    axis.set_xticks(centres, labels, rotation=45, ha="right", rotation_mode="anchor")
    axis.set_yticks(centres, labels)
    axis.set(xlabel="predicted", ylabel="actual")
    axis.xaxis.set_label_position("top")  # below, labels in a font that is not here would reach into it
    if len(labels) <= _MOST_NUMBERS:
        top = max(max(row) for row in counts) or 1
        for row, values in enumerate(counts):
            for column, value in enumerate(values):
                color = "white" if value > 0.6 * top else "black" if value else "0.7"
                axis.text(column + 0.5, row + 0.5, str(value), ha="center", va="center", color=color, fontsize=8)


def _scores(axis: Axes, metrics: ClassificationMetrics) -> None:
    places = range(len(metrics.per_class))
    axis.barh(places, [values.f1 for values in metrics.per_class.values()])
    axis.set_yticks(places, list(metrics.per_class))
    axis.invert_yaxis()
    axis.set(xlabel="F1", xlim=(0, 1))


def _calibration(axis: Axes, metrics: ClassificationMetrics) -> None:
    axis.plot([0, 1], [0, 1], color="0.7", linestyle="--", label="perfect")
    said, right = zip(*((one.said, one.right) for one in metrics.calibration), strict=True)
    axis.plot(said, right, marker="o", label="this model")
    most = max(one.count for one in metrics.calibration)
    axis.bar(said, [one.count / most for one in metrics.calibration], 0.04, color="0.9", label="how many", zorder=0)
    axis.set(xlabel="probability that the model says", ylabel="share that is right", xlim=(0, 1), ylim=(0, 1.02))
    axis.legend()
