"""Which of the earlier spans are joined with one."""

from collections.abc import Callable, Iterable
from typing import TypeVar

T = TypeVar("T")


def choose(accepted: Iterable[tuple[int, T]], before: int, count: int, is_there: Callable[[T], bool]) -> dict[int, T]:
    """The last spans before one, each as it was accepted last; one whose files were deleted does not count.

    Args:
        accepted: Span and data of all that passed the gate, in the order in which it did.
        before: The span.
        count: How many at most.
        is_there: Whether data has not been deleted since.

    Returns:
        The data by span, the lowest first.

    Example:
        >>> choose([(1, "a"), (4, "京"), (2, "b"), (4, "都"), (9, "c")], 7, 2, is_there=lambda data: data != "b")
        {1: 'a', 4: '都'}
    """
    newest = {span: data for span, data in accepted if span < before}
    there = [span for span in sorted(newest) if is_there(newest[span])]
    return {span: newest[span] for span in there[-count:]}
