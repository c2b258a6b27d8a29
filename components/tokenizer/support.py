"""Which tokenizers can be imported, and what is said about the others."""

from collections.abc import Sequence
from typing import Any

from components.errors import ConfigError

KEY = "tokenizer.source"

_SUPPORTED = (
    "supported are WordPiece as in BERT, DistilBERT, ELECTRA and MiniLM; SentencePiece as in ALBERT, BigBird, "
    "DeBERTa-v2/v3, T5 and XLM-R; a bare vocab.txt or .model file. Byte-level BPE (RoBERTa, GPT-2), MeCab and other "
    "word splitters (BertJapaneseTokenizer) are not"
)


def first_difference(one: Sequence[Any], other: Sequence[Any]) -> int:
    """The first place at which two sequences differ; the end of the shorter one if it is the beginning of the other."""
    return next((at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))


def unsupported(found: str) -> ConfigError:
    """Makes the error for a tokenizer that the text graph cannot reproduce.

    Args:
        found: What it is: a class, and what of it cannot be reproduced.

    Returns:
        The error.
    """
    return ConfigError(KEY, f"found {found}; {_SUPPORTED}")
