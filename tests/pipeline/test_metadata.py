"""ML Metadata in a file and in databases; the secrets of its URL stay secret."""

import contextlib
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from components.errors import ConfigError
from pipeline import metadata, record, variables
from pipeline.observer import NodeResult
from pipeline.runs import find_report, read_runs
from tests.pipeline import mariadb
from tests.pipeline.data_pipeline import Silent, run_data_pipeline
from tests.pipeline.disks import read_only
from tests.pipeline.postgresql import Server, postgresql

NODES = {"ExampleGen", "StatisticsGen", "Schema", "ExampleValidator", "DataGate"}


AnyServer = Server | mariadb.Server
SERVERS = {"postgresql": postgresql, "mysql": mariadb.mariadb}


@pytest.fixture(scope="module", params=SERVERS)
def server(request: pytest.FixtureRequest) -> Iterator[AnyServer]:
    with SERVERS[request.param]() as found:
        yield found


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (metadata.VARIABLE, variables.METADATA_FILE, "PGPASSWORD", "MYSQL_PWD"):
        monkeypatch.delenv(name, raising=False)


def test_a_file_below_the_root_by_default(tmp_path: Path) -> None:
    assert metadata.connection(tmp_path).sqlite.filename_uri == str(tmp_path / "metadata.sqlite")
    with pytest.raises(ConfigError, match="no runs below"):
        metadata.open_store(tmp_path)


def test_urls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(metadata.VARIABLE, "postgresql://me:p%40ss@db.example/京都")
    found = metadata.connection(tmp_path).postgresql
    assert (found.host, found.port, found.user, found.password, found.dbname) == (
        "db.example",
        "5432",
        "me",
        "p@ss",
        "京都",
    )
    file = tmp_path / "secret"
    file.write_text("mysql://me@db.example:3307/mlmd\n", encoding="utf-8")
    monkeypatch.setenv(variables.METADATA_FILE, str(file))
    monkeypatch.setenv("MYSQL_PWD", "秘密")
    other = metadata.connection(tmp_path).mysql
    assert (other.host, other.port, other.user, other.password, other.database) == (
        "db.example",
        3307,
        "me",
        "秘密",
        "mlmd",
    )


@pytest.mark.parametrize("url", ["secret", "http://me:secret@h/d", "mysql://me:secret@h", "mysql://me:secret@h:x/d"])
def test_what_is_no_url_is_not_repeated(url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(metadata.VARIABLE, url)
    with pytest.raises(ConfigError, match="TFX_BERT_METADATA: is no URL of a database: write postgresql://") as error:
        metadata.connection(tmp_path)
    assert "secret" not in str(error.value)
    monkeypatch.setenv(variables.METADATA_FILE, str(tmp_path / "none"))
    with pytest.raises(ConfigError, match="TFX_BERT_METADATA_FILE: .*none cannot be read"):
        metadata.connection(tmp_path)


LOCK = """
import sqlite3, sys, time
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("begin exclusive")
print("locked", flush=True)
time.sleep(float(sys.argv[2]))
"""


@contextlib.contextmanager
def locked(path: Path, seconds: float) -> Iterator[None]:
    """Another process has the file for itself."""
    command = [sys.executable, "-c", LOCK, str(path), str(seconds)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout and process.stdout.readline() == "locked\n"
        yield
        process.kill()


HALF_A_CHANGE = """
import os, sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("pragma cache_size = 1")  # so that pages are written before the commit
connection.execute("begin immediate")
connection.execute("update Context set name = 'half'")
connection.execute("create table filler (content)")
connection.executemany("insert into filler values (?)", [("x" * 4000,)] * 200)
os._exit(9)
"""


def with_a_run(root: Path) -> Path:
    """Metadata of one run."""
    store = metadata.connect(metadata.connection(root))
    record.begin(store, "一", "評判", root, root / "log", ["ExampleGen"])
    return root / metadata.FILE


def test_a_lock_that_passes_is_waited_for(tmp_path: Path) -> None:
    path = with_a_run(tmp_path)
    with locked(path, 1):
        assert [run.pipeline for run in read_runs(tmp_path)] == ["評判"]


def test_half_a_change_of_a_killed_run_is_taken_back(tmp_path: Path) -> None:
    path = with_a_run(tmp_path)
    subprocess.run([sys.executable, "-c", HALF_A_CHANGE, str(path)], check=False)
    assert path.with_name(f"{path.name}-journal").stat().st_size
    assert [run.pipeline for run in read_runs(tmp_path)] == ["評判"]


@pytest.mark.parametrize("write", [False, True])
def test_a_lock_that_stays_is_called_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, write: bool) -> None:
    monkeypatch.setattr(metadata, "_PATIENCE", 0.2)
    path = with_a_run(tmp_path)
    with locked(path, 60), pytest.raises(ConfigError) as caught:
        metadata.open_store(tmp_path, write)
    assert str(caught.value) == f"{path} is in use by another program: try again once that has ended"


@pytest.mark.parametrize(
    ("content", "said"),
    [(b"\0noise" * 300, "is no SQLite database: "), (None, "cannot be opened: "), (b"cut", "is damaged: ")],
)
def test_damaged_metadata_is_told_in_one_line_without_sql(tmp_path: Path, content: bytes | None, said: str) -> None:
    path = tmp_path / metadata.FILE
    if content is None:
        path.mkdir()
    elif content == b"cut":
        whole = with_a_run(tmp_path).read_bytes()
        path.write_bytes(whole[: len(whole) // 2])
    else:
        path.write_bytes(content)
    for read in (read_runs, lambda root: metadata.connect(metadata.connection(root))):
        if read is read_runs and content is None:
            continue  # a folder is no file of metadata, so there are no runs
        with pytest.raises(ConfigError) as caught:
            read(tmp_path)
        assert str(caught.value).startswith(f"{path} {said}")
        assert "\n" not in str(caught.value) and "query" not in str(caught.value)


def test_an_empty_database_holds_no_runs_and_stays_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / metadata.FILE
    path.touch()
    for ask in (read_runs, lambda root: find_report(root, None)):
        with pytest.raises(ConfigError, match=r"no runs below .*: `tfx-bert run PRESET --root .*` makes some"):
            ask(tmp_path)
    assert path.stat().st_size == 0
    metadata.connect(metadata.connection(tmp_path))  # what a run leaves that was killed before its first node
    for ask in (read_runs, lambda root: find_report(root, None)):
        with pytest.raises(ConfigError, match="no runs below"):
            ask(tmp_path)


def test_metadata_on_a_read_only_disk_is_read(tmp_path: Path) -> None:
    path = with_a_run(tmp_path)
    with read_only(tmp_path):
        assert [run.state for run in read_runs(tmp_path)] == ["killed before its first node"]
        with pytest.raises(ConfigError, match=f"{path} cannot be written to: change its permissions"):
            metadata.open_store(tmp_path, write=True)


@pytest.mark.slow
def test_a_server_that_does_not_let_one_in(server: AnyServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(metadata.VARIABLE, server.url("runs", password="wrong-one"))
    with pytest.raises(ConfigError, match="does not let user 'mlmd' in") as error:
        metadata.open_store(tmp_path)
    assert "wrong-one" not in str(error.value)


@pytest.mark.slow
def test_two_pipelines_at_once_in_one_database(
    server: AnyServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(metadata.VARIABLE, server.url("together"))
    started = [
        subprocess.Popen([sys.executable, "-m", "tests.pipeline.data_pipeline", name, str(tmp_path / name)],
                         env=dict(os.environ), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        for name in ("first", "second")
    ]  # fmt: skip
    said = [process.communicate(timeout=300)[0] for process in started]
    assert [process.returncode for process in started] == [0, 0], said
    found = {run.pipeline: run for run in read_runs(tmp_path)}
    assert {name: {node.name for node in run.nodes} for name, run in found.items()} == {"first": NODES, "second": NODES}
    assert all(node.state == "complete" for run in found.values() for node in run.nodes)
    for text in (*said, server.dump("together")):
        assert "geheim" not in text


@pytest.mark.slow
def test_the_server_is_started_again_between_nodes(
    server: AnyServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(metadata.VARIABLE, server.url("again"))

    class Restarting(Silent):
        def node_finished(self, result: NodeResult) -> None:
            if result.node == "ExampleGen":
                server.control("restart")
            elif result.node == "StatisticsGen":  # and is away for a while
                server.control("stop")
                threading.Timer(3, server.control, ["start"]).start()

    run_data_pipeline("again", tmp_path, Restarting())
    (run,) = read_runs(tmp_path)
    assert {node.name for node in run.nodes} == NODES
    cached = run_data_pipeline("again", tmp_path, Silent())
    assert all(result.cached for result in cached.results)
