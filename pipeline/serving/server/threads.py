"""Threads that ask a model: as few of them as there is work for, since each has caches of its own in oneDNN."""

import asyncio
import concurrent.futures
import dataclasses
import itertools
from collections.abc import Callable
from typing import ParamSpec, TypeVar

ArgumentsT = ParamSpec("ArgumentsT")
ResultT = TypeVar("ResultT")


@dataclasses.dataclass(eq=False)
class _Thread:
    executor: concurrent.futures.ThreadPoolExecutor
    pending: int = 0
    finished: int = 0


class ModelThreads:
    """A pool that gives a call to the thread which was busy last: its core still holds the weights.

    A ThreadPoolExecutor takes its threads in turns, and one client then waits a fifth longer for an answer (2 cores).
    Belongs to an event loop.
    """

    def __init__(self, count: int) -> None:
        """Starts no thread yet.

        Args:
            count: Threads, at most.
        """
        self._threads = [_Thread(concurrent.futures.ThreadPoolExecutor(1, f"model-{n}")) for n in range(count)]
        self._order = itertools.count(1)

    def submit(
        self, call: Callable[ArgumentsT, ResultT], *args: ArgumentsT.args, **kwargs: ArgumentsT.kwargs
    ) -> "asyncio.Future[ResultT]":
        """Calls a function in a thread that is idle, or after what the least busy one has to do."""
        thread = min(self._threads, key=lambda one: (one.pending, -one.finished))
        thread.pending += 1
        future = asyncio.wrap_future(thread.executor.submit(call, *args, **kwargs))
        future.add_done_callback(lambda _: self._finish(thread))
        return future

    def shutdown(self) -> None:
        """Waits for what is under way."""
        for thread in self._threads:
            thread.executor.shutdown()

    def _finish(self, thread: _Thread) -> None:
        thread.pending -= 1
        thread.finished = next(self._order)
