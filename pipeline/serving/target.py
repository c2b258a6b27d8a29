"""Which server is asked, for which model, and how."""

import dataclasses
import ipaddress
import ssl
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import numpy as np

from components.errors import ConfigError, TfxBertError

_MOST_ATTEMPTS = 5


class ServingError(TfxBertError):
    """The server did not answer.

    Attributes:
        code: The name of the gRPC status, such as ``INVALID_ARGUMENT``; over REST the one that the HTTP status stands
            for.
        details: What the server says.
    """

    def __init__(self, code: str, details: str) -> None:
        """Keeps code and details.

        Args:
            code: The name of the gRPC status.
            details: What the server says.
        """
        super().__init__(f"{code}: {details}")
        self.code = code
        self.details = details


@dataclasses.dataclass(frozen=True)
class Target:
    """A model on a server.

    Attributes:
        server: ``HOST:PORT`` for gRPC; ``http://HOST:PORT`` or ``https://HOST:PORT`` for REST.
        name: The model's, as the server knows it.
        version: Which version; None: the server's newest, or
        label: the one that the server has under this label.
        tls: Whether gRPC is encrypted.
        ca_file: Certificates, as PEM, that the server's must be signed by; None: the system's.
        token: Sent as ``Authorization: Bearer TOKEN``; only encrypted, or to this machine.
        timeout: Seconds until an answer must be there, attempts included.
        attempts: How often a request is sent while the server is unavailable, 1 to 5 times, which is the most that gRPC
            does; the time between grows from 0.2 s to 5 s.
    """

    server: str
    name: str = "tfx-bert"
    version: int | None = None
    label: str | None = None
    tls: bool = False
    ca_file: Path | None = None
    token: str | None = dataclasses.field(default=None, repr=False)
    timeout: float = 60.0
    attempts: int = 5

    def __post_init__(self) -> None:
        """Refuses what cannot be meant.

        Raises:
            ConfigError: If the server is no ``HOST:PORT`` or address, both version and label are given, the
                certificates are not there or none, a token would be sent in clear, or there are too many attempts.
        """
        if not 1 <= self.attempts <= _MOST_ATTEMPTS:
            raise ConfigError("", f"attempts is {self.attempts}: 1 to {_MOST_ATTEMPTS}")
        if self.version is not None and self.label is not None:
            raise ConfigError("", "a version or a label of a model, not both")
        if self.ca_file and not self.ca_file.is_file():
            raise ConfigError("", f"{self.ca_file} is not a file: it must hold certificates as PEM")
        if self.ca_file:
            try:
                ssl.create_default_context(cafile=str(self.ca_file))
            except (ssl.SSLError, OSError) as error:
                raise ConfigError("", f"{self.ca_file} holds no certificates as PEM ({error})") from None
        if not _port(self.server if self.is_rest else f"//{self.server}"):
            raise ConfigError(
                "",
                f"{self.server!r} is no server: HOST:PORT for gRPC, or http://HOST:PORT or https://HOST:PORT for REST",
            )
        if self.token and not self.is_encrypted and not self._is_local:
            raise ConfigError("", f"the token would be sent to {self.server} in clear: ask for TLS, or https://")

    @property
    def is_rest(self) -> bool:
        """Whether REST is spoken, and not gRPC."""
        return self.server.startswith(("http://", "https://"))

    @property
    def is_encrypted(self) -> bool:
        """Whether what is sent is encrypted."""
        return self.server.startswith("https://") if self.is_rest else self.tls

    @property
    def _is_local(self) -> bool:
        host = urlsplit(self.server if self.is_rest else f"//{self.server}").hostname or ""
        try:
            return host == "localhost" or ipaddress.ip_address(host).is_loopback
        except ValueError:
            return False


@dataclasses.dataclass(frozen=True)
class TensorSpec:
    """A tensor of a signature: its dtype's name, such as ``DT_STRING``, and its shape.

    A size of -1 is any size; a shape of None has any number of dimensions.
    """

    dtype: str
    shape: tuple[int, ...] | None


@dataclasses.dataclass(frozen=True)
class Signature:
    """What a model can be asked: the API's method name, inputs and outputs by name."""

    method: str
    inputs: dict[str, TensorSpec]
    outputs: dict[str, TensorSpec]


@dataclasses.dataclass(frozen=True)
class VersionState:
    """A version of a model on a server: its number, its state, such as ``AVAILABLE``, and what went wrong with it."""

    version: int
    state: str
    error: str


Arrays = dict[str, np.ndarray]
Scores = list[dict[str, float]]


def _port(address: str) -> Any:
    try:
        parts = urlsplit(address)
        return parts.hostname and (parts.port or parts.scheme)
    except ValueError:
        return None
