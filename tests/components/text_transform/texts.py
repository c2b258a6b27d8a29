"""Random texts, shared by the tests of this node and of the tokenizer's."""

from hypothesis import strategies

from tests.components.tokenizer.hard_cases import HARD

_INTERESTING = sorted(set("".join(HARD)) | set("aAzZ09éÉあアー漢字。、！？ｱﾞ"))


def texts() -> strategies.SearchStrategy[list[str]]:
    """Draws lists of texts: any Unicode, or mixtures of the characters of `HARD`."""
    text = strategies.text(max_size=30) | strategies.text(strategies.sampled_from(_INTERESTING), max_size=40)
    return strategies.lists(text, min_size=1, max_size=20)
