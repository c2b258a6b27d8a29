"""Asks a model from one event loop; see `pipeline.serving.client`."""

import asyncio
import collections
import dataclasses
import functools
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Protocol, TypeVar

import numpy as np

from pipeline.serving.answers import CLASSIFY, Prediction, Unfit, malformed, to_predictions
from pipeline.serving.batches import batches
from pipeline.serving.target import Arrays, Redirected, Scores, ServingError, Signature, Target, VersionState

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
        """Connects at the first request, so you may make a client before the event loop runs.

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

    @functools.cached_property
    def _transport(self) -> Transport:
        """Belongs to the event loop that runs when it is first used."""
        return _open(self.target)

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
            return to_predictions(outputs, len(batch))
        except KeyError as error:
            raise ServingError(
                "FAILED_PRECONDITION", f"{self.target.name} is no classifier: no output {error}"
            ) from None
        except Unfit as error:
            raise malformed(self.target, str(error)) from None

    async def ask_each(self, batch: list[bytes], raise_for_server: bool = False) -> list[Prediction | Failure]:
        """Classifies one batch; if that fails because of a text, looks for it by halves and answers the others.

        Args:
            batch: Raw texts.
            raise_for_server: See `stream`.

        Raises:
            ServingError: See `stream`; and where the server redirects to another.
        """
        try:
            return [*await self.ask(batch)]
        except Redirected:
            raise
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
        if "_transport" in vars(self):
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
            for batch in batches(encoded(texts), self.batch_size):
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


def _open(target: Target) -> Transport:
    if target.is_rest:
        from pipeline.serving.rest_transport import RestTransport

        return RestTransport(target)
    from pipeline.serving.grpc_transport import GrpcTransport

    return GrpcTransport(target)


def encoded(texts: Iterable[str | bytes]) -> Iterator[bytes]:
    """Texts as they are sent.

    Args:
        texts: Raw texts; read as they are needed.

    Raises:
        TypeError: If this is one text, or if one of them is no text.
    """
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
