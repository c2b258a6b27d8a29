"""Configuration of the text graph."""

from typing import Annotated, Any, Literal

import pydantic
from pydantic import Field

from components.base import Config

STOP_WORD_LISTS = {"english": "en", "japanese": "ja"}  # spaCy's codes

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


class CutConfig(Config):
    """What becomes of a labelled text that has more than `text.max_length` tokens; no part of the tokenizer."""

    long_documents: Literal["head", "head_tail", "chunks"] = Field(
        "head",
        description="What is read of a text longer than max_length: its first tokens; its first and its last tokens; "
        "or all in chunks of max_length, each encoded by itself, whose vectors are averaged.",
    )
    head_share: float = Field(
        0.25, ge=0, le=1, description="head_tail: share of max_length that is the beginning of the text."
    )
    chunk_overlap: int = Field(0, ge=0, description="chunks: tokens that a chunk shares with the one before it.")
    max_chunks: int = Field(8, ge=1, description="chunks: chunks of a text at most; the rest is cut off.")


HEAD = CutConfig()
"""Only the first tokens are read."""


class TextConfig(CutConfig):
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
        128,
        ge=3,
        description="Tokens of a labelled text at most, or of each of its chunks, [CLS] and [SEP] included; "
        "long_documents says which are left out of longer ones.",
    )

    @property
    def cut(self) -> CutConfig:
        """What becomes of long texts, by itself."""
        return CutConfig(**self.model_dump(include=set(CutConfig.model_fields)))

    @pydantic.model_validator(mode="after")
    def _chunks_advance(self) -> "TextConfig":
        room = self.max_length - 2
        if self.long_documents == "chunks" and self.chunk_overlap >= room:
            raise ValueError(
                f"chunk_overlap is {self.chunk_overlap}, but max_length leaves room for {room} tokens beside [CLS] and "
                f"[SEP]: set chunk_overlap to {room - 1} or less"
            )
        return self
