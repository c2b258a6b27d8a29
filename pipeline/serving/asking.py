"""Whom `predict` asks: a model in a directory, or one on a server."""

import contextlib
import functools
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from components.errors import ConfigError, TfxBertError
from pipeline.serving.answers import Prediction
from pipeline.serving.client import Client, Failure
from pipeline.serving.order import by_length
from pipeline.serving.target import ServingError, Target

Ask = Callable[[Iterator[str]], Iterable[Prediction | Failure]]


@contextlib.contextmanager
def open_directory(model: Path, batch_size: int, many: bool = False) -> Iterator[tuple[Ask, str]]:
    """A model in a directory.

    Args:
        model: As for `pipeline.serving.local_model.predict`.
        batch_size: Texts in one call of the model, at most.
        many: Whether to begin later and be done sooner.

    Yields:
        What answers texts, in order; and which model it is.

    Raises:
        ConfigError: If there is no such model.
    """
    from pipeline.serving import local_model
    from pipeline.serving.model_dir import SAVED_MODEL, find_model

    found = find_model(model)
    predict = local_model.predict_many if many else local_model.predict
    status = (found / SAVED_MODEL).stat()  # another model may come to the same place
    yield lambda texts: predict(found, texts, batch_size), f"{found.resolve()} {status.st_size} {status.st_mtime_ns}"


@contextlib.contextmanager
def open_server(target: Target, batch_size: int, concurrency: int, many: bool = False) -> Iterator[tuple[Ask, str]]:
    """A model on a server.

    Args:
        target: Server and model.
        batch_size: Texts in one request, at most.
        concurrency: Requests under way at a time.
        many: Whether to begin later, be done sooner, and end where the server does not answer.

    Yields:
        What answers texts, in order; and which model it is, with the label and the version that answers now.

    Raises:
        ConfigError: If the server has no such model.
        TfxBertError: If it cannot be reached.
    """
    with Client(target, batch_size=batch_size, concurrency=concurrency) as client:
        try:
            states = client.status()
        except ServingError as error:
            raise _refused(target, error) from None
        available = [state.version for state in states if state.state == "AVAILABLE"]
        each = functools.partial(client.stream, raise_for_server=True)
        ask = functools.partial(by_length, each) if many else client.stream
        yield ask, f"{target.server}/{target.name}/{target.label or ''}/{max(available, default=0)}"


def _refused(target: Target, error: ServingError) -> TfxBertError:
    if error.code == "UNAVAILABLE":
        trust = ", or its certificate is not trusted (--ca-file)" if target.is_encrypted else ""
        other = "gRPC, write HOST:PORT" if target.is_rest else "REST, write http://HOST:PORT"
        return TfxBertError(f"{target.server} cannot be reached{trust}; if its port is for {other}: {error.details}")
    if error.code == "NOT_FOUND" or (target.label and error.code == "INVALID_ARGUMENT"):
        key = "--label" if target.label else "--name" if target.version is None else "--version or --name"
        return ConfigError(key, f"{target.server} has no model {target.name!r} as asked for: {error.details}")
    return TfxBertError(f"{target.server}: {error}")
