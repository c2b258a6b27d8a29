"""A real PostgreSQL on loopback, of Debian's package, which a test starts and ends."""

import contextlib
import dataclasses
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from kubeflow.rehearsal.ports import free_ports

PASSWORD = "geheim-秘密%"
USER = "mlmd"


@dataclasses.dataclass(frozen=True)
class Server:
    """A server that wants a password."""

    programs: Path
    folder: Path
    port: int

    def run(self, program: str, *arguments: str, check: bool = True) -> str:
        """One of its programs, not as root, which they refuse."""
        user = {"user": "postgres"} if os.getuid() == 0 else {}
        done = subprocess.run(
            [self.programs / program, *arguments], cwd=self.folder, capture_output=True, text=True, check=check,
            env={"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "PGPASSWORD": PASSWORD}, **user,
        )  # fmt: skip
        return done.stdout

    def control(self, what: str) -> None:
        """Starts, stops or restarts it, and waits until it has."""
        options = f"-p {self.port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={self.folder}"
        log = str(self.folder / "log")
        self.run("pg_ctl", "-D", str(self.folder / "data"), "-o", options, "-l", log, "-m", "fast", "-w", what)

    def url(self, database: str, password: str = "geheim-%E7%A7%98%E5%AF%86%25") -> str:
        """For ``TFX_BERT_METADATA``."""
        return f"postgresql://{USER}:{password}@127.0.0.1:{self.port}/{database}"

    def dump(self, database: str) -> str:
        """All that a database holds."""
        return self.run("pg_dump", "-h", "127.0.0.1", "-p", str(self.port), "-U", USER, database)


@contextlib.contextmanager
def postgresql() -> Iterator[Server]:
    """Starts it; skips the test where it is not installed."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/pg_ctl"))
    if not found:
        pytest.skip("no PostgreSQL here (Debian: apt-get install postgresql)")
    (port,) = free_ports(1)
    folder = Path(tempfile.mkdtemp(prefix="pg-"))
    try:
        if os.getuid() == 0:
            shutil.chown(folder, "postgres")
        server = Server(found[-1].parent, folder, port)
        (folder / "password").write_text(PASSWORD, encoding="utf-8")
        (folder / "password").chmod(0o644)
        server.run(
            "initdb", "-D", str(folder / "data"), "-U", USER, "-A", "scram-sha-256", "--pwfile",
            str(folder / "password"), "-E", "UTF8", "--locale", "C.UTF-8",
        )  # fmt: skip
        server.control("start")
        try:
            yield server
        finally:
            server.control("stop")
    finally:
        shutil.rmtree(folder)
