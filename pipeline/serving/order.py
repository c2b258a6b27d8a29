"""Many texts, answered in whatever order is quick, and given back in their own."""

import collections
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from typing import TypeVar

TextT = TypeVar("TextT", str, bytes)
AnswerT = TypeVar("AnswerT")

_TEXTS = 1024
_CHARACTERS = 1 << 22


def several_at_a_time(
    submit: Callable[[list[TextT]], "Future[list[AnswerT]]"], batches: Iterable[list[TextT]], most: int
) -> Iterator[AnswerT]:
    """Answers batches at the same time.

    Args:
        submit: Begins to answer a batch.
        batches: Read as they are needed.
        most: Batches under way.

    Yields:
        The answers of each, in order.
    """
    running: collections.deque[Future[list[AnswerT]]] = collections.deque()
    try:
        for batch in batches:
            running.append(submit(batch))
            if len(running) == most:
                yield from running.popleft().result()
        while running:
            yield from running.popleft().result()
    finally:
        for future in running:
            future.cancel()


def by_length(answer: Callable[[Iterator[str]], Iterable[AnswerT]], texts: Iterable[str]) -> Iterator[AnswerT]:
    """Answers texts of about the same length together: a batch is as wide as its longest text.

    Args:
        answer: Gives one answer for each text, in order.
        texts: Read up to 1,024 at a time.

    Yields:
        One answer for each text, in order.
    """
    for window in _windows(texts):
        order = sorted(range(len(window)), key=lambda place: len(window[place]))
        answers = dict(zip(order, answer(window[place] for place in order), strict=True))
        yield from (answers[place] for place in range(len(window)))


def _windows(texts: Iterable[str]) -> Iterator[list[str]]:
    window: list[str] = []
    size = 0
    for text in texts:
        window.append(text)
        size += len(text)
        if len(window) == _TEXTS or size >= _CHARACTERS:
            yield window
            window, size = [], 0
    if window:
        yield window
