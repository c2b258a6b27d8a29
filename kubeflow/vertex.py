"""How Vertex AI is reached, or what stands for it, and what its refusals mean."""

import contextlib
import os
from collections.abc import Iterator
from typing import Any

import google.auth.exceptions
import grpc
from google.api_core import exceptions, retry

from components.errors import TfxBertError, first_line

_PLAIN = "http://"
_PLUGIN = "Getting metadata from plugin failed"
_KEY_FILE = "GOOGLE_APPLICATION_CREDENTIALS"
_LOG_IN = f"run `gcloud auth application-default login`, or let {_KEY_FILE} name a key file"
# What passes by itself.
RETRY = retry.Retry(predicate=retry.if_transient_error, initial=1.0, maximum=20.0, timeout=120.0)
TIMEOUT_SECONDS = 120


def endpoint_of(region: str, endpoint: str | None = None) -> str:
    """Where a region's API is.

    Args:
        region: Of Vertex AI.
        endpoint: HOST:PORT of a private endpoint; ``http://HOST:PORT`` is spoken to in the clear and without
            credentials. None: the region's public one.
    """
    return endpoint or f"{region}-aiplatform.googleapis.com"


def transport(kind: Any, endpoint: str) -> Any:
    """A connection, made at the first request.

    Args:
        kind: The generated class of the service's gRPC transport.
        endpoint: From `endpoint_of`.
    """
    if endpoint.startswith(_PLAIN):
        return kind(channel=grpc.insecure_channel(endpoint.removeprefix(_PLAIN)))
    return kind(host=endpoint)


@contextlib.contextmanager
def errors(endpoint: str) -> Iterator[None]:
    """Turns what may be wrong with a request into one line.

    Args:
        endpoint: Whom the request is sent to.

    Raises:
        TfxBertError: If there are no credentials, or the request is refused, or cannot be sent.
    """
    try:
        yield
    except google.auth.exceptions.DefaultCredentialsError as error:
        if file := os.environ.get(_KEY_FILE):
            raise TfxBertError(f"{_KEY_FILE} is {file!r}, which is no key file: {first_line(error)}") from None
        raise TfxBertError(f"there are no credentials for Google Cloud: {_LOG_IN}") from None
    except google.auth.exceptions.GoogleAuthError as error:
        raise TfxBertError(f"the credentials for Google Cloud do not work ({first_line(error)}): {_LOG_IN}") from None
    except (exceptions.ServiceUnavailable, exceptions.RetryError, exceptions.DeadlineExceeded) as error:
        if _PLUGIN in str(error):  # credentials that could not be refreshed, as gRPC tells it
            raise TfxBertError(f"the credentials for Google Cloud do not work: {_LOG_IN}") from None
        raise TfxBertError(f"{endpoint} cannot be reached: {first_line(error)}") from None
    except exceptions.GoogleAPICallError as error:
        raise TfxBertError(f"{endpoint} refuses: {first_line(error)}") from None
