"""The report's text: what was trained, how good it is, what was pushed."""

from collections.abc import Mapping, Sequence
from typing import Any

Metrics = Mapping[str, Any]


def render(title: str, sections: Mapping[str, Metrics], pushed: Sequence[str]) -> str:
    """Writes the report.

    Args:
        title: The pipeline's name.
        sections: Per node, what its ``metrics.json`` holds; an evaluation's ``per_class`` becomes a table.
        pushed: Where models were pushed to; empty if none was.

    Returns:
        Plain text, UTF-8, that ends with a newline.
    """
    lines = [title, "=" * len(title)]
    for name, metrics in sections.items():
        lines += ["", name, "-" * len(name), *_figures(metrics), *_classes(metrics)]
    lines += ["", "Pushed" if pushed else "Nothing pushed", *(f"  {path}" for path in pushed)]
    return "\n".join(lines) + "\n"


def _figures(metrics: Metrics) -> list[str]:
    return [f"  {key:<28} {value:.6g}" for key, value in metrics.items() if isinstance(value, int | float)]


def _classes(metrics: Metrics) -> list[str]:
    per_class = metrics.get("per_class") or {}
    if not per_class:
        return []
    columns = ("precision", "recall", "f1", "support")
    header = "".join(f"{column:>11}" for column in columns) + "  label"
    rows = [
        "".join(f"{values[column]:>11.4g}" for column in columns) + f"  {label}" for label, values in per_class.items()
    ]
    return ["", header, *rows]
