"""Configuration of the tokenizer."""

from typing import Literal

import pydantic
from pydantic import Field

from components.base import Config

SPECIAL_TOKENS = 5


class TokenizerConfig(Config):
    """Which tokenizer a pipeline has: one trained on its corpus, or an imported one."""

    kind: Literal["wordpiece", "sentencepiece", "import"] = Field(
        "wordpiece", description="Train a WordPiece or SentencePiece vocabulary, or import one."
    )
    vocab_size: int = Field(8000, ge=SPECIAL_TOKENS + 1, description="Pieces at most, the five special ones included.")
    sample_mb: float = Field(
        10,
        gt=0,
        description="MiB of the train split's packed records that the vocabulary is trained on; of a larger corpus so "
        "much is drawn evenly. SentencePiece takes about fifty times as much memory, and half a minute for each.",
    )
    source: str | None = Field(
        None,
        description="For kind import: a Hugging Face directory or Hub name, a vocab.txt, or a SentencePiece .model "
        "file; empty: the tokenizer of the backbone.",
    )
    lowercase: bool = Field(True, description="WordPiece: lower-case the text.")
    strip_accents: bool | None = Field(None, description="WordPiece: drop accents; empty: if the text is lower-cased.")
    cjk_splitting: bool = Field(True, description="WordPiece: every Chinese character is a word by itself.")
    model_type: Literal["unigram", "bpe"] = Field("unigram", description="SentencePiece: the algorithm.")
    character_coverage: float = Field(
        0.9995, gt=0, le=1, description="SentencePiece: share of the corpus's characters that get pieces."
    )
    byte_fallback: bool = Field(False, description="SentencePiece: spell unknown characters as bytes.")
    normalization: Literal["nmt_nfkc", "nfkc", "identity", "nmt_nfkc_cf", "nfkc_cf"] = Field(
        "nmt_nfkc", description="SentencePiece: normalization of the text."
    )

    @pydantic.model_validator(mode="after")
    def _source_is_for_imports(self) -> "TokenizerConfig":
        if self.source is not None and self.kind != "import":
            raise ValueError(f"source is for kind import only; kind is {self.kind}")
        return self
