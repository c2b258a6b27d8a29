"""Where ML Metadata is kept: a file of SQLite's below the root of the runs, or a database that machines share."""

import os
import time
from pathlib import Path
from urllib.parse import SplitResult, unquote, urlsplit

from ml_metadata import metadata_store
from ml_metadata.proto import metadata_store_pb2 as pb

from components.errors import ConfigError, first_line

VARIABLE = "TFX_BERT_METADATA"
FILE_VARIABLE = f"{VARIABLE}_FILE"
FILE = "metadata.sqlite"
_EXAMPLE = "postgresql://USER:PASSWORD@HOST:5432/DATABASE or mysql://USER:PASSWORD@HOST:3306/DATABASE"


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
    given = _given()
    config = pb.ConnectionConfig()
    if given is None:
        config.sqlite.filename_uri = str(root / FILE)
        config.sqlite.connection_mode = pb.SqliteMetadataSourceConfig.READWRITE_OPENCREATE
        return config
    url = _parse(given)
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


def open_store(root: Path) -> metadata_store.MetadataStore:
    """ML Metadata of the runs below a root; in a database, that of all runs.

    Args:
        root: Folder of all runs.

    Raises:
        ConfigError: If there is none, or the database cannot be reached.
    """
    config = connection(root)
    if config.HasField("sqlite") and not Path(config.sqlite.filename_uri).is_file():
        raise ConfigError("", f"no runs below {root}: `tfx-bert run PRESET --root {root}` makes some")
    return connect(config)


def connect(config: pb.ConnectionConfig, patience: float = 0.0) -> metadata_store.MetadataStore:
    """Opens what `connection` describes; a database is made if the server has none of that name.

    Args:
        config: Where it is.
        patience: Seconds for which a server that cannot be reached is tried again: it may be starting.

    Raises:
        ConfigError: If it cannot be reached.
    """
    until = time.monotonic() + patience
    while True:
        try:
            return metadata_store.MetadataStore(config)
        except Exception as error:
            if config.HasField("sqlite"):
                raise ConfigError("", f"{config.sqlite.filename_uri} cannot be opened: {first_line(error)}") from None
            if time.monotonic() >= until:
                server = getattr(config, config.WhichOneof("config"))
                raise ConfigError(
                    VARIABLE,
                    f"{server.host}:{server.port} does not let user {server.user!r} in ({first_line(error)}): check "
                    "that the server runs, and user, password and database",
                ) from None
        time.sleep(1)


def _given() -> str | None:
    if path := os.environ.get(FILE_VARIABLE):
        try:
            return Path(path).expanduser().read_text(encoding="utf-8").strip()
        except OSError as error:
            raise ConfigError(FILE_VARIABLE, f"{path} cannot be read: {error.strerror}") from None
    return os.environ.get(VARIABLE) or None


def _parse(given: str) -> SplitResult:
    """Says nothing of what it holds: there may be a password in it."""
    try:
        url = urlsplit(given)
        complete = url.scheme in ("postgresql", "mysql") and url.hostname and url.path.strip("/") and url.port != 0
    except ValueError:
        complete = False
    if not complete:
        raise ConfigError(VARIABLE, f"is no URL of a database: write {_EXAMPLE}")
    return url
