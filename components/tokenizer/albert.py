"""What ALBERT's tokenizer does beside SentencePiece, as tables."""

import sys
import unicodedata
from dataclasses import dataclass

import numpy as np
import sentencepiece
from transformers import PreTrainedTokenizerBase

from components.text_transform.characters import SURROGATES
from components.tokenizer.sentencepiece_layout import SentencePieceLayout
from components.tokenizer.sentencepiece_model import load
from components.tokenizer.support import unsupported

_SPACE_MARK = "▁"
_COMMA = ","
_CAPITAL_SIGMA = "Σ"


@dataclass(frozen=True)
class AlbertOptions:
    """The options of ``AlbertTokenizer``.

    Attributes:
        lowercase: Whether text is lower-cased.
        keep_accents: Whether compatibility characters and accents stay as they are.
        remove_space: Whether runs of white space count as one space.
    """

    lowercase: bool
    keep_accents: bool
    remove_space: bool

    @property
    def final_sigma(self) -> bool:
        """Whether the replacements leave capital sigmas to be lower-cased."""
        return self.lowercase and not self.keep_accents

    def replacements(self) -> dict[int, str]:
        """Gives the code points that are replaced, and by which strings.

        transformers lower-cases each character by itself, decomposes, drops combining marks, and lower-cases what the
        decomposition brought about: as a whole text, so that the place of a sigma counts.
        """
        codepoints = (c for c in range(sys.maxunicode + 1) if c not in SURROGATES)
        return {c: image for c in codepoints if (image := self._replace(chr(c))) != chr(c)}

    def _replace(self, character: str) -> str:
        text = character.lower() if self.lowercase else character
        if self.keep_accents:
            return text
        kept = [c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c)]
        return "".join(c.lower() if self.lowercase and c != _CAPITAL_SIGMA else c for c in kept)


def albert_options(tokenizer: PreTrainedTokenizerBase) -> AlbertOptions:
    """Reads the options of a tokenizer.

    Args:
        tokenizer: ``AlbertTokenizer``, or ``BertJapaneseTokenizer`` with SentencePiece alone.

    Returns:
        The options.

    Raises:
        ConfigError: If it is a ``BertJapaneseTokenizer`` of another kind.
    """
    if hasattr(tokenizer, "keep_accents"):
        return AlbertOptions(tokenizer.do_lower_case, tokenizer.keep_accents, tokenizer.remove_space)
    words = tokenizer.word_tokenizer_type if tokenizer.do_word_tokenize else "no"
    if tokenizer.do_word_tokenize or tokenizer.subword_tokenizer_type != "sentencepiece":
        raise unsupported(f"BertJapaneseTokenizer with {words} words and {tokenizer.subword_tokenizer_type} pieces")
    inner = tokenizer.subword_tokenizer
    return AlbertOptions(tokenizer.do_lower_case, inner.keep_accents, inner.remove_space)


def split_numbers(layout: SentencePieceLayout) -> tuple[np.ndarray, np.ndarray]:
    """Finds what takes the place of each piece: itself, or, if it ends in a digit and a comma, others.

    Args:
        layout: The layout.

    Returns:
        The ids (int32) of all pieces one after the other, and where those of each begin, closed by the length (int64).

    Raises:
        ConfigError: If the model has no piece for the comma. Then it may be unknown together with a digit before it,
            and what the two become could not be told from the id of the unknown piece.
    """
    processor = load(layout.model)
    size = processor.get_piece_size()
    if processor.is_unknown(processor.piece_to_id(_COMMA)) and not any(map(processor.is_byte, range(size))):
        raise unsupported("a tokenizer of ALBERT's kind whose model has no piece for the comma")
    ids = layout.ids.tolist() or list(range(size))
    rows = [[ids[index]] for index in range(size)]
    for index in range(size):
        piece = processor.id_to_piece(index)
        if len(piece) > 1 and piece[-1] == _COMMA and piece[-2].isdigit():
            rows[index] = [ids[processor.piece_to_id(part)] for part in _split_number(processor, piece)]
    starts = np.cumsum([0, *map(len, rows)])
    return np.array([index for row in rows for index in row], np.int32), starts.astype(np.int64)


def _split_number(processor: sentencepiece.SentencePieceProcessor, piece: str) -> list[str]:
    """Splits the comma off, and encodes what is before it anew, with a space before it if the piece has one."""
    first, *rest = processor.encode(piece[:-1].replace(_SPACE_MARK, ""), out_type=str)
    if not piece.startswith(_SPACE_MARK) and first.startswith(_SPACE_MARK):
        first = first[1:]
    return [*([first] if first else []), *rest, _COMMA]
