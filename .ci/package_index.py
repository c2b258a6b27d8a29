"""Reaches the package index while nothing is installed yet: standard library only, any Python from 3.8 on.

``package_index.py VERB``, where the verb is ``environment`` (prints shell assignments that give uv the index
and the certificates of pip), ``fetch-uv DIRECTORY`` (puts the pinned uv there) or ``check`` (fails, saying
why, when the index is out of reach).
"""

from __future__ import annotations

import base64
import configparser
import hashlib
import http.client
import io
import json
import os
import platform
import re
import shlex
import ssl
import sys
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request
import zipfile
from pathlib import Path

DEFAULT_INDEX = "https://pypi.org/simple"
UV_VERSION = "0.13.9"
UV_WHEELS = {  # by machine: the wheel's platform tag and its SHA-256
    "x86_64": (
        "manylinux_2_17_x86_64.manylinux2014_x86_64",
        "d7f459fe4fd247d830351c75686d3996ace3c6f3f728eb0e85a30b7ada0cef19",
    ),
    "aarch64": (
        "manylinux_2_17_aarch64.manylinux2014_aarch64.musllinux_1_1_aarch64",
        "5435c5ce14a56431208ca0996416d310f1598e8c2c8ba707688985a16bb82dbe",
    ),
}
ACCEPT = "application/vnd.pypi.simple.v1+json, text/html;q=0.5"
TIMEOUT_SECONDS = 15


def pip_setting(name: str) -> str | None:
    """A setting of pip: its environment variable, else its configuration files, where the later one wins."""
    variable = os.environ.get(f"PIP_{name.upper().replace('-', '_')}")
    home = Path.home()
    files = [
        Path("/etc/xdg/pip/pip.conf"),
        Path("/etc/pip.conf"),
        home / ".pip" / "pip.conf",
        Path(os.environ.get("XDG_CONFIG_HOME") or home / ".config") / "pip" / "pip.conf",
        Path(os.environ.get("PIP_CONFIG_FILE") or os.devnull),
    ]
    parser = configparser.RawConfigParser()
    try:
        parser.read(files, encoding="utf-8")
    except (configparser.Error, UnicodeDecodeError):
        return variable
    return variable or parser.get("global", name, fallback=None)


def index_url() -> str:
    """The address of the simple index: uv's setting, else pip's, else the standard one."""
    chosen = os.environ.get("UV_DEFAULT_INDEX") or os.environ.get("UV_INDEX_URL") or pip_setting("index-url")
    return (chosen or DEFAULT_INDEX).rstrip("/")


def certificate_file() -> str | None:
    """The file of certificate authorities that was configured, if any."""
    return os.environ.get("SSL_CERT_FILE") or pip_setting("cert") or os.environ.get("REQUESTS_CA_BUNDLE")


def has_system_certificates() -> bool:
    """Whether this system has any certificate authorities; a minimal Debian has none."""
    paths = ssl.get_default_verify_paths()
    return bool(paths.cafile) or bool(paths.capath and any(Path(paths.capath).iterdir()))


def environment() -> dict[str, str]:
    """The variables with which uv uses the index and certificates of pip or, failing those, of the system."""
    variables = {}
    if index_url() != DEFAULT_INDEX and not os.environ.get("UV_INDEX_URL"):
        variables["UV_DEFAULT_INDEX"] = index_url()
    authorities = certificate_file()
    if authorities:
        variables["SSL_CERT_FILE"] = authorities
    elif has_system_certificates():
        variables["UV_SYSTEM_CERTS"] = "1"
    return variables


def fetch_uv(directory: Path) -> None:
    """Downloads the pinned uv, checks its hash and puts the executable into a directory.

    Args:
        directory: An existing directory.

    Raises:
        SystemExit: With one line for people, if there is none for this machine or the index is out of reach.
    """
    machine = platform.machine()
    if sys.platform != "linux" or machine not in UV_WHEELS:
        raise SystemExit(f"no uv is known for {sys.platform} on {machine}: install uv and put it on PATH")
    tag, digest = UV_WHEELS[machine]
    wheel = f"uv-{UV_VERSION}-py3-none-{tag}.whl"
    content = get(wheel_address(wheel))
    if hashlib.sha256(content).hexdigest() != digest:
        raise SystemExit(f"{wheel} of the index has not the pinned SHA-256: install uv and put it on PATH")
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        binary = archive.read(f"uv-{UV_VERSION}.data/scripts/uv")
    with tempfile.NamedTemporaryFile(dir=str(directory), delete=False) as file:
        file.write(binary)
    os.chmod(file.name, 0o755)
    os.replace(file.name, str(directory / "uv"))  # whole or not at all


def wheel_address(wheel: str) -> str:
    """Finds a wheel of uv on the index's page, be it JSON or, as older indexes have it, HTML."""
    page = f"{index_url()}/uv/"
    body = get(page).decode("utf-8")
    if body.lstrip().startswith("{"):
        links = [file["url"] for file in json.loads(body)["files"]]
    else:
        links = re.findall(r'href="([^"]+)"', body)
    for link in links:
        address = urllib.parse.urljoin(page, link.partition("#")[0])
        if urllib.parse.unquote(address).endswith("/" + wheel):
            return address
    raise SystemExit(f"the package index {host(page)} has no uv {UV_VERSION}: install uv and put it on PATH")


def get(address: str, attempts: int = 2) -> bytes:
    """Fetches an address.

    Raises:
        SystemExit: With one line for people, if it cannot be had.
    """
    try:
        with urllib.request.urlopen(request(address), timeout=TIMEOUT_SECONDS, context=tls()) as answer:
            return answer.read()
    except (OSError, ValueError, http.client.HTTPException) as error:
        if attempts > 1:
            time.sleep(1)
            return get(address, attempts - 1)
        reason = error if isinstance(error, urllib.error.HTTPError) else getattr(error, "reason", error)
        raise SystemExit(
            f"no route to the package index {host(address)} ({reason}): check the network and HTTPS_PROXY, "
            "or set PIP_INDEX_URL (and PIP_CERT) to an index within reach"
        ) from error


def request(address: str) -> urllib.request.Request:
    """A request that prefers JSON and, on the index's own host, carries the credentials of its address."""
    index, wanted = urllib.parse.urlsplit(index_url()), urllib.parse.urlsplit(address)
    bare = urllib.parse.urlunsplit(wanted._replace(netloc=host(address)))
    asked = urllib.request.Request(bare, headers={"Accept": ACCEPT})
    if index.username and index.hostname == wanted.hostname:
        user, password = (urllib.parse.unquote(part or "") for part in (index.username, index.password))
        token = base64.b64encode(f"{user}:{password}".encode()).decode("ascii")
        asked.add_unredirected_header("Authorization", f"Basic {token}")
    return asked


def tls() -> ssl.SSLContext:
    """The TLS settings: with verification, unless this system has nothing to verify with.

    In that one case nothing secret is sent (credentials in the index's address are refused) and what comes is
    trusted by its pinned hash alone. uv brings its own authorities for all that follows.
    """
    authorities = certificate_file()
    if authorities or has_system_certificates():
        return ssl.create_default_context(cafile=authorities)
    if urllib.parse.urlsplit(index_url()).username:
        raise SystemExit("no certificate authorities here: apt-get install ca-certificates, or set PIP_CERT")
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def host(address: str) -> str:
    """The host of an address, without credentials."""
    return urllib.parse.urlsplit(address).netloc.rpartition("@")[2]


def main(verb: str, *arguments: str) -> None:
    """Runs one of the verbs of the module's docstring."""
    if verb == "environment":
        for name, value in environment().items():
            print(f"export {name}={shlex.quote(value)}")
    elif verb == "fetch-uv":
        fetch_uv(Path(*arguments))
    elif verb == "check":
        get(f"{index_url()}/setuptools/")
    else:
        raise SystemExit(f"no such verb: {verb}")


if __name__ == "__main__":
    main(*sys.argv[1:])
