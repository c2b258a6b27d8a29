"""`.ci/package_index.py` against an index on this machine."""

import base64
import hashlib
import http.server
import importlib.util
import io
import json
import platform
import ssl
import threading
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import pytest

SCRIPT = Path(__file__).resolve().parents[2] / ".ci" / "package_index.py"
TAG = "any_tag"


@pytest.fixture
def package_index(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location("package_index", SCRIPT)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    names = (
        "UV_DEFAULT_INDEX",
        "UV_INDEX_URL",
        "PIP_INDEX_URL",
        "PIP_CONFIG_FILE",
        "PIP_CERT",
        "SSL_CERT_FILE",
    )
    for name in (*names, "REQUESTS_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PIP_CONFIG_FILE", str(tmp_path / "pip.conf"))
    monkeypatch.setattr(module, "UV_WHEELS", {platform.machine(): (TAG, hashlib.sha256(wheel()).hexdigest())})
    monkeypatch.setattr(module.time, "sleep", lambda seconds: None)
    return module


def wheel() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr(zipfile.ZipInfo("uv-0.13.9.data/scripts/uv"), "#!/bin/sh\necho uv\n")
    return file.getvalue()


class Index(http.server.ThreadingHTTPServer):
    """Serves one page of uv's wheels and one wheel, and keeps what it was asked."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.page = b""
        self.wheel = wheel()
        self.authorizations: list[str | None] = []

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/simple"


class Handler(http.server.BaseHTTPRequestHandler):
    server: Index

    def do_GET(self) -> None:
        self.server.authorizations.append(self.headers["Authorization"])
        body = self.server.page if self.path == "/simple/uv/" else self.server.wheel
        self.send_response(200 if body else 403)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *arguments: object) -> None:
        pass


@pytest.fixture
def index() -> Iterator[Index]:
    server = Index()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def file_name(package_index: ModuleType) -> str:
    return f"uv-{package_index.UV_VERSION}-py3-none-{TAG}.whl"


def json_page(name: str) -> bytes:
    files = [{"filename": "x", "url": "../../files/x.whl"}, {"filename": name, "url": f"../../files/{name}"}]
    return json.dumps({"files": files}).encode()


def html_page(name: str) -> bytes:
    return f'<html><a href="/files/x.whl">x</a><a href="/files/{name}#sha256=0">{name}</a></html>'.encode()


@pytest.mark.parametrize("page", [json_page, html_page])
def test_uv_is_fetched_from_the_configured_index(
    package_index: ModuleType,
    index: Index,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    page: Callable[[str], bytes],
) -> None:
    monkeypatch.setenv("PIP_INDEX_URL", index.address + "/")
    index.page = page(file_name(package_index))

    package_index.main("fetch-uv", str(tmp_path))

    uv = tmp_path / "uv"
    assert uv.read_text() == "#!/bin/sh\necho uv\n"
    assert uv.stat().st_mode & 0o777 == 0o755
    assert [path.name for path in tmp_path.iterdir()] == ["uv"]


def test_another_content_is_refused(
    package_index: ModuleType, index: Index, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PIP_INDEX_URL", index.address)
    index.page = json_page(file_name(package_index))
    index.wheel += b"x"

    with pytest.raises(SystemExit, match="has not the pinned SHA-256"):
        package_index.fetch_uv(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_index_without_uv(package_index: ModuleType, index: Index, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_INDEX_URL", index.address)
    index.page = json_page("uv-0.0.1.whl")

    with pytest.raises(SystemExit, match=rf"the package index 127\.0\.0\.1:{index.server_port} has no uv "):
        package_index.wheel_address(file_name(package_index))


def test_index_that_refuses(package_index: ModuleType, index: Index, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_INDEX_URL", index.address)

    with pytest.raises(SystemExit, match=r"no route to the package index .*403: Forbidden\): check the network"):
        package_index.wheel_address(file_name(package_index))
    assert len(index.authorizations) == 2  # tried once more


def test_unknown_host(package_index: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_INDEX_URL", "http://me:secret@no-such-host.invalid/simple")

    with pytest.raises(SystemExit) as raised:
        package_index.main("check")
    assert str(raised.value).startswith("no route to the package index no-such-host.invalid (")
    assert "secret" not in str(raised.value)


def test_credentials_go_to_the_index_only(
    package_index: ModuleType, index: Index, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIP_INDEX_URL", index.address.replace("://", "://me:p%40ss@"))
    index.page = json_page(file_name(package_index))

    package_index.get(package_index.wheel_address(file_name(package_index)))
    elsewhere = package_index.request("http://elsewhere.invalid/uv.whl")

    assert index.authorizations == ["Basic " + base64.b64encode(b"me:p@ss").decode()] * 2
    assert not elsewhere.has_header("Authorization")


def test_pip_settings_reach_uv(
    package_index: ModuleType,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "pip.conf").write_text("[global]\nindex-url = http://a.invalid/s?x=1&y\ncert = /a b.pem\n")
    package_index.main("environment")
    from_file = capsys.readouterr().out

    monkeypatch.setenv("PIP_INDEX_URL", "http://b.invalid/s/")
    monkeypatch.setenv("SSL_CERT_FILE", "/c.pem")
    package_index.main("environment")

    assert from_file == ("export UV_DEFAULT_INDEX='http://a.invalid/s?x=1&y'\nexport SSL_CERT_FILE='/a b.pem'\n")
    assert capsys.readouterr().out == ("export UV_DEFAULT_INDEX=http://b.invalid/s\nexport SSL_CERT_FILE=/c.pem\n")


def test_uv_keeps_an_index_of_its_own(package_index: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_INDEX_URL", "http://pip.invalid/simple")
    monkeypatch.setenv("UV_INDEX_URL", "http://uv.invalid/simple")

    assert package_index.index_url() == "http://uv.invalid/simple"
    assert "UV_DEFAULT_INDEX" not in package_index.environment()


def test_certificates_are_verified_unless_there_is_nothing_to_verify_with(
    package_index: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(package_index, "certificate_file", lambda: None)
    verifies = {}
    for known in (True, False):
        monkeypatch.setattr(package_index, "has_system_certificates", lambda known=known: known)
        verifies[known] = package_index.tls().verify_mode == ssl.CERT_REQUIRED

    assert verifies == {True: True, False: False}

    monkeypatch.setenv("PIP_INDEX_URL", "https://me:secret@a.invalid/simple")
    with pytest.raises(SystemExit, match="no certificate authorities here"):
        package_index.tls()
