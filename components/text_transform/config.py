"""Configuration of the text graph."""

from typing import Annotated, Any

import pydantic
from pydantic import Field

from components.base import Config

CLEANING_STEPS = (
    "lower",
    "drop_crlf",
    "newline_to_space",
    "digits_to_zero",
    "drop_symbols",
    "fullwidth_to_halfwidth",
    "drop_hyphens",
    "collapse_spaces",
    "collapse_dots",
    "drop_tabs",
    "nfkc",
    "collapse_whitespace",
)

RECIPES: dict[str, tuple[str, ...]] = {
    "newsgroups": (
        "lower",
        "drop_crlf",
        "newline_to_space",
        "digits_to_zero",
        "drop_symbols",
        "fullwidth_to_halfwidth",
        "drop_hyphens",
        "collapse_spaces",
        "collapse_dots",
        "drop_tabs",
    ),
}
"""Named lists of steps: ``cleaning: newsgroups`` in YAML stands for the list."""


def _expand_recipe(value: Any) -> Any:
    if isinstance(value, str):
        if value not in RECIPES:
            raise ValueError(f"no recipe named {value!r}; the recipes are {', '.join(RECIPES)}")
        return list(RECIPES[value])
    return value


def _check_steps(steps: list[str]) -> list[str]:
    for step in steps:
        if step not in CLEANING_STEPS:
            raise ValueError(f"no cleaning step named {step!r}; the steps are {', '.join(CLEANING_STEPS)}")
    return steps


class TextConfig(Config):
    """How raw text becomes token ids, apart from the vocabulary itself.

    Example:
        >>> TextConfig(cleaning="newsgroups").cleaning[0]
        'lower'
    """

    cleaning: Annotated[list[str], pydantic.BeforeValidator(_expand_recipe), pydantic.AfterValidator(_check_steps)] = (
        Field([], description="Cleaning steps in the order in which they run, or the name of a recipe.")
    )
    stop_words: list[str] = Field(
        [], description='Words to drop: "english", "japanese", or paths of files with a word a line.'
    )
    nltk_english: str | None = Field(
        None, description="File with NLTK's English stop words, for where NLTK's data is not installed."
    )
    unknown_marker: str | None = Field(
        None, min_length=1, description='Text that stands for an unknown word, for example "<unk>" in WikiText.'
    )
    max_length: int = Field(
        128, ge=3, description="Tokens of a labelled text at most, [CLS] and [SEP] included; the rest is cut off."
    )
