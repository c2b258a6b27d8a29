"""Figures as SVG, all in one style.

Letters stay text in the SVG, so that Japanese labels are drawn with the reader's fonts, whatever fonts this machine
has.
"""

import io
import warnings
from collections.abc import Callable, Mapping, Sequence

import matplotlib
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

STYLE = {
    "svg.fonttype": "none",
    "text.parse_math": False,  # a label may hold dollar signs
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


def draw_panels(painters: Sequence[Callable[[Axes], None]], width: float = 5, height: float = 4) -> str:
    """Draws panels side by side.

    Args:
        painters: One a panel; each gets its axes.
        width: Of a panel, in inches.
        height: Of a panel, in inches.

    Returns:
        An SVG document.
    """
    columns = max(len(painters), 1)
    with matplotlib.rc_context(STYLE), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing")  # the reader's fonts draw them
        figure = Figure(figsize=(width * columns, height), layout="constrained")
        for axis, paint in zip(figure.subplots(1, columns, squeeze=False)[0], painters, strict=False):
            paint(axis)
        out = io.StringIO()
        figure.savefig(out, format="svg", metadata={"Date": None})
    return out.getvalue()


def plot_epochs(axis: Axes, title: str, series: Mapping[str, Sequence[float]]) -> None:
    """Draws a line a series, over the epochs.

    Args:
        axis: Where.
        title: Of the panel.
        series: Label to values, one an epoch, counted from 1.
    """
    for label, values in series.items():
        axis.plot(range(1, len(values) + 1), values, label=label, marker="." if len(values) == 1 else None)
    axis.set(title=title, xlabel="epoch")
    axis.xaxis.set_major_locator(MaxNLocator(integer=True))
    if series:
        axis.legend()
