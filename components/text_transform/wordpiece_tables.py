"""Makes the tables of `components.text_transform.wordpiece` by asking the reference library about every character."""

import functools
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from tensorflow_text.core.pybinds.pywrap_fast_wordpiece_tokenizer_model_builder import build_fast_wordpiece_model
from tokenizers import normalizers, pre_tokenizers

from components.errors import ConfigError
from components.text_transform.characters import SURROGATES
from components.text_transform.charmap import build_charmap
from components.text_transform.wordpiece import CJK_RANGES, MOST_CHARACTERS

_INSPECTED = (range(0x40000), range(0xE0000, 0xE1000))
_PRIVATE = (range(0xF0000, 0xFFFFE), range(0x100000, 0x10FFFE))
_SEPARATOR = "0"
_CONTINUATION = "##"
_ACUTE_ACCENT = 0x301
_MAX_BYTES_PER_CHARACTER = 4
_MOST_PIECE_BYTES = 256
_NEVER = chr(0x10FFFC)


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

    Raises:
        ConfigError: If a piece that texts may hold is too long.
    """
    characters = _characters(lowercase, strip_accents, cjk_splitting)
    max_bytes = min(max(max_word_characters, 1), MOST_CHARACTERS) * _MAX_BYTES_PER_CHARACTER
    substitutes = {ord(k): stand_in for k, stand_in in characters.stand_ins.items()}
    met = _Words(characters.kept, characters.breaks, max_word_characters)
    vocabulary = [
        piece.translate(substitutes) if piece == unknown or met(piece) else _never_met(index)
        for index, piece in enumerate(pieces)
    ]
    _check_lengths(pieces, vocabulary)
    # The last two: split into words, no table for turning ids back into text.
    model = build_fast_wordpiece_model(vocabulary, max_bytes, _CONTINUATION, unknown, False, False)
    return {
        "model": np.frombuffer(model, np.uint8),
        "charmap": characters.charmap,
        "reordered": np.array(characters.reordered, np.int32),
    }


@dataclass(frozen=True)
class _Characters:
    """What the reference does with characters, under one kind of normalization.

    Attributes:
        kept: Those that normalized texts hold.
        breaks: Those of them that are words by themselves.
        stand_ins: What takes the place of those at which TF Text splits and the reference does not.
        charmap: The table of replacements.
        reordered: Code points that the normalization may reorder.
    """

    kept: set[str]
    breaks: set[str]
    stand_ins: dict[str, str]
    charmap: np.ndarray
    reordered: list[int]


@functools.cache
def _characters(lowercase: bool, strip_accents: bool | None, cjk_splitting: bool) -> _Characters:
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
    return _Characters(kept, breaks, stand_ins, build_charmap(mapping), reordered)


def _check_lengths(pieces: Sequence[str], vocabulary: Sequence[str]) -> None:
    for index, piece in enumerate(vocabulary):
        if (length := len(piece.removeprefix(_CONTINUATION).encode())) > _MOST_PIECE_BYTES:
            raise ConfigError(
                "tokenizer.source",
                f"piece {index} of the vocabulary, {pieces[index][:20]!r}…, has {length} bytes, but TensorFlow Text "
                f"takes {_MOST_PIECE_BYTES} at most: take another tokenizer",
            )


class _Words:
    """Tells the pieces that a word of the reference may hold from the others.

    The reference splits texts at white space, punctuation and Chinese characters before it looks for pieces. TF Text
    does so while it looks for them, and would find a piece across a split.
    """

    def __init__(self, kept: set[str], breaks: set[str], longest: int) -> None:
        self._spaces = {k for k in kept if k.isspace()}
        self._kept, self._breaks, self._longest = kept, breaks, longest

    def __call__(self, piece: str) -> bool:
        word = piece.removeprefix(_CONTINUATION)
        if not word or len(word) > self._longest or not all(map(self._is_met, word)):
            return False
        return len(piece) == 1 or self._breaks.isdisjoint(word)

    def _is_met(self, character: str) -> bool:
        inspected = any(ord(character) in block for block in _INSPECTED)
        private = any(ord(character) in block for block in _PRIVATE)
        return (character in self._kept and character not in self._spaces) if inspected else not private


def _never_met(index: int) -> str:
    """Stands for a piece that no text has: all different, and of private characters, which are deleted from texts."""
    high, low = divmod(index, len(_PRIVATE[0]))
    return f"{_NEVER}{chr(_PRIVATE[0][high])}{chr(_PRIVATE[0][low])}"


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
