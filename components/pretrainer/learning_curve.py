"""The learning curve of a masked language model, as SVG."""

from collections.abc import Mapping, Sequence
from functools import partial

from matplotlib.axes import Axes

from components.figures import draw_panels, plot_epochs

PANELS = {"loss": "Loss (nats per hidden token)", "accuracy": "Hidden tokens guessed (share)"}


def draw(history: Mapping[str, Sequence[float]], best_epoch: int) -> str:
    """Draws loss and accuracy over the epochs, in training and held-out, with a line at the best epoch.

    Args:
        history: Series by name, one value an epoch; those of `components.pretrainer.training.TrainingRecord`.
        best_epoch: Counted from 1.

    Returns:
        An SVG document.
    """
    return draw_panels(
        [
            partial(
                _panel,
                title=title,
                series={"train": history[name], "held-out": history[f"val_{name}"]},
                best_epoch=best_epoch,
            )
            for name, title in PANELS.items()
        ]
    )


def _panel(axis: Axes, title: str, series: Mapping[str, Sequence[float]], best_epoch: int) -> None:
    axis.axvline(best_epoch, color="0.8", linestyle="--", label=f"best epoch: {best_epoch}")
    plot_epochs(axis, title, series)
