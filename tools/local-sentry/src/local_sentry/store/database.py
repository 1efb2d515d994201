"""Opens the SQLite database and brings its schema up to date.

Plain numbered SQL with `PRAGMA user_version`, not alembic: there is no ORM here to derive a
migration from, and each file runs with its version bump in one transaction.
"""

import sqlite3
from importlib import resources
from pathlib import Path

from local_sentry.services.short_ids import short_id
from local_sentry.store import histograms
from local_sentry.store.explore import aggregates

FILE_NAME = "local-sentry.sqlite3"
_BUSY_TIMEOUT_SECONDS = 10.0


class IncompatibleDatabaseError(Exception):
    """The data folder was written by a later version of this program."""

    def __init__(self, path: Path, found: int, known: int) -> None:
        super().__init__(
            f"{path} has schema version {found}, this program knows versions up to {known}."
            " Start the newer program, or choose another folder with --data."
        )


def connect(path: Path) -> sqlite3.Connection:
    """A connection for writing, in WAL mode. Transactions are begun explicitly."""
    connection = sqlite3.connect(
        path, timeout=_BUSY_TIMEOUT_SECONDS, isolation_level=None, check_same_thread=False
    )
    connection.row_factory = sqlite3.Row
    histograms.install(connection)
    connection.execute("PRAGMA journal_mode = WAL")
    # The journal in front of the database is synced; what SQLite loses in a power cut is replayed.
    connection.execute("PRAGMA synchronous = NORMAL")
    # Pages that many transactions touch are written back once for all of them.
    connection.execute("PRAGMA wal_autocheckpoint = 4000")
    connection.execute("PRAGMA cache_size = -65536")
    connection.execute("PRAGMA temp_store = MEMORY")
    return connection


def connect_readonly(path: Path) -> sqlite3.Connection:
    """A connection that cannot write, for one reading thread."""
    connection = sqlite3.connect(
        f"{path.absolute().as_uri()}?mode=ro",
        uri=True,
        timeout=_BUSY_TIMEOUT_SECONDS,
        isolation_level=None,
        check_same_thread=False,
    )
    connection.row_factory = sqlite3.Row
    connection.create_function("short_id", 2, short_id, deterministic=True)
    aggregates.install(connection)
    histograms.install(connection)
    connection.execute("PRAGMA query_only = ON")
    connection.execute("PRAGMA cache_size = -8192")
    connection.execute("PRAGMA temp_store = MEMORY")
    return connection


def migrations() -> list[str]:
    """The SQL of every migration, in order."""
    folder = resources.files("local_sentry.store.migrations")
    files = sorted(
        (entry for entry in folder.iterdir() if entry.name.endswith(".sql")), key=lambda f: f.name
    )
    return [file.read_text(encoding="utf-8") for file in files]


def migrate(connection: sqlite3.Connection, path: Path) -> None:
    """Runs the migrations that this database has not seen.

    Raises:
        IncompatibleDatabaseError: the database is newer than this program.
    """
    known = migrations()
    version: int = connection.execute("PRAGMA user_version").fetchone()[0]
    if version > len(known):
        raise IncompatibleDatabaseError(path, version, len(known))
    for number, sql in enumerate(known[version:], version + 1):
        connection.executescript(
            f"BEGIN IMMEDIATE;\n{sql}\nPRAGMA user_version = {number};\nCOMMIT;"
            "PRAGMA wal_checkpoint(TRUNCATE);"
        )
