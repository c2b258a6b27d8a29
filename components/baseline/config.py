"""The `baseline` section of the configuration."""

from typing import Literal

from pydantic import Field

from components.base import Config


class BaselineConfig(Config):
    """A linear model on TF-IDF weights."""

    analyzer: Literal["auto", "word", "char"] = Field(
        "auto",
        description="Word or character n-grams; auto takes characters where the text is mostly Japanese.",
    )
    word_ngrams: int = Field(2, ge=1, le=5, description="Longest word n-gram.")
    char_ngrams: int = Field(3, ge=1, le=8, description="Longest character n-gram.")
    min_count: int = Field(2, ge=1, description="Texts that an n-gram must be in to count.")
    regularization: float = Field(1.0, gt=0, description="The linear SVM's C: larger fits the train split closer.")
    seed: int = Field(0, ge=0, lt=2**32, description="Seed of the solver.")
