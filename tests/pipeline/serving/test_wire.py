"""What goes over the wire is TF Serving's: stock tools read and repeat it; TLS is real TLS."""

import asyncio
import base64
import json
import os
import re
import ssl
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web

from pipeline.serving.client import AsyncClient, Client
from pipeline.serving.target import ServingError
from tests.pipeline.serving.proxy import Certificate, Exchange, proxy
from tests.pipeline.serving.running import Running

pytestmark = pytest.mark.slow

TEXTS = ["京都の寺", "携帯電話", "", "café", "a\0b"]


@pytest.fixture(scope="module")
def certificate() -> Certificate:
    return Certificate.make()


@pytest.fixture(scope="module")
def exchanges(server: Running) -> list[Exchange]:
    """Every kind of request that the client makes."""
    with proxy(server.grpc) as (address, seen), Client(address, name="評判", batch_size=3) as client:
        client.classify(TEXTS)
        client.classification(TEXTS)
        client.predict({"text": TEXTS}, "tokenize")
        client.predict({"text": TEXTS[:2]}, "embed")
        client.metadata()
        client.status()
    return seen


def test_a_stock_client_repeats_the_very_bytes(server: Running, exchanges: list[Exchange], tmp_path: Path) -> None:
    recorded = [
        {
            "method": exchange.method,
            "request": base64.b64encode(exchange.request).decode(),
            "response": base64.b64encode(exchange.response).decode(),
        }
        for exchange in exchanges
    ]
    (tmp_path / "exchanges.json").write_text(json.dumps(recorded))
    script = tmp_path / "stock_client.py"
    script.write_text((Path(__file__).parent / "stock_client.py").read_text())
    environment = {
        **{key: value for key, value in os.environ.items() if key != "PYTHONPATH"},
        "TF_CPP_MIN_LOG_LEVEL": "3",
    }
    done = subprocess.run(
        [sys.executable, str(script), server.grpc, str(tmp_path / "exchanges.json"), "評判"],
        capture_output=True, text=True, encoding="utf-8", cwd=tmp_path, env=environment, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert sorted(set(json.loads(done.stdout))) == ["Classify", "GetModelMetadata", "GetModelStatus", "Predict"]
    assert len(json.loads(done.stdout)) == len(exchanges)


def test_saved_model_cli_shows_what_the_server_tells(server: Running) -> None:
    with Client(server.grpc, name="評判") as client:
        signatures = client.metadata()
    arguments = server.process.args
    version = Path(arguments[arguments.index("--model") + 1]) / "7"
    command = [str(Path(sys.executable).parent / "saved_model_cli"), "show", "--dir", str(version), "--all"]
    shown = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=True).stdout
    parts = re.split(r"signature_def\['(\w+)'\]:", shown)[1:]
    by_name = dict(zip(parts[::2], parts[1::2], strict=True))
    assert set(by_name) == set(signatures)
    for name, text in by_name.items():
        tensors = re.findall(r"(inputs|outputs)\['(\w+)'\] tensor_info:\s+dtype: (\w+)\s+shape: (.+)", text)
        told = signatures[name]
        for side, specs in (("inputs", told.inputs), ("outputs", told.outputs)):
            found = {key: (dtype, shape) for where, key, dtype, shape in tensors if where == side}
            assert found == {key: (spec.dtype, _shape(spec.shape)) for key, spec in specs.items()}
        assert f"Method name is: {told.method}" in text


def _shape(shape: tuple[int, ...] | None) -> str:
    if shape is None:
        return "unknown_rank"
    return f"({', '.join(map(str, shape))})" if shape else "()"


def test_grpc_over_tls_with_a_token(server: Running, certificate: Certificate, tmp_path: Path) -> None:
    file, _ = certificate.write(tmp_path)
    with proxy(server.grpc, certificate) as (address, seen):
        with Client(address, name="評判", tls=True, ca_file=file, token="秘密-token".encode().hex()) as client:
            assert client.classify(TEXTS[:1])[0].label == "京都"
        assert seen[0].metadata["authorization"] == f"Bearer {'秘密-token'.encode().hex()}"
        with Client(address, name="評判", tls=True, timeout=3) as stranger, pytest.raises(ServingError) as untrusted:
            stranger.classify(TEXTS[:1])
        assert untrusted.value.code in ("UNAVAILABLE", "DEADLINE_EXCEEDED")  # it tries again until its time is over
        with Client(address, name="評判", timeout=3) as clear, pytest.raises(ServingError):
            clear.classify(TEXTS[:1])
        assert len(seen) == 1


@pytest.fixture
def https(server: Running, certificate: Certificate, tmp_path: Path) -> Iterator["Https"]:
    yield Https(server.rest, certificate, tmp_path)


class Https:
    """Passes REST requests on, and wants them encrypted."""

    def __init__(self, target: str, certificate: Certificate, folder: Path) -> None:
        self.tokens: list[str | None] = []
        self.files = certificate.write(folder)
        self._target = target

    async def start(self) -> tuple[web.AppRunner, str]:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(*self.files)
        application = web.Application()
        application.router.add_route("*", "/{path:.*}", self._pass_on)
        runner = web.AppRunner(application)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context).start()
        return runner, f"https://localhost:{runner.addresses[0][1]}"

    async def _pass_on(self, request: web.Request) -> web.Response:
        self.tokens.append(request.headers.get("Authorization"))
        async with (
            aiohttp.ClientSession() as session,
            session.request(request.method, self._target + request.path, data=await request.read()) as response,
        ):
            return web.Response(body=await response.read(), status=response.status)


def test_rest_over_tls_with_a_token(https: Https) -> None:
    async def ask() -> None:
        runner, address = await https.start()
        try:
            async with AsyncClient(address, name="評判", ca_file=https.files[0], token="token") as client:
                assert (await client.classify(TEXTS[:1]))[0].label == "京都"
            assert set(https.tokens) == {"Bearer token"}
            trusted = len(https.tokens)
            # Not tried again: the pauses between five attempts are 2.4 s at least.
            async with AsyncClient(address, name="評判", timeout=2) as stranger:
                with pytest.raises(ServingError) as untrusted:
                    await stranger.classify(TEXTS[:1])
            assert "certificate" in str(untrusted.value).lower()
            assert len(https.tokens) == trusted
        finally:
            await runner.cleanup()

    asyncio.run(ask())
