"""A real MariaDB on loopback, of Debian's package, which a test starts and ends: it speaks MySQL's protocol."""

import contextlib
import dataclasses
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from kubeflow.rehearsal.ports import free_ports
from tests.pipeline.postgresql import PASSWORD, USER

PROGRAM = "/usr/sbin/mariadbd"


@dataclasses.dataclass
class Server:
    """A server that wants a password."""

    folder: Path
    port: int
    process: subprocess.Popen[bytes] | None = None

    def client(self, program: str, *arguments: str) -> str:
        """One of its programs, over the socket, as the owner of all."""
        command = [program, "-S", str(self.folder / "socket"), "-u", "root", *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout

    def control(self, what: str) -> None:
        """Starts, stops or restarts it, and waits until it has."""
        if what in ("stop", "restart") and self.process:
            self.process.terminate()
            self.process.wait(timeout=60)
        if what in ("start", "restart"):
            user = ["--user=mysql"] if os.getuid() == 0 else []
            options = [f"--port={self.port}", "--bind-address=127.0.0.1", f"--socket={self.folder / 'socket'}"]
            with (self.folder / "log").open("ab") as log:
                self.process = subprocess.Popen(
                    [PROGRAM, "--no-defaults", *user, f"--datadir={self.folder / 'data'}", *options],
                    stdout=log, stderr=log,
                )  # fmt: skip
            self._wait()

    def _wait(self) -> None:
        for _ in range(300):
            with contextlib.suppress(subprocess.CalledProcessError):
                self.client("mariadb-admin", "ping")
                return
            time.sleep(0.1)
        raise AssertionError((self.folder / "log").read_text(encoding="utf-8", errors="replace")[-2000:])

    def url(self, database: str, password: str = "geheim-%E7%A7%98%E5%AF%86%25") -> str:
        """For ``TFX_BERT_METADATA``."""
        return f"mysql://{USER}:{password}@127.0.0.1:{self.port}/{database}"

    def dump(self, database: str) -> str:
        """All that a database holds."""
        return self.client("mariadb-dump", database)


@contextlib.contextmanager
def mariadb() -> Iterator[Server]:
    """Starts it; skips the test where it is not installed."""
    if not Path(PROGRAM).exists():
        pytest.skip("no MariaDB here (Debian: apt-get install mariadb-server)")
    (port,) = free_ports(1)
    folder = Path(tempfile.mkdtemp(prefix="mariadb-"))
    server = Server(folder, port)
    try:
        user = ["--user=mysql"] if os.getuid() == 0 else []
        if user:
            shutil.chown(folder, "mysql")
        install = ["mariadb-install-db", "--no-defaults", "--auth-root-authentication-method=normal", *user]
        subprocess.run([*install, f"--datadir={folder / 'data'}"], capture_output=True, check=True)
        server.control("start")
        server.client(
            "mariadb", "-e",
            f"CREATE USER '{USER}'@'127.0.0.1' IDENTIFIED BY '{PASSWORD}'; GRANT ALL ON *.* TO '{USER}'@'127.0.0.1'",
        )  # fmt: skip
        yield server
    finally:
        server.control("stop")
        shutil.rmtree(folder)
