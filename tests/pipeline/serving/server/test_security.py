"""TLS and a token: wrong files are refused in one line; with right ones our client and stock ones are answered."""

import json
import ssl
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc

from components.errors import ConfigError
from pipeline.serving.client import Client
from pipeline.serving.protos import get_model_status_pb2, model_service_pb2_grpc
from pipeline.serving.server.refusals import Refusal
from pipeline.serving.server.security import Access, Security
from pipeline.serving.server.serve import Serving, open_
from pipeline.serving.target import ServingError
from tests.components.servable_check import models
from tests.pipeline.serving import certificates
from tests.pipeline.serving.certificates import Files
from tests.pipeline.serving.inside import Inside, inside

TOKEN = "a-token-of-many-characters"


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Files:
    return certificates.make(tmp_path_factory.mktemp("certificates"))


def token_file(folder: Path, content: bytes = TOKEN.encode() + b"\n") -> Path:
    file = folder / "token"
    file.write_bytes(content)
    file.chmod(0o600)
    return file


@pytest.fixture(scope="module")
def server(files: Files, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Inside]:
    directory = tmp_path_factory.mktemp("tls") / "評判"
    models.save_whole(directory / "7")
    security = Security(files.cert, files.key, token_file(directory.parent))
    with inside(directory, host="localhost", security=security) as started:
        yield started


def test_files_that_are_right(files: Files, tmp_path: Path) -> None:
    assert isinstance(Security(files.cert, files.key).tls(), ssl.SSLContext)
    assert Security().tls() is None and Security().access().is_open
    chain = tmp_path / "chain.crt"
    chain.write_bytes(files.cert.read_bytes() + certificates.make(tmp_path, "other").cert.read_bytes())
    assert Security(chain, files.key).tls()


def test_files_that_are_wrong(files: Files, tmp_path: Path) -> None:
    other = certificates.make(tmp_path / "other")
    old, early = certificates.make(tmp_path / "old", days=(-9, -1)), certificates.make(tmp_path / "early", days=(2, 9))
    locked = certificates.make(tmp_path / "locked", password=b"secret")
    empty, seen = tmp_path / "empty", tmp_path / "seen"
    empty.touch(mode=0o600)
    seen.write_bytes(files.key.read_bytes())
    seen.chmod(0o644)
    for cert, key, said in (
        (files.cert, None, "--tls-key: is missing"),
        (None, files.key, "--tls-cert: is missing"),
        (tmp_path / "nowhere", files.key, "--tls-cert: .*nowhere cannot be read: No such file"),
        (files.cert, tmp_path, "--tls-key: .* cannot be read: Is a directory"),
        (files.cert, other.key, "--tls-key: .*server.key is not the key of the certificate"),
        (old.cert, old.key, "--tls-cert: .* is not valid: certificate has expired"),
        (early.cert, early.key, "--tls-cert: .* is not valid: certificate is not yet valid"),
        (locked.cert, locked.key, "--tls-key: .* is encrypted: give a key without a password"),
        (empty, files.key, "--tls-cert: .*empty does not hold a certificate as PEM"),
        (files.key, files.key, "--tls-cert: .*server.key does not hold a certificate as PEM"),
        (files.cert, empty, "--tls-key: .*empty does not hold a private key as PEM"),
        (files.cert, seen, "--tls-key: every user of this machine may read .*seen: run chmod o= "),
    ):
        with pytest.raises(ConfigError, match=said):
            Security(cert, key).tls()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "must hold one token"),
        (b"two words-of-a-token\n", "must hold one token"),
        ("京都の寺の長い合言葉です".encode(), "must hold one token of ASCII characters"),
        (b"a\0token-of-many-characters", "must hold one token"),
        (b"short", "fewer than 16 characters"),
    ],
)
def test_tokens_that_are_none(tmp_path: Path, content: bytes, said: str) -> None:
    with pytest.raises(ConfigError, match=f"--token-file: .*{said}"):
        Security(token=token_file(tmp_path, content)).access()


def test_a_token_that_everybody_can_read_or_that_is_not_there(tmp_path: Path) -> None:
    file = token_file(tmp_path)
    file.chmod(0o604)
    with pytest.raises(ConfigError, match="--token-file: every user of this machine may read"):
        Security(token=file).access()
    with pytest.raises(ConfigError, match="--token-file: .*nowhere cannot be read"):
        Security(token=tmp_path / "nowhere").access()


@pytest.mark.parametrize(
    "sent", [f"Bearer {TOKEN}", f"bearer {TOKEN}", f"BEARER  {TOKEN} ", f"Bearer {TOKEN}".encode()]
)
def test_the_right_token(sent: str | bytes) -> None:
    Access(TOKEN).check(sent)
    Access(None).check(sent)


@pytest.mark.parametrize(
    "sent", [None, "", TOKEN, f"Basic {TOKEN}", f"Bearer {TOKEN}x", "Bearer ", "Bearer 京都", b"\xff"]
)
def test_wrong_tokens(sent: str | bytes | None) -> None:
    with pytest.raises(Refusal, match="UNAUTHENTICATED") as refused:
        Access(TOKEN).check(sent)
    assert refused.value.http_status == 401 and TOKEN not in str(refused.value)


def test_a_token_in_clear_is_for_this_machine_alone(tmp_path: Path, files: Files) -> None:
    token = token_file(tmp_path)
    for host, tls, is_fine in (
        ("127.0.0.1", False, True),
        ("localhost", False, True),
        ("0.0.0.0", False, False),
        ("0.0.0.0", True, True),
    ):
        security = Security(*((files.cert, files.key) if tls else (None, None)), token)
        serving = Serving(tmp_path, "m", host, 0, 0, security=security)
        if is_fine:
            for one in open_(serving).rest_sockets:
                one.close()
        else:
            with pytest.raises(ConfigError, match="--token-file: clients would send the token to 0.0.0.0 in clear"):
                open_(serving)


@pytest.mark.slow
def test_our_client_over_both(server: Inside, files: Files) -> None:
    assert server.rest.startswith("https://localhost:")
    for address in (server.grpc, server.rest):
        options = {"name": "評判", "tls": not address.startswith("http"), "ca_file": files.cert, "attempts": 1}
        with Client(address, token=TOKEN, **options) as client:  # type: ignore[arg-type]
            assert client.classify(["京都", "グルメ"])[0].label == "京都"
            assert client.status() and client.metadata() and client.classification(["京都"])
        for token in (None, "another-token-of-many"):
            with Client(address, token=token, **options) as client, pytest.raises(ServingError) as refused:  # type: ignore[arg-type]
                client.classify(["京都"])
            assert refused.value.code == "UNAUTHENTICATED"
            assert "Authorization: Bearer TOKEN" in refused.value.details
    assert server.log == []


@pytest.mark.slow
def test_stock_clients(server: Inside, files: Files) -> None:
    credentials = grpc.ssl_channel_credentials(files.cert.read_bytes())
    status = get_model_status_pb2.GetModelStatusRequest()
    status.model_spec.name = "評判"
    with grpc.secure_channel(server.grpc, credentials) as channel:
        stub = model_service_pb2_grpc.ModelServiceStub(channel)
        found = stub.GetModelStatus(status, metadata=[("authorization", f"Bearer {TOKEN}")], timeout=10)
        assert found.model_version_status[0].version == 7
        with pytest.raises(grpc.RpcError) as refused:
            stub.GetModelStatus(status, timeout=10)
        assert refused.value.code() == grpc.StatusCode.UNAUTHENTICATED
        health = health_pb2_grpc.HealthStub(channel).Check(health_pb2.HealthCheckRequest(), timeout=10)
        assert health.status == health_pb2.HealthCheckResponse.SERVING  # open: probes have no token
    together = grpc.composite_channel_credentials(credentials, grpc.access_token_call_credentials(TOKEN))
    with grpc.secure_channel(server.grpc, together) as channel:
        assert model_service_pb2_grpc.ModelServiceStub(channel).GetModelStatus(status, timeout=10)

    context = ssl.create_default_context(cafile=str(files.cert))

    def get(path: str, token: str | None) -> tuple[int, dict[str, object] | str, str | None]:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        request = urllib.request.Request(server.rest + path, headers=headers)
        try:
            with urllib.request.urlopen(request, context=context, timeout=10) as response:
                return response.status, response.read().decode(), None
        except urllib.error.HTTPError as error:
            return error.code, json.loads(error.read()), error.headers["WWW-Authenticate"]

    for path in ("/v1/models/%E8%A9%95%E5%88%A4", "/monitoring/prometheus/metrics"):
        assert get(path, TOKEN)[0] == 200
        code, body, scheme = get(path, None)
        assert (code, list(body), scheme) == (401, ["error"], "Bearer")
    assert get("/elsewhere", None)[0] == 401  # what there is, is not told


@pytest.mark.slow
def test_who_does_not_encrypt_or_trust(server: Inside) -> None:
    clear = server.rest.replace("https://", "http://")
    for address, options in ((server.grpc, {}), (clear, {}), (server.grpc, {"tls": True}), (server.rest, {})):
        with (
            Client(address, name="評判", attempts=1, timeout=5, **options) as client,  # type: ignore[arg-type]
            pytest.raises(ServingError) as failed,
        ):
            client.classify(["京都"])
        assert failed.value.code in ("UNAVAILABLE", "DEADLINE_EXCEEDED")
    assert server.log == []
