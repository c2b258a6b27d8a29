"""Asks a model on TF Serving, or on ``tfx-bert serve``, over gRPC or REST, with and without asyncio.

    >>> from pipeline.serving.client import Client
    >>> with Client("localhost:8500", name="demo") as client:  # doctest: +SKIP
    ...     client.classify(["嵐山の紅葉がきれいでした。"])[0].label
    '京都観光'

Imports neither TensorFlow nor TFX.
"""

import asyncio
import collections
import concurrent.futures
import dataclasses
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterable, Iterator, Mapping, Sequence
from typing import Any, Protocol, TypeVar

import numpy as np

from pipeline.serving.answers import CLASSIFY, Prediction, to_predictions
from pipeline.serving.batches import batches
from pipeline.serving.order import several_at_a_time
from pipeline.serving.target import Arrays, Scores, ServingError, Signature, Target, VersionState

CLASSIFICATION = "classify"
_OF_THE_TEXT = {"INVALID_ARGUMENT", "RESOURCE_EXHAUSTED", "INTERNAL"}
T = TypeVar("T")


@dataclasses.dataclass(frozen=True)
class Failure:
    """A text without an answer.

    Attributes:
        error: Why.
    """

    error: str


class Transport(Protocol):
    """How a server is spoken to; see `pipeline.serving.grpc_transport` and `pipeline.serving.rest_transport`."""

    async def predict(self, signature: str, inputs: Mapping[str, np.ndarray]) -> Arrays:
        """Asks for all outputs of a signature."""

    async def classify(self, signature: str, texts: Sequence[bytes]) -> Scores:
        """Asks through the Classification API."""

    async def metadata(self) -> dict[str, Signature]:
        """The model's signatures."""

    async def status(self) -> list[VersionState]:
        """The versions that the server has, or had."""

    async def close(self) -> None:
        """Closes what is open."""


class AsyncClient:
    """Asks a model from one event loop; a connection is kept open and used again.

    Methods raise `ServingError` if there is no answer: after ``Target.attempts`` where the server is unavailable, at
    once for every other reason.
    """

    def __init__(self, server: str | Target, *, batch_size: int = 32, concurrency: int = 4, **target: Any) -> None:
        """Connects at the first request.

        Args:
            server: ``HOST:PORT`` (gRPC), ``http://HOST:PORT`` or ``https://HOST:PORT`` (REST), or a whole `Target`.
            batch_size: Texts in one request, at most; fewer where they are long.
            concurrency: Requests under way at a time, at most.
            **target: Fields of `Target`: ``name``, ``version``, ``label``, ``tls``, ``ca_file``, ``token``,
                ``timeout``, ``attempts``.

        Raises:
            ConfigError: If the target is not sound.
        """
        self.target = server if isinstance(server, Target) else Target(server, **target)
        self.batch_size = batch_size
        self.concurrency = concurrency
        self._transport = _open(self.target)

    async def classify(self, texts: Iterable[str | bytes]) -> list[Prediction]:
        """Classifies texts, in order.

        Args:
            texts: Raw texts, UTF-8 if they are bytes.

        Raises:
            ServingError: If one request is not answered.
        """
        return [answer async for answer in self._in_order(self.ask, texts)]

    async def stream(
        self, texts: Iterable[str | bytes], raise_for_server: bool = False
    ) -> AsyncIterator[Prediction | Failure]:
        """Classifies texts as they come, in order and in constant memory; those that fail do not stop the others.

        Args:
            texts: Raw texts; read as they are needed, in the event loop.
            raise_for_server: Whether an error that is no text's own, such as UNAVAILABLE, is raised instead of told of
                each text.

        Yields:
            One answer for each text.

        Raises:
            ServingError: If ``raise_for_server``.
        """
        async for answer in self._in_order(lambda batch: self.ask_each(batch, raise_for_server), texts):
            yield answer

    async def ask(self, batch: list[bytes]) -> list[Prediction]:
        """Classifies one batch in one request.

        Raises:
            ServingError: If it is not answered.
        """
        outputs = await self._transport.predict(CLASSIFY, {"text": np.array(batch, object)})
        try:
            return to_predictions(outputs)
        except KeyError as error:
            raise ServingError(
                "FAILED_PRECONDITION", f"{self.target.name} is no classifier: no output {error}"
            ) from None

    async def ask_each(self, batch: list[bytes], raise_for_server: bool = False) -> list[Prediction | Failure]:
        """Classifies one batch; if that fails because of a text, looks for it by halves and answers the others.

        Args:
            batch: Raw texts.
            raise_for_server: See `stream`.

        Raises:
            ServingError: See `stream`.
        """
        try:
            return [*await self.ask(batch)]
        except ServingError as error:
            if raise_for_server and error.code not in _OF_THE_TEXT:
                raise
            if error.code not in _OF_THE_TEXT or len(batch) == 1:
                return [Failure(str(error)) for _ in batch]
        half = len(batch) // 2
        first = await self.ask_each(batch[:half], raise_for_server)
        return first + await self.ask_each(batch[half:], raise_for_server)

    async def classification(self, texts: Sequence[str | bytes], signature: str = CLASSIFICATION) -> Scores:
        """Classifies texts through TF Serving's Classification API, in one request.

        Returns:
            For each text its scores by label.
        """
        return await self._transport.classify(signature, [_as_bytes(text) for text in texts])

    async def predict(self, inputs: Mapping[str, Any], signature: str = CLASSIFY) -> Arrays:
        """Asks for all outputs of any signature, in one request.

        Args:
            inputs: By name: arrays, or lists of texts.
            signature: Its name.

        Returns:
            Arrays by name; strings as ``bytes`` objects.
        """
        return await self._transport.predict(signature, {name: _as_array(value) for name, value in inputs.items()})

    async def metadata(self) -> dict[str, Signature]:
        """The model's signatures, by name."""
        return await self._transport.metadata()

    async def status(self) -> list[VersionState]:
        """The versions that the server has, or had."""
        return await self._transport.status()

    async def close(self) -> None:
        """Closes the connection."""
        await self._transport.close()

    async def __aenter__(self) -> "AsyncClient":
        return self

    async def __aexit__(self, kind: object, error: object, trace: object) -> None:
        await self.close()

    async def _in_order(
        self, ask: Callable[[list[bytes]], Awaitable[list[T]]], texts: Iterable[str | bytes]
    ) -> AsyncIterator[T]:
        running: collections.deque[asyncio.Future[list[T]]] = collections.deque()
        try:
            for batch in batches(_encoded(texts), self.batch_size):
                running.append(asyncio.ensure_future(ask(batch)))
                if len(running) == self.concurrency:
                    for answer in await running.popleft():
                        yield answer
            while running:
                for answer in await running.popleft():
                    yield answer
        finally:
            for task in running:
                task.cancel()


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
        self._client = self._run(_make(self.target, batch_size, concurrency))

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

        try:
            yield from several_at_a_time(submit, batches(_encoded(texts), self.batch_size), self.concurrency)
        except concurrent.futures.CancelledError:
            raise _closed() from None

    def _run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        try:
            return self._submit(coroutine).result()
        except concurrent.futures.CancelledError:
            raise _closed() from None

    def _submit(self, coroutine: Coroutine[Any, Any, T]) -> "concurrent.futures.Future[T]":
        if not self._thread.is_alive():
            coroutine.close()
            raise _closed()
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop)


async def _make(target: Target, batch_size: int, concurrency: int) -> AsyncClient:
    """Inside the event loop that its connection belongs to."""
    return AsyncClient(target, batch_size=batch_size, concurrency=concurrency)


def _closed() -> ServingError:
    return ServingError("CANCELLED", "the client is closed")


async def _end(client: AsyncClient) -> None:
    """Nothing may wait for an event loop that has ended."""
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
    await client.close()


def _open(target: Target) -> Transport:
    if target.is_rest:
        from pipeline.serving.rest_transport import RestTransport

        return RestTransport(target)
    from pipeline.serving.grpc_transport import GrpcTransport

    return GrpcTransport(target)


def _encoded(texts: Iterable[str | bytes]) -> Iterator[bytes]:
    if isinstance(texts, str | bytes):
        raise TypeError("this is one text, not several: put it into a list")
    return map(_as_bytes, texts)


def _as_bytes(text: str | bytes) -> bytes:
    if not isinstance(text, str | bytes):
        raise TypeError(f"a text must be str or bytes, not {type(text).__name__}: {text!r}")
    return text.encode() if isinstance(text, str) else text


def _as_array(value: Any) -> np.ndarray:
    array = np.asarray(value)
    if array.dtype.kind in "US" or not (array.size or isinstance(value, np.ndarray)):
        array = np.asarray(value, object)  # an empty list is one of texts
    if array.dtype == object:
        return np.array([_as_bytes(text) for text in array.ravel()], object).reshape(array.shape)
    return array
