"""TLS and a token for a server: what is read from files, and what is refused before anything is served."""

import dataclasses
import hmac
import ssl
from pathlib import Path

import grpc

from components.errors import ConfigError
from pipeline.serving.server.refusals import no_token

_CERT, _KEY, _TOKEN = "--tls-cert", "--tls-key", "--token-file"
_OTHERS = 0o007  # what everybody may do with a file
_SHORTEST_TOKEN = 16  # characters
_SCHEME = b"bearer "


@dataclasses.dataclass(frozen=True)
class Security:
    """Files that make a server safe to reach from elsewhere.

    Attributes:
        cert: The server's certificate and those between it and the authority's, as PEM; None: no TLS.
        key: Its private key, as PEM.
        token: Holds what clients must send; None: nothing.
    """

    cert: Path | None = None
    key: Path | None = None
    token: Path | None = None

    def tls(self) -> ssl.SSLContext | None:
        """What encrypts REST.

        Raises:
            ConfigError: If a file is missing, cannot be read, can be read by everybody, or holds something else; if the
                key is of another certificate; or if the certificate is not valid today.
        """
        if self.cert is None and self.key is None:
            return None
        if self.cert is None or self.key is None:
            raise ConfigError(_KEY if self.key is None else _CERT, "is missing: TLS needs a certificate and its key")
        _read(_CERT, self.cert)
        _read(_KEY, self.key, secret=True)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.set_alpn_protocols(["http/1.1"])
        try:
            context.load_cert_chain(self.cert, self.key, password=_refuse_password)
        except (ssl.SSLError, ValueError) as error:
            raise self._wrong(error) from None
        _check_dates(context, self.cert)
        return context

    def grpc_credentials(self) -> grpc.ServerCredentials | None:
        """What encrypts gRPC; `tls` has looked at the files."""
        if self.cert is None or self.key is None:
            return None
        return grpc.ssl_server_credentials([(self.key.read_bytes(), self.cert.read_bytes())])

    def access(self) -> "Access":
        """What clients must show.

        Raises:
            ConfigError: If the file is missing, can be read by everybody, or does not hold one token.
        """
        if self.token is None:
            return Access(None)
        try:
            words = _read(_TOKEN, self.token, secret=True).decode("ascii").split()
        except UnicodeDecodeError:
            words = []
        if len(words) != 1 or not words[0].isprintable():
            raise ConfigError(_TOKEN, f"{self.token} must hold one token of ASCII characters, without spaces")
        if len(words[0]) < _SHORTEST_TOKEN:
            raise ConfigError(
                _TOKEN, f"the token in {self.token} has fewer than {_SHORTEST_TOKEN} characters and can be guessed"
            )
        return Access(words[0])

    def _wrong(self, error: Exception) -> ConfigError:
        reason = getattr(error, "reason", None) or ""
        if reason == "KEY_VALUES_MISMATCH":
            return ConfigError(_KEY, f"{self.key} is not the key of the certificate {self.cert}")
        if isinstance(error, _EncryptedKeyError) or "PASSWORD" in reason or "DECRYPT" in reason:
            return ConfigError(_KEY, f"{self.key} is encrypted: give a key without a password")
        if _holds_certificate(self.cert):
            return ConfigError(_KEY, f"{self.key} does not hold a private key as PEM")
        return ConfigError(_CERT, f"{self.cert} does not hold a certificate as PEM")


class Access:
    """Who is answered."""

    def __init__(self, token: str | None) -> None:
        """Keeps it.

        Args:
            token: What must be sent as ``Authorization: Bearer TOKEN``; None: everybody is answered.
        """
        self._token = None if token is None else token.encode()

    @property
    def is_open(self) -> bool:
        """Whether everybody is answered."""
        return self._token is None

    def check(self, authorization: str | bytes | None) -> None:
        """Compares in a time that tells nothing of the token.

        Args:
            authorization: The header of a request.

        Raises:
            Refusal: If it is not the token.
        """
        if self._token is None:
            return
        sent = authorization or b""
        sent = sent.encode(errors="surrogateescape") if isinstance(sent, str) else sent
        is_bearer = sent[: len(_SCHEME)].lower() == _SCHEME
        if not hmac.compare_digest(sent[len(_SCHEME) :].strip(), self._token) or not is_bearer:
            raise no_token()


class _EncryptedKeyError(ValueError):
    """Nobody is at the terminal to type a password."""


def _refuse_password() -> str:
    raise _EncryptedKeyError


def _read(option: str, file: Path, secret: bool = False) -> bytes:
    try:
        content = file.read_bytes()
        mode = file.stat().st_mode
    except OSError as error:
        raise ConfigError(option, f"{file} cannot be read: {error.strerror}") from None
    if secret and mode & _OTHERS:
        raise ConfigError(option, f"every user of this machine may read {file}: run chmod o= {file}")
    return content


def _holds_certificate(file: Path | None) -> bool:
    try:
        ssl.create_default_context(cafile=str(file))
    except (ssl.SSLError, OSError):
        return False
    return True


def _check_dates(context: ssl.SSLContext, file: Path) -> None:
    """Shakes hands with itself, as a client that trusts this very certificate: only its dates are left to be wrong."""
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client.check_hostname = False
    client.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    client.load_verify_locations(file)
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    ends = [
        client.wrap_bio(to_client, to_server, server_hostname="localhost"),
        context.wrap_bio(to_server, to_client, server_side=True),
    ]
    for _ in range(4):
        for end in ends:
            try:
                end.do_handshake()
            except ssl.SSLWantReadError:
                continue
            except ssl.SSLCertVerificationError as error:
                raise ConfigError(_CERT, f"{file} is not valid: {error.verify_message}") from None
            except ssl.SSLError:
                return  # the other end says more
