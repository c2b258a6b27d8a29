"""Answers requests together: what waits while the model is busy goes into its next call.

A request that finds the model idle does not wait for others, unless it is told to: batches form by themselves as soon
as requests come faster than they are answered.
"""

import asyncio
import collections
import dataclasses
import functools
import os
from collections.abc import Callable, Iterator, Mapping, Sequence

import numpy as np

from pipeline.serving.server.limits import LARGEST_CALL, MOST_WAITING
from pipeline.serving.server.refusals import unavailable
from pipeline.serving.server.threads import ModelThreads

_PADDED = 1.25  # a batch may be so much larger than its texts, in bytes
Arrays = Mapping[str, np.ndarray]
Ask = Callable[[Sequence[bytes]], Arrays]


@dataclasses.dataclass(frozen=True)
class Batching:
    """How requests are put together.

    Attributes:
        max_batch_size: Texts in one call of the model, at most; larger requests are divided.
        together: Whether requests are put together at all.
        timeout: Seconds that a request waits for others although the model is idle.
        parallel: Calls of the model at a time: one a core is best, whether a call uses one thread or several.
        max_waiting: Requests that may wait; more are refused.
    """

    max_batch_size: int = 64
    together: bool = True
    timeout: float = 0.0
    parallel: int = dataclasses.field(default_factory=lambda: os.cpu_count() or 1)
    max_waiting: int = MOST_WAITING


@dataclasses.dataclass(eq=False)
class _Waiting:
    texts: Sequence[bytes]
    lengths: Sequence[int]
    answer: "asyncio.Future[Arrays]"
    since: float


class Batcher:
    """The queue in front of one signature of one model; belongs to an event loop."""

    def __init__(self, ask: Ask, threads: ModelThreads, batching: Batching) -> None:
        """Starts with an empty queue.

        Args:
            ask: Answers n texts with arrays whose first dimension is n; runs in one of the threads.
            threads: At least `Batching.parallel` of them.
            batching: How.
        """
        self._ask = ask
        self._threads = threads
        self._batching = batching
        self._queue: collections.deque[_Waiting] = collections.deque()
        self._running = 0
        self._timer: asyncio.TimerHandle | None = None

    async def answer(self, texts: Sequence[bytes]) -> Arrays:
        """Answers a request of any size. Parts of a large one take turns with other requests.

        Args:
            texts: n of them.

        Returns:
            Arrays whose first dimension is n.

        Raises:
            Refusal: If too much is waiting.
        """
        if len(self._queue) >= self._batching.max_waiting:
            raise unavailable("The batch scheduling queue to which this task was submitted is full")
        size = self._batching.max_batch_size
        if len(texts) <= size and sum(map(len, texts)) <= LARGEST_CALL:
            return await self._enqueue(texts)
        answers = [await self._enqueue(part) for part in _parts(texts, size)]
        return {name: _joined([one[name] for one in answers]) for name in answers[0]}

    def _enqueue(self, texts: Sequence[bytes]) -> "asyncio.Future[Arrays]":
        loop = asyncio.get_running_loop()
        waiting = _Waiting(texts, [len(text) for text in texts], loop.create_future(), loop.time())
        self._queue.append(waiting)
        self._start()
        return waiting.answer

    def _start(self) -> None:
        """Calls the model with what waits, if it is free."""
        while self._queue and self._running < self._batching.parallel:
            if pause := self._pause():
                if self._timer is None:
                    self._timer = asyncio.get_running_loop().call_later(pause, self._after_pause)
                return
            if batch := self._take():
                self._call(batch)

    def _after_pause(self) -> None:
        self._timer = None
        self._start()

    def _pause(self) -> float:
        """How long the oldest request still waits for others; 0 if the batch is full."""
        if not self._batching.timeout or sum(len(one.texts) for one in self._queue) >= self._batching.max_batch_size:
            return 0.0
        waited = asyncio.get_running_loop().time() - self._queue[0].since
        return max(self._batching.timeout - waited, 0.0)

    def _take(self) -> list[_Waiting]:
        """Takes the oldest request, and of the others those that fit into one call and are about as long."""
        batch: list[_Waiting] = []
        left: collections.deque[_Waiting] = collections.deque()
        size = longest = total = 0
        for one in self._queue:
            if one.answer.done():  # its client has gone
                continue
            new = (size + len(one.texts), max(longest, *one.lengths, 1), total + sum(one.lengths))
            if batch and not self._fits(*new):
                left.append(one)
            else:
                batch.append(one)
                size, longest, total = new
        self._queue = left
        return batch

    def _fits(self, size: int, longest: int, total: int) -> bool:
        """Whether a batch is not too large, nor too much of it padding: texts become as long as the longest."""
        return (
            self._batching.together
            and size <= self._batching.max_batch_size
            and total <= LARGEST_CALL
            and size * longest <= _PADDED * total
        )

    def _call(self, batch: list[_Waiting]) -> None:
        self._running += 1
        call = self._threads.submit(self._ask, [text for one in batch for text in one.texts])
        call.add_done_callback(functools.partial(self._done, batch))

    def _done(self, batch: list[_Waiting], call: "asyncio.Future[Arrays]") -> None:
        self._running -= 1
        error = call.exception()
        if error is None:
            _deal(batch, call.result())
        elif len(batch) == 1:
            if not batch[0].answer.done():
                batch[0].answer.set_exception(error)
        else:  # one of them is to blame, the others are not: each alone, before all that waits
            for one in batch:
                self._call([one])
        self._start()


def _parts(texts: Sequence[bytes], size: int) -> Iterator[Sequence[bytes]]:
    """Divides texts into parts of so many at most, of about as many bytes as a call may have."""
    start = total = 0
    for place, text in enumerate(texts):
        if place > start and (place - start == size or total + len(text) > LARGEST_CALL):
            yield texts[start:place]
            start, total = place, 0
        total += len(text)
    yield texts[start:]


def _deal(batch: Sequence[_Waiting], outputs: Arrays) -> None:
    start = 0
    for one in batch:
        end = start + len(one.texts)
        if not one.answer.done():
            one.answer.set_result({name: array[start:end] for name, array in outputs.items()})
        start = end


def _joined(arrays: list[np.ndarray]) -> np.ndarray:
    """One array of the rows of several; narrower ones, as of ``tokenize``, are filled up."""
    width = max(array.shape[1:] for array in arrays)
    return np.concatenate([array if array.shape[1:] == width else _widened(array, width[0]) for array in arrays])


def _widened(array: np.ndarray, width: int) -> np.ndarray:
    empty: object = b"" if array.dtype == object else 0
    wider: np.ndarray = np.full((len(array), width), empty, array.dtype)
    wider[:, : array.shape[1]] = array
    return wider
