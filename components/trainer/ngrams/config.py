"""The `trainer.ngrams` section of the configuration."""

import pydantic
from pydantic import Field

from components.base import Config


class NGramsConfig(Config):
    """A naive Bayes model on n-grams whose logits are added to the network's.

    On a few thousand short texts, above all where an encoder has seen little text, words say things that the encoder
    has not learned yet, and the two err on different texts.
    """

    tokens: int = Field(2, ge=0, description="Longest n-gram of tokens, whole texts read; 0 for none.")
    characters: int = Field(3, ge=0, description="Longest n-gram of characters of the cleaned text; 0 for none.")
    min_count: int = Field(1, ge=1, description="Training texts that an n-gram must be in to count.")
    max_features: int = Field(
        1_000_000, ge=1, description="N-grams to keep, those in most training texts; each costs 12 bytes and 4 a class."
    )
    smoothing: float = Field(
        0.05,
        gt=0,
        description="What is added to the weight of every n-gram in every class; less trusts rare ones more.",
    )

    @pydantic.model_validator(mode="after")
    def _has_some(self) -> "NGramsConfig":
        if not self.tokens and not self.characters:
            raise ValueError("ngrams.tokens and ngrams.characters are both 0: set one, or set trainer.ngrams to null")
        return self
