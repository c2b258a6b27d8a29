"""Makes the tables of `components.text_transform.wordpiece` by asking the reference library about every character."""

import unicodedata
from collections.abc import Sequence

import numpy as np
from tensorflow_text.core.pybinds.pywrap_fast_wordpiece_tokenizer_model_builder import build_fast_wordpiece_model
from tokenizers import normalizers, pre_tokenizers

from components.text_transform.characters import SURROGATES
from components.text_transform.charmap import build_charmap
from components.text_transform.wordpiece import CJK_RANGES

_INSPECTED = (range(0x40000), range(0xE0000, 0xE1000))
_PRIVATE = (range(0xF0000, 0xFFFFE), range(0x100000, 0x10FFFE))
_SEPARATOR = "0"
_CONTINUATION = "##"
_ACUTE_ACCENT = 0x301
_MAX_BYTES_PER_CHARACTER = 4


def wordpiece_tables(
    pieces: Sequence[str],
    unknown: str,
    lowercase: bool,
    strip_accents: bool | None = None,
    cjk_splitting: bool = True,
    max_word_characters: int = 100,
) -> dict[str, np.ndarray]:
    """Makes the tables of a vocabulary under one kind of BERT normalization.

    Args:
        pieces: The vocabulary, in order of ids, all different; continuation pieces start with ``##``.
        unknown: The piece of words that cannot be spelled.
        lowercase: Whether the text is lower-cased.
        strip_accents: Whether accents are dropped; None: if lower-cased.
        cjk_splitting: Whether every Chinese character is a word.
        max_word_characters: Longer words are unknown.

    Returns:
        The arrays that `components.text_transform.wordpiece.WordPiece` takes, by name.
    """
    normalizer = normalizers.BertNormalizer(
        clean_text=True, handle_chinese_chars=cjk_splitting, strip_accents=strip_accents, lowercase=lowercase
    )
    codepoints = [c for block in _INSPECTED for c in block if c not in SURROGATES]
    normalized = _normalize_each(normalizer, codepoints)
    # The reference sets a Chinese character between spaces; where TF Text splits by itself they only cost time.
    separated = {c: text.strip() for c, text in normalized.items() if text.startswith(" ") and text.strip()}
    separated = {c: text for c, text in separated.items() if all(map(_is_cjk, text))}
    normalized |= separated
    kept = set("".join(normalized.values()))
    punctuation = _punctuation(kept)
    breaks = punctuation.union(*separated.values())
    stand_ins = _stand_ins(sorted(k for k in kept - breaks if _tf_text_breaks(k)))
    final = stand_ins | {k: f"\n{k}\n" for k in punctuation if not k.isascii()}
    mapping = {c: "".join(final.get(k, k) for k in text) for c, text in normalized.items()}
    mapping |= {c: "" for block in _PRIVATE for c in block}
    reordered = _reordered(kept) if normalized[_ACUTE_ACCENT] == "" else []
    max_bytes = max_word_characters * _MAX_BYTES_PER_CHARACTER
    substitutes = {ord(k): stand_in for k, stand_in in stand_ins.items()}
    vocabulary = [piece.translate(substitutes) for piece in pieces]
    # The last two: split into words, no table for turning ids back into text.
    model = build_fast_wordpiece_model(vocabulary, max_bytes, _CONTINUATION, unknown, False, False)
    return {
        "model": np.frombuffer(model, np.uint8),
        "charmap": build_charmap(mapping),
        "reordered": np.array(reordered, np.int32),
    }


def _normalize_each(normalizer: normalizers.Normalizer, codepoints: list[int]) -> dict[int, str]:
    # One call for all is much faster than one each; the separator starts a new character for every rule of Unicode.
    asked = [c for c in codepoints if chr(c) != _SEPARATOR]
    answers = normalizer.normalize_str(_SEPARATOR.join(map(chr, asked))).split(_SEPARATOR)
    return {**dict(zip(asked, answers, strict=True)), ord(_SEPARATOR): _SEPARATOR}


def _punctuation(kept: set[str]) -> set[str]:
    text = _SEPARATOR.join(sorted(kept - {_SEPARATOR}))
    words = pre_tokenizers.BertPreTokenizer().pre_tokenize_str(f"{_SEPARATOR}{text}{_SEPARATOR}")
    return {word for word, _ in words if len(word) == 1 and word != _SEPARATOR}


def _is_cjk(character: str) -> bool:
    return any(first <= ord(character) <= last for first, last in CJK_RANGES)


def _tf_text_breaks(character: str) -> bool:
    """Whether TF Text, with whichever Unicode version, may take a character for a word by itself."""
    return _is_cjk(character) or unicodedata.category(character).startswith("P")


def _stand_ins(kept: list[str]) -> dict[str, str]:
    private = (chr(c) for block in _PRIVATE for c in block)
    return dict(zip(kept, private, strict=False))


def _reordered(kept: set[str]) -> list[int]:
    return sorted(ord(k) for k in kept if unicodedata.combining(k))
