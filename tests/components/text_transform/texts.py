"""Random texts, shared by the tests of this node and of the tokenizer's."""

from hypothesis import strategies

from tests.components.tokenizer.hard_cases import HARD

_INTERESTING = sorted(set("".join(HARD)) | set("aAzZ09éÉあアー漢字。、！？ｱﾞ"))
# Capital letters that Unicode 14 brought. TensorFlow's tables, up to 2.21, are older; Python's, from 3.11 on, are not.
_NEW_CAPITALS = [0x2C2F, 0xA7C0, 0xA7D0, 0xA7D6, 0xA7D8, *range(0x10570, 0x10596)]
_HIDDEN = {capital: 0x4BAE9 + n for n, capital in enumerate(_NEW_CAPITALS)}  # unassigned, in no other test
_SHOWN = {hidden: capital for capital, hidden in _HIDDEN.items()}


def lower(text: str) -> str:
    """`str.lower` with the tables of Unicode 13."""
    return text.translate(_HIDDEN).lower().translate(_SHOWN)


def texts() -> strategies.SearchStrategy[list[str]]:
    """Draws lists of texts: any Unicode, or mixtures of the characters of `HARD`."""
    text = strategies.text(max_size=30) | strategies.text(strategies.sampled_from(_INTERESTING), max_size=40)
    return strategies.lists(text, min_size=1, max_size=20)
