r"""Sets of characters, spelled out as RE2 classes.

RE2's own classes (``\d``, ``\p{..}``) follow the Unicode version that it was built with, which differs between
TensorFlow and TF Serving. Spelled-out ranges mean the same everywhere.
"""

import functools
import sys
import unicodedata
from collections.abc import Iterable

SURROGATES = range(0xD800, 0xE000)
FULL_WIDTH = range(0xFF01, 0xFF5F)
"""The full-width forms of the printable ASCII characters."""
FULL_TO_HALF = 0xFF01 - 0x21

_KEPT_SYMBOLS = set(".-!?．－！？\\")
_MORE_SYMBOLS = "〜、。~*＊「」"


@functools.cache
def decimal_digits() -> str:
    r"""The RE2 class of all Unicode decimal digits, which is Python's ``\d``."""
    return regex_class(c for c in _all_codepoints() if unicodedata.category(chr(c)) == "Nd")


@functools.cache
def whitespace() -> str:
    """The RE2 class of what ``str.split`` splits at."""
    return regex_class(c for c in _all_codepoints() if chr(c).isspace())


@functools.cache
def symbols() -> str:
    """The RE2 class of what the step ``drop_symbols`` deletes.

    All ASCII symbols in half and full width but ``. - ! ?``, and some Japanese punctuation. The half-width backslash
    stays: the character class of the write-up that this follows loses it to escaping, the full-width one it has.
    """
    ascii_symbols = [c for c in range(0x21, 0x7F) if not chr(c).isalnum()]
    both = [*ascii_symbols, *(c + FULL_TO_HALF for c in ascii_symbols), *map(ord, _MORE_SYMBOLS)]
    return regex_class(c for c in both if chr(c) not in _KEPT_SYMBOLS)


def compatibility_decompositions() -> dict[int, str]:
    """Every character that NFKC takes apart for compatibility, with its full decomposition."""
    return {
        c: unicodedata.normalize("NFKD", chr(c))
        for c in _all_codepoints()
        if unicodedata.normalize("NFKD", chr(c)) != unicodedata.normalize("NFD", chr(c))
    }


def regex_class(codepoints: Iterable[int], negated: bool = False) -> str:
    r"""Writes a set of code points as an RE2 character class.

    Args:
        codepoints: The set, in any order.
        negated: Whether the class is of all others.

    Returns:
        The class in brackets, for example ``[\x{30}-\x{39}]``.
    """
    ranges: list[list[int]] = []
    for codepoint in sorted(set(codepoints)):
        if ranges and codepoint == ranges[-1][1] + 1:
            ranges[-1][1] = codepoint
        else:
            ranges.append([codepoint, codepoint])
    return "[" + "^" * negated + "".join(f"\\x{{{a:x}}}-\\x{{{b:x}}}" for a, b in ranges) + "]"


def _all_codepoints() -> Iterable[int]:
    return (c for c in range(sys.maxunicode + 1) if c not in SURROGATES)
