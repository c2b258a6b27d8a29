"""Asks a model on TF Serving, or on ``tfx-bert serve``, over gRPC or REST, with and without asyncio.

    >>> from pipeline.serving.client import Client
    >>> with Client("localhost:8500", name="demo") as client:  # doctest: +SKIP
    ...     client.classify(["嵐山の紅葉がきれいでした。"])[0].label
    '京都観光'

Imports neither TensorFlow nor TFX.
"""

import asyncio
import concurrent.futures
import contextlib
import threading
from collections.abc import Callable, Coroutine, Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

from pipeline.serving.answers import CLASSIFY, Prediction
from pipeline.serving.async_client import CLASSIFICATION, AsyncClient, Failure, encoded
from pipeline.serving.batches import batches
from pipeline.serving.order import several_at_a_time
from pipeline.serving.target import Arrays, Scores, ServingError, Signature, Target, VersionState

__all__ = ["AsyncClient", "Client", "Failure", "ServingError", "Target"]

T = TypeVar("T")


class Client:
    """The same without asyncio: an `AsyncClient` in an event loop of its own, in a thread. Any thread may use it."""

    def __init__(self, server: str | Target, *, batch_size: int = 32, concurrency: int = 4, **target: Any) -> None:
        """Takes the arguments of `AsyncClient`."""
        self.target = server if isinstance(server, Target) else Target(server, **target)
        self.batch_size = batch_size
        self.concurrency = concurrency
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="tfx-bert client", daemon=True)
        self._thread.start()
        self._client = AsyncClient(self.target, batch_size=batch_size, concurrency=concurrency)

    def classify(self, texts: Iterable[str | bytes]) -> list[Prediction]:
        """See `AsyncClient.classify`; the texts are read in the caller's thread."""
        return list(self._in_order(self._client.ask, texts))

    def stream(self, texts: Iterable[str | bytes], raise_for_server: bool = False) -> Iterator[Prediction | Failure]:
        """See `AsyncClient.stream`; the texts are read in the caller's thread."""
        return self._in_order(lambda batch: self._client.ask_each(batch, raise_for_server), texts)

    def classification(self, texts: Sequence[str | bytes], signature: str = CLASSIFICATION) -> Scores:
        """See `AsyncClient.classification`."""
        return self._run(self._client.classification(texts, signature))

    def predict(self, inputs: Mapping[str, Any], signature: str = CLASSIFY) -> Arrays:
        """See `AsyncClient.predict`."""
        return self._run(self._client.predict(inputs, signature))

    def metadata(self) -> dict[str, Signature]:
        """See `AsyncClient.metadata`."""
        return self._run(self._client.metadata())

    def status(self) -> list[VersionState]:
        """See `AsyncClient.status`."""
        return self._run(self._client.status())

    def close(self) -> None:
        """Closes the connection and ends the thread; requests under way, of other threads, are cancelled."""
        if self._thread.is_alive():
            self._run(_end(self._client))
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join()
            self._loop.close()

    def __enter__(self) -> "Client":
        return self

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        self.close()

    def _in_order(
        self, ask: Callable[[list[bytes]], Coroutine[Any, Any, list[T]]], texts: Iterable[str | bytes]
    ) -> Iterator[T]:
        def submit(batch: list[bytes]) -> "concurrent.futures.Future[list[T]]":
            return self._submit(ask(batch))

        with _told_if_closed():
            yield from several_at_a_time(submit, batches(encoded(texts), self.batch_size), self.concurrency)

    def _run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        with _told_if_closed():
            return self._submit(coroutine).result()

    def _submit(self, coroutine: Coroutine[Any, Any, T]) -> "concurrent.futures.Future[T]":
        if not self._thread.is_alive():
            coroutine.close()
            raise _closed()
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop)


def _closed() -> ServingError:
    return ServingError("CANCELLED", "the client is closed")


@contextlib.contextmanager
def _told_if_closed() -> Iterator[None]:
    try:
        yield
    except concurrent.futures.CancelledError:
        raise _closed() from None


async def _end(client: AsyncClient) -> None:
    """Nothing may wait for an event loop that has ended."""
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
    await client.close()
