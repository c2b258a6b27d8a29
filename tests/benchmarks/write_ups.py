"""The write-ups' way from text to ids, written anew: Python a document at a time."""

import re
from collections.abc import Iterable

import numpy as np
import sentencepiece
from transformers import PreTrainedTokenizerBase

_FULL = "".join(map(chr, range(0xFF01, 0xFF5F)))
_HALF = "".join(map(chr, range(0x21, 0x7F)))
_KEPT = set(".-!?．－！？\\")
_SYMBOLS = [c for c in _HALF + _FULL + "〜、。「」" if not c.isalnum() and c not in _KEPT]


def clean(text: str) -> str:
    """The cleaning function, with its regular expressions built in every call as there."""
    text = text.lower()
    text = re.sub("\r\n", "", text)
    text = re.sub("\n", " ", text)
    text = re.sub(r"\d+", "0", text)
    symbols = re.compile(f"[{''.join(map(re.escape, _SYMBOLS))}]")
    text = symbols.sub("", text)
    text = text.translate(str.maketrans(_FULL, _HALF))
    text = text.replace("-", "")
    text = re.sub("[ \u3000]+", " ", text)
    text = re.sub("[.]+", ".", text)
    return re.sub("\t+", "", text)


def drop_stop_words(text: str, words: list[str]) -> str:
    """Stop words looked up in a list."""
    return " ".join(word for word in text.split(" ") if word not in words and word != "")


def classify_ids(
    texts: Iterable[str], words: list[str], tokenizer: PreTrainedTokenizerBase, max_length: int
) -> np.ndarray:
    """Cleaning, stop words, then one ``batch_encode_plus`` padded to the maximum; int32 ``(n, max_length)``."""
    cleaned = [drop_stop_words(clean(text), words) for text in texts]
    encoded = tokenizer.batch_encode_plus(
        cleaned, padding="max_length", max_length=max_length, truncation=True, return_tensors="np"
    )
    return encoded["input_ids"]


def sentencepiece_ids(
    texts: Iterable[str], processor: sentencepiece.SentencePieceProcessor, max_length: int
) -> np.ndarray:
    """SentencePiece a row at a time, padded in Python; int32 ``(n, max_length)``."""
    rows = []
    for text in texts:
        pieces = processor.encode(text, out_type=str)[: max_length - 2]
        ids = [processor.piece_to_id(piece) for piece in ["[CLS]", *pieces, "[SEP]"]]
        rows.append(ids + [0] * (max_length - len(ids)))
    return np.array(rows, np.int32)
