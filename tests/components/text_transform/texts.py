"""Texts on which tokenizers and cleaning go wrong, shared by the tests of both nodes."""

from hypothesis import strategies

HARD = [
    "",
    " ",
    "   \t \r\n ",
    "ｶﾞｷﾞｸﾞ ﾊﾟﾋﾟ ｳﾞ ﾞ ｱﾞ",
    "か\u3099は\u309aヴ ハ\u3099",
    "cafe\u0301 café E\u0301\u0327 a\u0327\u0301 o\u0308\u0304",
    "\u0301 leading and \u0301\u0302\u0303 stacked",
    "5″ ﬁ ﬂ ﷺ ½ ² ™ ㍻ ㌔ ① Ⅳ ㈱ Å K Ω",
    "👩‍👩‍👧‍👦 👍🏽 🇯🇵 ☺️ 🫠",
    "𠮷野家 𪚥 𫝀 叱る 侮\ufe00 豈 \U0002f800",
    "a\0b a\x0bb a\x0cb a\x1cb a\x7fb a\x85b a\x9fb",
    "zero\u200bwidth joi\u200dner non\u200cjoiner bom\ufeff mark\u200e \u2060 soft\u00adhyphen",
    "עברית עם נִקּוּד وعَرَبِيّ mixed עם English",
    "İstanbul ISTANBUL ıI ß ẞ straße ΑΣ ΑΣΑ Σ ΌΣΟΣ ǅ ŉ",
    "\ufffd lone \ufffd\ufffd replacement",
    "あ" * 250,
    "x" * 100 + " " + "x" * 101 + " " + "é" * 100 + " " + "é" * 101 + " " + "あ" * 100 + "、" + "あ" * 101,
    "y" * 300 + "," + "漢" * 120 + "カ" * 99 + "漢" + "カ" * 101,
    "1,234 １，２３４ ٣٤٥ १२३ 3.14 -5 1, 2,",
    "``quoted'' ''x'' it's don’t “a” «b» 「か」『き』【く】",
    "[MASK] [SEP] [CLS] [PAD] [UNK] <unk> <pad> </s> <s> <mask>",
    "▁already ▁▁ marked \u2581",
    "　全角　　スペース　と ASCII  spaces\u00a0\u2003\u2028\u2029\u3000\u1680end",
    "ーーーーーー wwwwwww !!!!! 。。。。 …… ～～ 〜〜 〆〇々",
    "http://example.org/~a?b=c&d=[e] a_b@c.d C++ C# $5 50% #tag @me",
    "한국어 조합 각 ᄀ\u1161\u11a8",
    "ไทย ภาษาไทย देवनागरी क्षि தமிழ் \u1b05\u1b44 \u302e\u1b44\u0301",
    "\U000110bd \u0600 \u2e43 \ua8fc \U0001e95e \u08d3x",
    "Line one\r\nline two\nline three\rline four\ttab",
    "MiXeD CaSe ＦＵＬＬ Ｗｉｄｔｈ",
]
"""Valid texts."""

INVALID_UTF8 = [
    b"\xff",
    b"ab\xc3",
    b"\xe3\x81 \xe3\x81\x82",
    b"\xed\xa0\x80x",
    b"\xf5\x80\x80\x80",
    b"a\xc0\x80b",
    b"\x80\x81",
]
"""Byte strings that are not UTF-8, an encoded surrogate among them."""

_INTERESTING = sorted(set("".join(HARD)) | set("aAzZ09éÉあアー漢字。、！？ｱﾞ"))


def texts() -> strategies.SearchStrategy[list[str]]:
    """Draws lists of texts: any Unicode, or mixtures of the characters of `HARD`."""
    text = strategies.text(max_size=30) | strategies.text(strategies.sampled_from(_INTERESTING), max_size=40)
    return strategies.lists(text, min_size=1, max_size=20)
