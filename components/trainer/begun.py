"""What a model began with, told to a person. Imports nothing heavy: `tfx-bert runs` says it too."""

from collections.abc import Mapping, Sequence
from typing import Any

_SHOWN = 5
_LABELS = {"labels_begun_anew": "begun anew", "labels_left_out": "left out"}


def warm_start_in_words(summary: Mapping[str, Any]) -> list[str]:
    """Tells the summary of a warm start, a clause each.

    Args:
        summary: Of `components.trainer.warm_start.WarmStart`.

    Example:
        >>> warm_start_in_words({"model": "runs/7", "head": "taken", "labels_begun_anew": ["京都", "sports"]})
        ['head taken', "labels '京都', 'sports' begun anew"]
    """
    parts = [f"{part} {what}" for part, what in summary.items() if part not in ("model", *_LABELS)]
    return parts + [f"{labels_in_words(summary[key])} {what}" for key, what in _LABELS.items() if key in summary]


def labels_in_words(labels: Sequence[str]) -> str:
    """Names labels, the first five if there are more.

    Example:
        >>> labels_in_words(["京都"])
        "label '京都'"
    """
    more = f" and {len(labels) - _SHOWN:,} more" if len(labels) > _SHOWN else ""
    return f"label{'s' * (len(labels) > 1)} {', '.join(map(repr, labels[:_SHOWN]))}{more}"
