"""Texts on which tokenizers and cleaning go wrong, in readable escapes."""

ZWJ = "\u200d"

KANA = [
    "ｶﾞｷﾞｸﾞ ﾊﾟﾋﾟ ｳﾞ ﾞ ｱﾞ",  # half-width, with marks that make one kana of two characters
    "ﾞﾟ ｶ ﾞ ﾜﾞ ｦﾞ ｰﾞ ﾊﾞﾟ",
    "か\u3099は\u309aヴ ハ\u3099",
    "か\u3099\u0301 \u3099か ゛゜ か゛",
    "ーーーーーー ｰｰｰ 〜〜 ～～ 〆〇々 ゝゞ ヽヾ ヿ ゟ",
]
COMBINING = [
    "cafe\u0301 café E\u0301\u0327 a\u0327\u0301 o\u0308\u0304",
    "\u0301 leading and \u0301\u0302\u0303 stacked",
    "z\u0351\u036b\u0343\u0313\u0300\u0489 a\u034fb x\u20dd 1\ufe0f\u20e3",
    "ṩ s\u0323\u0307 s\u0307\u0323 ḍ\u0307 d\u0323\u0307 q\u0307\u0323",
    "\u0b47\u0b3e \u09c7\u09be \u0bc6\u0bd7 \u1b05\u1b35 \U000110a5\U000110ba",  # vowels of two parts
    "ไทย ภาษาไทย देवनागरी क्षि தமிழ் \u1b05\u1b44 \u302e\u1b44\u0301",
]
COMPATIBILITY = [
    "5″ 5\u2033 6‴ 7⁗ ‶ ′ 5'' 5``",
    "½ ² ³ ™ ㍻ ㌔ ㌫ ① ⑳ Ⅳ ㈱ ㊤ Å K Ω ℻ № ℃ …",
    "ﬁ ﬂ ﬃ ﬅ ﷺ ﷽ ĳ ŉ ǆ ſ ẛ\u0323 ﬗ",
    "ＦＵＬＬ Ｗｉｄｔｈ １，２３４．５６ ｆｕｌｌ！？＂＇｀｀＇＇",
    "\u00b4 \u00a8 \u00b8 \u02d8 \u037a \u1fbd \u1fef \u2017 \u203e",  # a space and a mark each
    "𝐁𝐨𝐥𝐝 𝓢𝓬𝓻𝓲𝓹𝓽 𝟙𝟚𝟛 ⓐⓑ 🄰 🅱 ㊙",
]
EMOJI = [
    f"👩{ZWJ}👩{ZWJ}👧{ZWJ}👦 👨{ZWJ}💻 🏳\ufe0f{ZWJ}🌈",
    "👍🏽 👍🏿 🤝🏻 🧑🏾 \U0001fae0",
    "🇯🇵 🇬🇧🇫🇷 🇯 🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f",
    "☺ ☺\ufe0f ☺\ufe0e ❤\ufe0f\u200d🔥 #\ufe0f\u20e3",
]
CHINESE = [
    "𠮷野家 𪚥 𫝀 叱る 侮\ufe00 豈 \U0002f800",
    "\u9fff\u3400\u4dbf\U00020000\U0002a6df\U0002a700\U0002b73f\U0002b740\U0002b820\U0002ceaf",
    "\U0002ceb0\U0002ebe0\U00030000\U0003134a\U0002fa1d\ufa0e \ufa0e",  # extensions F and G, compatibility
    "葛\U000e0100城 辻\U000e0101 ⺀ ⼀ 〇 〡 ㄅㄆ ㋿",
]
INVISIBLE = [
    "a\0b \0 \0\0c",
    "a\x0bb a\x0cb a\x1cb a\x1db a\x1eb a\x1fb a\x7fb a\x85b a\x9fb",
    "a\x01b \x02 \x08c \x1b[31m",
    "zero\u200bwidth joi\u200dner non\u200cjoiner bom\ufeff mark\u200e \u2060 soft\u00adhyphen",
    "\ufeffBOM at the start",
    "\u061c\u180e\u2061\u2062\u2063\u2064\u206a\u206f\ufff9a\ufffab\ufffb",
    "tag\U000e0041\U000e007f \U000e0001",
    "Line one\r\nline two\nline three\rline four\ttab\u2028five\u2029six",
]
SPACES = [
    "",
    " ",
    "   \t \r\n ",
    "\u3000",
    "\u3000\u3000 \u3000",
    "  leading, trailing  ",
    "\tleading tab",
    "　全角　　スペース　と ASCII  spaces\u00a0\u2003\u2028\u2029\u3000\u1680end\u205f\u202f.",
]
RIGHT_TO_LEFT = [
    "עברית עם נִקּוּד וعَرَبِيّ mixed עם English",
    "\u202eabc\u202c \u2066אב\u2069 ﺍﻟﻌﺮﺑﻴﺔ \ufb1d \ufb4f",
    "٠١٢٣ ۴۵۶ ،؛؟ \u200f.",
]
CASE = [
    "İstanbul ISTANBUL ıI i\u0307 ß ẞ straße STRASSE ŉ ǰ ΐ",
    "ΑΣ ΑΣΑ Σ ΌΣΟΣ ΣΣ ΑΣ. ΑΣ' ΑΣ'Α ΑΣ\u0301 Α\u0301Σ ΑΣ1 Ας ας",
    "Α\U0001d6ba \U0001d6ba Α\U0001d6baΑ x\U0001d6f4, \U0001d6ba\U0001d6ba ϹϺ ϲ \u03f4",  # sigmas of mathematics
    "ǅ ǈ ǋ ǲ ᾈ ᾳ Ⓐ ⓐ Ꭰ ꭰ Ა ა Ɐ ẞ Ɜ 𐐀 𐐨 𞤀 𞤢",
    "MiXeD CaSe",
]
HANGUL = [
    "한국어 조합 각 가\u11a8 ᄀ\u1161\u11a8 ᄀ\u1161 \u1161\u11a8",
    "ᄀ\u1161\u3099\u11a8 ㄱㅏㄱ ﾡￂﾡ ㉠㉮ ㈀ \u3164 \uffa0 \u115f\u1160",
    "ꥠ\ud7b0\ud7cb ᄓ\u1161 힣 \ud7a3\u11a7",
]
PUNCTUATION = [
    "。、「」『』【】・！？…―—–‐-",
    "「か」『き』【く】。。、、",
    "``quoted'' ''x'' ``` ''' `' it's don’t “a” «b» ‘‘c’’",
    "\U000110bd \u0600 \u2e43 \ua8fc \U0001e95e \u08d3x \u00a7 \u00b6 \u05be \u1360",
    "http://example.org/~a?b=c&d=[e] a_b@c.d C++ C# $5 50% #tag @me ^ ` | ~ < > = +",
    "¡hola! ¿qué? †‡ •·‧ ₤€¥￥ ©® ×÷ ←→",
]
NUMBERS = [
    "1,234 １，２３４ 3.14 -5 1, 2, 9, x9, 12,345,678 45, 30, 1,,2",
    "٣٤٥ १२३ ๔๕๖ ৭৮৯ ၁၂ ０１２ 𝟎𝟏 ²,³, ①, ½, ٣, १,",
    "2024-05-17 12:34:56 +81-3-1234-5678 1e10 0x1F 1st №5,",
]
RARE = [
    "\ufffd lone \ufffd\ufffd replacement",
    "\ue000 \uf8ff \U000f0000 \U0010fffd private",
    "\u0378 \U0001ffff \U0003fffe \U000e0fff \ufdd0 \uffff \U0010ffff unassigned",
    "\U00012000 \U00013000 \U0001f700 \U00016800 \U00018800",
    "\u1c80 \U0001dfff \U00011fd0 \u2c2f \ua7c0 \U0001e6c0",  # newer than some tables
]
LONG = [
    "あ" * 250,
    "x" * 99 + " " + "x" * 100 + " " + "x" * 101,
    "é" * 100 + " " + "é" * 101 + " " + "e\u0301" * 100 + " " + "e\u0301" * 101,
    "あ" * 100 + "、" + "あ" * 101 + "。" + "𐐨" * 100 + " " + "𐐨" * 101,
    "y" * 300 + "," + "漢" * 120 + "カ" * 99 + "漢" + "カ" * 101,
    "word" * 60 + " " + "単語" * 120,
    "!" * 2_000,
    "a" * 5_000 + " b",
    "。" * 3_000 + "…" * 500,
    "wwwwwww 0000000 !!!!! 。。。。 …… " * 20,
    " " * 3_000 + "end",
]
LITERAL = [
    "[MASK] [SEP] [CLS] [PAD] [UNK] <unk> <pad> </s> <s> <mask> <extra_id_0> <cls> <sep> <eop>",
    "a[SEP]b</s>c<pad>d[MASK]e<mask>f",
    "[mask] [sep] [ MASK ] <MASK> ＜mask＞ ［SEP］",
    "##ing ## ing##s ##",
    "▁already ▁▁ marked \u2581 a▁b▁",
    "<0x41> <0xE3><0x81><0x82> >>en<< fra",
    "[unused1] [unused id 3] [unused-id-3] <|endoftext|>",
]

HARD = [
    case
    for cases in (
        KANA,
        COMBINING,
        COMPATIBILITY,
        EMOJI,
        CHINESE,
        INVISIBLE,
        SPACES,
        RIGHT_TO_LEFT,
        CASE,
        HANGUL,
        PUNCTUATION,
        NUMBERS,
        RARE,
        LONG,
        LITERAL,
    )
    for case in cases
]
"""Valid texts."""

INVALID_UTF8 = [
    b"\xff",
    b"ab\xc3",
    b"\xe3\x81 \xe3\x81\x82",
    b"\xed\xa0\x80x",  # a surrogate without its other half
    b"\xed\xa0\xbd\xed\xb8\x80",  # a pair of surrogates, each encoded by itself
    b"\xf5\x80\x80\x80",
    b"\xf4\x90\x80\x80",
    b"a\xc0\x80b",
    b"\x80\x81",
    b"\xf0\x9f\x98 \xf0\x9f\x98\x80 \xf0\x9f",
    "日本語".encode("shift_jis"),
    "café".encode("latin-1"),
]
"""Byte strings that are not UTF-8."""

CASES: list[str | bytes] = [*HARD, *INVALID_UTF8]
