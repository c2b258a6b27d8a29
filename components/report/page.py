"""The report as one HTML file, which needs nothing beside itself, and the model card as Markdown."""

import itertools
import re
from collections.abc import Callable
from typing import Any

import jinja2
from markupsafe import Markup

from components.data_gate.names import rows_in_words
from components.report import figures
from components.report.story import Story
from components.rounding import apart
from components.trainer.begun import warm_start_in_words


def render_page(story: Story) -> str:
    """Renders the report.

    Args:
        story: What it tells.

    Returns:
        An HTML document, UTF-8, with its styles and figures inside; texts of the data are escaped.
    """
    return _render("report.html.j2", story, autoescape=True)


def render_card(story: Story) -> str:
    """Renders the model card, with the metadata block that the Hugging Face Hub reads.

    Args:
        story: What it tells.

    Returns:
        Markdown, UTF-8.
    """
    return _render("model_card.md.j2", story, autoescape=False)


def _render(template: str, story: Story, autoescape: bool) -> str:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("components.report"),
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
        autoescape=autoescape,
    )
    environment.filters |= {"number": _number, "share": _share, "cell": _cell, "capitalize_first": _capitalize_first}
    environment.filters |= {"warm_start": warm_start_in_words, "rows": rows_in_words, "apart": apart}
    drawings: dict[str, Callable[..., str]] = {
        "labels": figures.draw_labels,
        "lengths": figures.draw_lengths,
        "curves": figures.draw_curves,
        "confusion": figures.draw_confusion,
        "calibration": figures.draw_calibration,
    }

    number = itertools.count()

    def draw(name: str, *arguments: Any) -> Markup:
        svg = drawings[name](*arguments)
        svg = svg[svg.index("<svg") :]  # without the XML declaration, which HTML does not know
        svg = re.sub(r'<g id="[^"]*"', "<g", svg)
        # What refers to what must be unique in the page.
        return Markup(re.sub(r'( id="|="#|url\(#)', rf"\g<1>f{next(number)}-", svg))

    return environment.get_template(template).render(story=story, draw=draw)


def _number(value: float | None) -> str:
    """A figure for people: counts with commas, others with four digits that say something."""
    if value is None:
        return "–"
    if isinstance(value, int):
        return f"{value:,}"
    return f"{value:.4f}" if abs(value) < 10 else f"{value:,.1f}"


def _capitalize_first(text: str) -> str:
    return text[:1].upper() + text[1:]


def _share(value: float) -> str:
    return f"{value:.1%}"


def _cell(value: str) -> str:
    """A text that Markdown leaves as it is, also in a table."""
    return re.sub(r"([\\|`*_\[\]<>&#])", r"\\\1", " ".join(value.split()))
