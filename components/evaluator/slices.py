"""The parts of the split that a model is judged on by themselves.

Their bounds are fixed, so that the slices of two runs compare.
"""

LABEL, TEXT_LENGTH, UNKNOWN_TOKENS = "label", "text length", "unknown tokens"

_LENGTHS = (16, 64, 256, 1024, 4096)  # characters: a word or two, a sentence, a paragraph, a page
_SHARES = (0.0, 0.01, 0.05, 0.2)


def text_length(characters: int) -> str:
    """The slice of a text by its length.

    Example:
        >>> text_length(len("京都のお寺で抹茶をいただきました。"))
        '16 to 63 characters'
    """
    low = 0
    for high in _LENGTHS:
        if characters < high:
            return f"{low} to {high - 1} characters"
        low = high
    return f"{low} characters or more"


def unknown_tokens(unknown: int, tokens: int) -> str:
    """The slice of a text by the share of its tokens that the vocabulary does not have.

    Args:
        unknown: Number of unknown tokens.
        tokens: Number of all tokens that the model read.

    Example:
        >>> unknown_tokens(1, 20)
        'over 1% to 5%'
    """
    share = unknown / max(tokens, 1)
    low = 0.0
    for high in _SHARES:
        if share <= high:
            return f"over {low:.0%} to {high:.0%}" if high else "none"
        low = high
    return f"over {low:.0%}"


def order() -> list[str]:
    """All values of the slices by length and by unknown tokens, in their order."""
    lengths = [text_length(bound) for bound in (0, *_LENGTHS)]
    shares = [unknown_tokens(round(bound * 100), 100) for bound in (*_SHARES, 1.0)]
    return lengths + shares
