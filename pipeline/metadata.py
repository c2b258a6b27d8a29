"""Where ML Metadata is kept: a file of SQLite's below the root of the runs, or a database that machines share."""

import contextlib
import os
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote, unquote

from ml_metadata import errors, metadata_store
from ml_metadata.proto import metadata_store_pb2 as pb

from components.errors import ConfigError, first_line
from pipeline.variables import METADATA as VARIABLE
from pipeline.variables import metadata_url

FILE = "metadata.sqlite"
_PATIENCE = 10.0  # seconds for a lock on the file to pass
# What SQLite says, and what it means.
_MEANINGS = {
    "database is locked": "is in use by another program: try again once that has ended",
    "database or disk is full": "cannot grow, the disk is full: free some space, then run the same command again",
    "readonly database": "cannot be written to: change its permissions, or choose another --root",
    "unable to open database file": "cannot be opened: check its permissions and those of its folder",
    "file is not a database": "is no SQLite database: restore it from a backup, or choose another --root",
    "database disk image is malformed": "is damaged: restore it from a backup, or choose another --root",
    "disk I/O error": "cannot be read or written (disk I/O error): check the disk",
}


def connection(root: Path) -> pb.ConnectionConfig:
    """How ML Metadata of the runs below a root is reached.

    The URL of a database is a secret, so it comes from the environment: from ``TFX_BERT_METADATA``, or from the file
    that ``TFX_BERT_METADATA_FILE`` names. Where it has no password, PostgreSQL's library looks for one as always
    (``PGPASSWORD``, ``~/.pgpass``), and ``MYSQL_PWD`` has that of MySQL.

    Args:
        root: Folder of all runs.

    Raises:
        ConfigError: If what is given is no such URL, or the file cannot be read.
    """
    url = metadata_url()
    config = pb.ConnectionConfig()
    if url is None:
        config.sqlite.filename_uri = str(root / FILE)
        config.sqlite.connection_mode = pb.SqliteMetadataSourceConfig.READWRITE_OPENCREATE
        return config
    database = unquote(url.path.strip("/"))
    if url.scheme == "postgresql":
        config.postgresql.host, config.postgresql.port = str(url.hostname), str(url.port or 5432)
        config.postgresql.dbname, config.postgresql.user = database, unquote(url.username or "")
        config.postgresql.password = unquote(url.password or "")
    else:
        config.mysql.host, config.mysql.port = str(url.hostname), url.port or 3306
        config.mysql.database, config.mysql.user = database, unquote(url.username or "")
        config.mysql.password = unquote(url.password or "") or os.environ.get("MYSQL_PWD", "")
    return config


def open_store(root: Path, write: bool = False) -> metadata_store.MetadataStore:
    """ML Metadata of the runs below a root; in a database, that of all runs.

    Args:
        root: Folder of all runs.
        write: Whether anything is to be changed. Otherwise a file on a read-only disk will do.

    Raises:
        ConfigError: If there is none, or it cannot be read.
    """
    config = connection(root)
    if config.HasField("sqlite"):
        if not write:
            config.sqlite.connection_mode = pb.SqliteMetadataSourceConfig.READONLY
        if not _has_tables(Path(config.sqlite.filename_uri)):
            raise no_runs(root)
    return connect(config)


def no_runs(root: Path) -> ConfigError:
    """The error of a root that holds no runs."""
    return ConfigError("", f"no runs below {root}: `tfx-bert run PRESET --root {root}` makes some")


def connect(config: pb.ConnectionConfig, patience: float = 0.0) -> metadata_store.MetadataStore:
    """Opens what `connection` describes; a database is made if the server has none of that name.

    Args:
        config: Where it is.
        patience: Seconds to keep trying: a server may be starting. For a lock on a file of SQLite's to pass it is at
            least ten.

    Raises:
        ConfigError: If it cannot be reached.
    """
    if config.HasField("sqlite"):
        path = Path(config.sqlite.filename_uri)
        read_only = config.sqlite.connection_mode == pb.SqliteMetadataSourceConfig.READONLY
        if not read_only and path.exists() and not os.access(path, os.W_OK):  # SQLite notices when it writes only
            raise ConfigError("", f"{path} {_MEANINGS['readonly database']}")
        with told(str(path)):
            with _opened(path, "ro" if read_only else "rwc", max(patience, _PATIENCE)) as database:
                # ML Metadata reports a lock as a damaged schema, so wait for it here.
                database.execute("SELECT count(*) FROM sqlite_master" if read_only else "BEGIN IMMEDIATE")
            return metadata_store.MetadataStore(config)
    until = time.monotonic() + patience
    while True:
        try:
            return metadata_store.MetadataStore(config)
        except Exception as error:
            if time.monotonic() >= until:
                server = getattr(config, config.WhichOneof("config"))
                raise ConfigError(
                    VARIABLE,
                    f"{server.host}:{server.port} does not let user {server.user!r} in ({first_line(error)}): check "
                    "that the server runs, and user, password and database",
                ) from None
        time.sleep(1)


@contextlib.contextmanager
def told(place: str) -> Iterator[None]:
    """Turns errors of ML Metadata and its database into one line without SQL.

    Args:
        place: The file or server, for the message.

    Raises:
        ConfigError: If the block fails with one of them.
    """
    try:
        yield
    except Exception as error:
        if reason := explain(error):
            raise ConfigError("", f"{place} {reason}") from error
        raise


def explain(error: BaseException) -> str | None:
    """What an error of ML Metadata or its database means, with a remedy; None for any other error."""
    opening = type(error) is RuntimeError and ("executing query" in str(error) or "sqlite3" in str(error))
    if not opening and not isinstance(error, errors.StatusError | sqlite3.Error):
        return None
    for sign, meaning in _MEANINGS.items():
        if sign in str(error):
            return meaning
    return f"cannot be used: {first_line(error).partition(' query:')[0].partition(' checks:')[0]}"


def _has_tables(path: Path) -> bool:
    if not path.is_file():
        return False
    with told(str(path)), _opened(path, "ro", _PATIENCE) as database:
        found = database.execute("SELECT count(*) FROM sqlite_master WHERE name = 'Context'").fetchone()
    return bool(found[0])


def _opened(path: Path, mode: str, patience: float) -> contextlib.closing[sqlite3.Connection]:
    journal = path.with_name(f"{path.name}-journal")
    if mode == "ro" and journal.exists() and os.access(path, os.W_OK):
        mode = "rw"  # a killed run may have left half a change, which SQLite takes back before it reads
    uri = f"file:{quote(str(path))}?mode={mode}"
    return contextlib.closing(sqlite3.connect(uri, uri=True, timeout=patience, isolation_level=None))
