"""A gRPC server between a client and the server, which passes bytes on and remembers them; encrypted if asked to."""

import concurrent.futures
import contextlib
import dataclasses
import datetime
import ipaddress
from collections.abc import Iterator
from pathlib import Path

import grpc
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec


@dataclasses.dataclass(frozen=True)
class Exchange:
    """One call: its method, its metadata, and the bytes that went to and fro."""

    method: str
    metadata: dict[str, str]
    request: bytes
    response: bytes


@dataclasses.dataclass(frozen=True)
class Certificate:
    """A certificate that its own key has signed, for this machine, both as PEM."""

    certificate: bytes
    key: bytes

    @classmethod
    def make(cls) -> "Certificate":
        """Valid for ``localhost`` and 127.0.0.1, from yesterday until tomorrow."""
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
        now, day = datetime.datetime.now(datetime.timezone.utc), datetime.timedelta(days=1)
        hosts = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
        builder = x509.CertificateBuilder(
            name, name, key.public_key(), x509.random_serial_number(), now - day, now + day
        )
        builder = builder.add_extension(x509.SubjectAlternativeName(hosts), critical=False)
        builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        pem = serialization.Encoding.PEM
        secret = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        return cls(builder.sign(key, hashes.SHA256()).public_bytes(pem), secret)

    def write(self, folder: Path) -> tuple[Path, Path]:
        """Writes both; gives the certificate's file and the key's."""
        files = folder / "certificate.pem", folder / "key.pem"
        for file, content in zip(files, (self.certificate, self.key), strict=True):
            file.write_bytes(content)
        return files


class _Recorder(grpc.GenericRpcHandler):
    def __init__(self, target: str) -> None:
        self.exchanges: list[Exchange] = []
        self._channel = grpc.insecure_channel(target)

    def service(self, details: grpc.HandlerCallDetails) -> grpc.RpcMethodHandler:
        call = self._channel.unary_unary(details.method)  # bytes in, bytes out

        def answer(request: bytes, context: grpc.ServicerContext) -> bytes:
            try:
                response = call(request, timeout=30)
            except grpc.RpcError as error:
                context.abort(error.code(), error.details())
            self.exchanges.append(Exchange(details.method, dict(details.invocation_metadata), request, response))
            return response

        return grpc.unary_unary_rpc_method_handler(answer)


@contextlib.contextmanager
def proxy(target: str, certificate: Certificate | None = None) -> Iterator[tuple[str, list[Exchange]]]:
    """Starts it on a free port of this machine; gives its address and what it has seen."""
    recorder = _Recorder(target)
    server = grpc.server(concurrent.futures.ThreadPoolExecutor(4), handlers=[recorder])
    if certificate:
        credentials = grpc.ssl_server_credentials([(certificate.key, certificate.certificate)])
        port = server.add_secure_port("127.0.0.1:0", credentials)
    else:
        port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        yield f"localhost:{port}", recorder.exchanges
    finally:
        server.stop(None).wait()
