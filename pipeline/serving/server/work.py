"""Work on requests that are large: in a thread, or in a process of its own, so that others are answered meanwhile."""

import asyncio
import concurrent.futures
import contextlib
import marshal
import sys
from collections.abc import Callable, Iterator
from typing import Any, ParamSpec, TypeVar

from pipeline.serving.server import json_body
from pipeline.serving.server.limits import (
    DEEPEST_JSON,
    IN_THREAD,
    INLINE,
    LARGEST_BODY,
    LARGEST_PENDING,
    MOST_VALUES,
    PARSE_SECONDS,
)
from pipeline.serving.server.refusals import exhausted, invalid, too_large, unavailable

ArgumentsT = ParamSpec("ArgumentsT")
ResultT = TypeVar("ResultT")
_BOUNDS = (LARGEST_BODY, DEEPEST_JSON, MOST_VALUES)


class Work:
    """Where work is done; belongs to an event loop."""

    def __init__(self) -> None:
        """Starts nothing yet."""
        # One of each: what is large waits for what is large, and leaves the other cores to the model.
        self._thread = concurrent.futures.ThreadPoolExecutor(1, "large-requests")
        self._process = asyncio.Semaphore(1)
        self._pending = 0

    async def run(
        self, size: int, call: Callable[ArgumentsT, ResultT], *args: ArgumentsT.args, **kwargs: ArgumentsT.kwargs
    ) -> ResultT:
        """Calls a function, in the thread if it has much to do.

        Args:
            size: About how many bytes it works on.
            call: The function.
            *args: Its arguments.
            **kwargs: Its arguments by name.
        """
        if size <= INLINE:
            return call(*args, **kwargs)
        return await asyncio.wrap_future(self._thread.submit(call, *args, **kwargs))

    async def parse(self, body: bytes, packed: bool) -> dict[str, Any]:
        """Reads the JSON of a REST request.

        Args:
            body: As it was sent.
            packed: Whether it is gzip.

        Raises:
            Refusal: If it is no JSON object, or over a bound.
        """
        try:
            if len(body) <= (INLINE if not packed else 0):
                return json_body.parse(body, packed, *_BOUNDS)
            if packed and len(body) <= IN_THREAD:
                body, packed = await self._unpack_a_little(body)
            if not packed and len(body) <= IN_THREAD:
                return await self.run(len(body), json_body.parse, body, False, *_BOUNDS)
        except json_body.TooLargeError as error:
            raise too_large(str(error)) from None
        except json_body.BodyError as error:
            raise invalid(str(error)) from None
        async with self._process:
            return await self._parse_elsewhere(body, packed)

    async def _unpack_a_little(self, body: bytes) -> tuple[bytes, bool]:
        """Unpacks what is small; what is not stays packed."""
        try:
            return await self.run(len(body), json_body.unpack, body, IN_THREAD), False
        except json_body.TooLargeError:
            return body, True

    async def _parse_elsewhere(self, body: bytes, packed: bool) -> dict[str, Any]:
        arguments = ["-I", json_body.__file__, *map(str, (int(packed), *_BOUNDS))]
        pipe = asyncio.subprocess.PIPE
        try:
            process = await asyncio.create_subprocess_exec(
                sys.executable, *arguments, stdin=pipe, stdout=pipe, stderr=asyncio.subprocess.DEVNULL
            )
        except OSError as error:
            raise unavailable(f"the body cannot be read now: {error.strerror}") from None
        try:
            written, _ = await asyncio.wait_for(process.communicate(body), PARSE_SECONDS)
        except asyncio.TimeoutError:
            raise too_large(f"the body cannot be read within {PARSE_SECONDS:g} seconds") from None
        finally:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()
        if process.returncode or not written:
            raise too_large("the body holds more than fits into memory")
        kind, value = await self.run(len(written), marshal.loads, written)
        if kind == "body":
            return dict(value)
        raise too_large(value) if kind == "large" else invalid(value)

    @contextlib.contextmanager
    def pending(self) -> Iterator[Callable[[int], None]]:
        """Counts the bytes of a body while it arrives and is read; gives what adds to them.

        Raises:
            Refusal: If too many are there already, of a body that is not small.
        """
        size = 0

        def add(more: int) -> None:
            nonlocal size
            size += more
            self._pending += more
            if size > INLINE and self._pending > LARGEST_PENDING:
                raise exhausted("too many large requests at a time")

        try:
            yield add
        finally:
            self._pending -= size

    def close(self) -> None:
        """Waits for what is under way."""
        self._thread.shutdown()
