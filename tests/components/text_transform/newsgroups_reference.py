"""The recipe ``newsgroups`` and stop words in plain Python, written from their description, not from the graph."""

import re
from collections.abc import Iterable

from tests.components.text_transform.texts import lower

_DELETED = "〜、。~*＊「」" + "\"#$%&'()+,/:;<=>@[]^_`{|}" + "＂＃＄％＆＇（）＋，／：；＜＝＞＠［＼］＾＿｀｛｜｝～"
_FULL = "".join(map(chr, range(0xFF01, 0xFF5F)))
_HALF = "".join(map(chr, range(0x21, 0x7F)))


def clean(text: str) -> str:
    """Runs the ten steps in their order."""
    text = lower(text)
    text = text.replace("\r\n", "")
    text = text.replace("\n", " ")
    text = re.sub(r"\d+", "0", text)
    text = text.translate({ord(character): None for character in _DELETED})
    text = text.translate(str.maketrans(_FULL, _HALF))
    text = text.replace("-", "")
    text = re.sub("[ \u3000]+", " ", text)
    text = re.sub("[.]+", ".", text)
    return text.replace("\t", "")


def without(text: str, words: Iterable[str]) -> str:
    """Drops words and empty strings between single spaces."""
    dropped = {*words, ""}
    return " ".join(word for word in text.split(" ") if word not in dropped)
