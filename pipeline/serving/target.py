"""Which server is asked, for which model, and how."""

import dataclasses
import ipaddress
import math
import os
import re
import socket
import ssl
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np

from components.errors import ConfigError, TfxBertError

LARGEST_ANSWER = 64 << 20
"""Most bytes of an answer, unpacked: of fewer texts a request there is less."""

_MOST_ATTEMPTS = 5
_LARGEST_VERSION = (1 << 63) - 1
_LONGEST_DETAILS = 500  # characters
# Nothing that two parsers could read as two addresses: no user, no blanks, no backslash, no query.
_ADDRESS = re.compile(r"(?:(https?)://)?([\w.-]+|\[[0-9a-fA-F:.]+\])(?::([0-9]{1,5}))?(/[\w.~/%-]*)?")
_VISIBLE = re.compile(r"[!-~]+")
_NOT_SHOWN = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]+")


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
        self.code = code
        self.details = _NOT_SHOWN.sub(
            " ", str(details)[:_LONGEST_DETAILS]
        ).strip()  # the terminal belongs to the person
        super().__init__(f"{code}: {self.details}")


class Redirected(ServingError):
    """The server names another one, to which nothing was sent."""


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
        if not math.isfinite(self.timeout) or self.timeout <= 0:
            raise ConfigError("", f"timeout is {self.timeout}: a number of seconds above 0")
        if self.version is not None and abs(self.version) > _LARGEST_VERSION:
            raise ConfigError("", f"version is {self.version}: TF Serving knows numbers of 64 bits")
        if not self.name or _NOT_SHOWN.search(f"{self.name}{self.label or ''}"):
            raise ConfigError("", f"{self.name!r} is no name of a model")
        if not self._parsed:
            raise ConfigError(
                "",
                f"{self.server!r} is no server: HOST:PORT for gRPC, or http://HOST:PORT or https://HOST:PORT for REST",
            )
        if self.token:
            self._check_token(self.token)

    @property
    def is_rest(self) -> bool:
        """Whether REST is spoken, and not gRPC."""
        return self.server.startswith(("http://", "https://"))

    @property
    def is_encrypted(self) -> bool:
        """Whether what is sent is encrypted."""
        return self.server.startswith("https://") if self.is_rest else self.tls

    @property
    def is_local(self) -> bool:
        """Whether the server is on this machine by its address: then it is asked directly, without a proxy."""
        return self.host == "localhost" or _is_loopback(self.host)

    @property
    def host(self) -> str:
        """The host's name or address."""
        found = self._parsed
        return found[2].strip("[]").lower() if found else ""

    @property
    def proxy(self) -> tuple[str, str] | None:
        """The environment variable and the address of the proxy that gRPC asks through; None if it asks directly.

        As gRPC reads them: https://github.com/grpc/grpc/blob/master/doc/environment_variables.md. REST uses no proxy.
        """
        if self.is_rest or self.is_local:
            return None
        name = next(filter(os.environ.get, ("grpc_proxy", "https_proxy", "http_proxy")), None)
        direct = next(filter(None, map(os.environ.get, ("no_grpc_proxy", "no_proxy"))), "")
        if name is None or any(self.host.endswith(one.strip().lower()) for one in direct.split(",") if one.strip()):
            return None
        return name, re.sub(r"//[^/@]*@", "//", os.environ[name])  # without its password

    @property
    def _parsed(self) -> re.Match[str] | None:
        found = _ADDRESS.fullmatch(self.server)
        if not found or (found[3] and not 0 < int(found[3]) < 65536):
            return None
        if not found[1] and (not found[3] or found[4]):
            return None  # gRPC has no usual port and no path
        return found

    def _check_token(self, token: str) -> None:
        if not _VISIBLE.fullmatch(token):
            raise ConfigError(
                "", "the token (TFX_BERT_TOKEN) has a blank, a line end or a character that is not ASCII: set it anew"
            )
        if self.is_encrypted:
            return
        if not self.is_local:
            raise ConfigError("", f"the token would be sent to {self.server} in clear: ask for TLS, or https://")
        for address in _addresses(self.host):
            if not _is_loopback(address):
                raise ConfigError(
                    "", f"the token would be sent in clear: {self.host} is {address} here, another machine"
                )


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


def origin(address: str) -> tuple[str, str, int | None]:
    """Scheme, host and port of a URL: what a redirect may not change.

    Raises:
        ValueError: If it is none.
    """
    parts = urlsplit(address)
    return parts.scheme, parts.hostname or "", parts.port or {"http": 80, "https": 443}.get(parts.scheme)


def _is_loopback(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False


def _addresses(host: str) -> set[str]:
    """What the host's name stands for; none if nobody knows, which the first request will say."""
    try:
        return {str(found[4][0]) for found in socket.getaddrinfo(host, None)}
    except OSError:
        return set()
