"""Texts on which two tokenizers of one vocabulary are compared."""

import unicodedata
from collections.abc import Collection, Sequence

_MOST = 24  # of the pieces, and of the special tokens
_LONGEST = 100  # characters of a piece
_NEWER_OR_HALF = ("Cn", "Cs")
"""Categories of what libraries may disagree about for good reasons: newer characters, and halves of surrogates."""

PLAIN = {
    "lower case": ("the old temples of the city", "words and letters", "it was not far from here", "a small room"),
    "capitals": ("The Old Temples", "KYOTO STATION", "Words And Letters", "NOT FAR FROM HERE"),
    "Japanese": ("京都の古い寺を見ました。", "部屋はきれいで静かです。", "カタカナとひらがな", "東京から大阪まで"),
    "accents": ("café naïve", "École déjà vu", "über größer", "señor mañana"),
    "numbers": ("in 1987 and 2024", "3.14 or 50%", "No. 7, page 12", "10 x 20 = 200"),
    "punctuation": ("Yes, please!", "(why?)", "one; two: three", "first - second"),
}
"""By kind. No tokenizer has a reason to differ from its own fast version on half of the texts of any kind."""
_HARD = (
    *("", " ", "  two  spaces ", "\ttab\nline", "　全角　スペース　", "京都 Kyoto 京都。", "漢字カナかなABC"),
    *("ｶﾞｷﾞ ﾊﾟﾋﾟ ｱ", "が\u3099は\u309a", "cafe\u0301 E\u0301\u0327", "İstanbul ΑΣ Straße ẞ", "ＦＵＬＬ Ｗｉｄｔｈ １２"),
    *("👩\u200d👧 👍🏽 ☺\ufe0f", "``quoted'' “x” ‘y’ …", "1,234 9, ½ ² ㍿ ①", "zero\u200bwidth soft\u00adhyphen"),
    *("한국어 각", "▁mark ▁▁ a▁b", "##ing a##b", "don't we'll", "a\u0000b \ufffd"),
)


def make(pieces: Sequence[str], whole: Collection[str]) -> list[str]:
    """Makes texts of a vocabulary.

    Args:
        pieces: The vocabulary, in order of ids; some of it, evenly drawn, is met in the texts.
        whole: Pieces that texts should have in them as they are: special tokens, for example.

    Returns:
        About a hundred short texts.
    """
    words = [piece.removeprefix("##").replace("▁", " ") for piece in _drawn(pieces)]
    triples = [words[at : at + 3] for at in range(0, len(words), 3)]
    inside = [text for token in _drawn(sorted(whole)) for text in (token, f"The{token}old {token} 京{token}")]
    texts = [
        *(text for kind in PLAIN.values() for text in kind),
        *_HARD,
        *words,
        *(word.title() for word in words),
        *map("".join, triples),
        *map(" ".join, triples),
        *inside,
    ]
    return [text for text in texts if not any(unicodedata.category(c) in _NEWER_OR_HALF for c in text)]


def _drawn(pieces: Sequence[str]) -> list[str]:
    step = -(-len(pieces) // _MOST) or 1
    return [piece[:_LONGEST] for piece in pieces[step // 2 :: step]]
