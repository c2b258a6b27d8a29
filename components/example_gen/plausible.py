"""Whether the characters that an encoding gives look like text of a language that is written in it."""

import codecs
import re
from collections import Counter
from collections.abc import Callable
from typing import BinaryIO, Protocol

from components.example_gen.opening import BUFFER

MOST_ODD_LINES = 0.05
"""Share of the lines of a file that may look odd, or cannot be decoded, before an encoding is ruled out."""
_FEW_LINES = 10  # of so many lines one may be odd, of fewer none

_LEAST_KANA = 0.05  # of the characters beyond ASCII in Japanese text
_LEAST_COMMON = 0.9  # kana, kanji and their punctuation, of the characters beyond ASCII in Japanese text
_LEAST_COMMON_OF_16 = 0.7  # letters, signs and kanji in use, of the characters of text in UTF-16
_MOST_ACCENTED = 0.3  # letters beyond ASCII, and signs, by letter in a language of western Europe
_MOST_ACCENTED_OF_FEW, _FEW_LETTERS = 0.7, 20  # as in "été"
_LEVEL_1 = re.compile(rb"(?:[\x88-\x97][\x40-\xfc]|\x98[\x40-\x72])")  # of cp932: the kanji in common use
_ALPHABETS = (
    "àâæçéèêëîïôœùûüÿ",  # French
    "äöüßé",  # German
    "áéíñóúü",  # Spanish
    "àáâãçéêíóôõúü",  # Portuguese
    "àèéìíîòóùú",  # Italian
    "åäöéæøüà",  # Swedish, Danish, Norwegian, Finnish
    "áæéíðóúýþö",  # Icelandic
    "àçèéíïòóúü",  # Catalan
    "áäéëèêïíöóüúô",  # Dutch, Afrikaans
    "šžäõöüé",  # Estonian
)
_SIGNS = set("€‚„…‹›‘’“”•–—™¡¢£¥§¨©ª«¬\xad®¯°±²³´µ¶·¸¹º»¼½¾¿×÷‰†‡\xa0")
_JOINING = set("’´·\xad")  # signs that stand within words
_OPENING = set("‚„¡¿")  # signs that stand before words
_WORD_PARTS = re.compile(r"[^\W\d_]+")


def most_odd(lines: int) -> float:
    """How many of so many lines may look odd."""
    return max(1, lines * MOST_ODD_LINES) if lines >= _FEW_LINES else 0


class EvidenceOf(Protocol):
    """What speaks for and against an encoding, gathered line by line."""

    def add(self, line: bytes, encoding: str, look: bool) -> None:
        """Takes in one line that is not ASCII; its characters are looked at if ``look``."""

    def fits(self) -> bool:
        """Whether the lines so far are text in this encoding."""


class Japanese:
    """Kana among kanji."""

    def __init__(self) -> None:
        self._lines = self._bad = 0
        self._kana = self._common = self._all = self._level_1 = 0

    def add(self, line: bytes, encoding: str, look: bool) -> None:
        """See `EvidenceOf`."""
        self._lines += 1
        try:
            text = line.decode(encoding)
        except UnicodeDecodeError:
            self._bad += 1
            return
        if not look:
            return
        for character, count in Counter(text).items():
            if character.isascii():
                continue
            self._all += count
            kana = "\u3041" <= character <= "\u30ff"
            self._kana += count * kana
            self._common += count * (
                kana
                or "\u4e00" <= character <= "\u9fff"
                or "\u3000" <= character <= "\u303f"
                or "\uff01" <= character <= "\uff5e"
                or character in "…‥―‐–—‘’“”→←↑↓○●◎△▲▽▼□■☆★※♪×÷①②③④⑤⑥⑦⑧⑨⑩"
            )
        if encoding == "cp932":
            self._level_1 += len(_LEVEL_1.findall(line))

    def fits(self) -> bool:
        """See `EvidenceOf`."""
        if not self._all or self._bad > most_odd(self._lines):
            return False
        if self._common < self._all * _LEAST_COMMON:
            return False
        return self._kana >= self._all * _LEAST_KANA or self._level_1 >= self._all * _LEAST_COMMON


class WestEuropean:
    """Words whose accented letters all belong to one language, and signs between words."""

    def __init__(self) -> None:
        self._lines = self._odd = 0
        self._letters = self._accented = self._signs = 0

    def add(self, line: bytes, encoding: str, look: bool) -> None:
        """See `EvidenceOf`."""
        self._lines += 1
        try:
            text = line.decode(encoding).lower()
        except UnicodeDecodeError:
            self._odd += 1
            return
        if look and not self._is_text(text):
            self._odd += 1

    def fits(self) -> bool:
        """See `EvidenceOf`."""
        if self._odd > most_odd(self._lines):
            return False
        most = _MOST_ACCENTED if self._letters >= _FEW_LETTERS else _MOST_ACCENTED_OF_FEW
        return 0 < self._accented + self._signs <= self._letters * most

    def _is_text(self, text: str) -> bool:
        accented = {one for one in text if not one.isascii() and one.isalpha() and one not in _SIGNS}
        for place, one in enumerate(text):
            if one.isascii() or one in accented:
                continue
            within = 0 < place < len(text) - 1 and text[place - 1].isalpha() and text[place + 1].isalpha()
            behind = one in _OPENING and place > 0 and text[place - 1].isalpha()
            if one not in _SIGNS or behind or (within and one not in _JOINING):
                return False
        letters = sum(map(len, _WORD_PARTS.findall(text)))
        self._letters += letters
        self._accented += sum(map(text.count, accented))
        self._signs += sum(map(text.count, _SIGNS))
        return any(accented <= set(alphabet) for alphabet in _ALPHABETS)


CHECKS: dict[str, Callable[[], EvidenceOf]] = {"cp932": Japanese, "euc_jp": Japanese, "cp1252": WestEuropean}


def looks_like_utf16(opener: Callable[[], BinaryIO], encoding: str) -> bool:
    """Whether bytes are text in UTF-16 of this byte order.

    In the wrong order, ASCII and kana become rare characters, and there is neither a space nor a line end.

    Args:
        opener: Opens the file.
        encoding: ``utf-16-le`` or ``utf-16-be``.
    """
    characters: Counter[str] = Counter()
    decoder = codecs.getincrementaldecoder(encoding)("replace")
    with opener() as stream:
        while block := stream.read(BUFFER):
            characters.update(decoder.decode(block))
    characters.update(decoder.decode(b"", final=True))
    everything = sum(characters.values())
    common = sum(
        count
        for one, count in characters.items()
        if " " <= one <= "~" or "\xa0" <= one <= "\u024f" or "\u2010" <= one <= "\u2027" or one in "\t\r\n\ufeff"
        or "\u3000" <= one <= "\u30ff" or "\u4e00" <= one <= "\u9fff" or "\uff01" <= one <= "\uff9f"
    )  # fmt: skip
    marks = sum(characters[one] for one in " \n\r,、。")
    odd = characters["\0"] + characters["\ufffd"]
    return everything > 0 and common >= everything * _LEAST_COMMON_OF_16 and marks > 0 and odd <= everything * 0.01
