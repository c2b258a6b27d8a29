"""Cutting many texts into windows that fit into memory, however long the texts are."""

from collections.abc import Iterator

import numpy as np


def windows(texts: np.ndarray, count: int, size: int) -> Iterator[slice]:
    """Cuts texts into windows in their order.

    Args:
        texts: UTF-8 bytes, object array of shape ``[n]``.
        count: Most texts of a window.
        size: Most bytes of a window of two texts or more.

    Example:
        >>> list(windows(np.array([b"aaa", b"b", b"ccc"]), count=2, size=5))
        [slice(0, 2, None), slice(2, 3, None)]
    """
    start, total = 0, 0
    for place, text in enumerate(texts):
        if place > start and (place - start == count or total + len(text) > size):
            yield slice(start, place)
            start, total = place, 0
        total += len(text)
    if start < len(texts):
        yield slice(start, len(texts))
