"""How texts are put into one call of a model."""

from collections.abc import Iterable, Iterator
from typing import TypeVar

TextT = TypeVar("TextT", str, bytes)
_LARGEST = 1 << 20  # characters, padding counted


def batches(texts: Iterable[TextT], size: int) -> Iterator[list[TextT]]:
    """Batches of at most ``size`` texts, and of fewer where they are long: a batch is as wide as its longest text.

    Args:
        texts: Read as they are needed.
        size: Texts in a batch, at most.
    """
    batch: list[TextT] = []
    longest = 0
    for text in texts:
        if batch and max(longest, len(text)) * (len(batch) + 1) > _LARGEST:
            yield batch
            batch, longest = [], 0
        batch.append(text)
        longest = max(longest, len(text))
        if len(batch) == size:
            yield batch
            batch, longest = [], 0
    if batch:
        yield batch
