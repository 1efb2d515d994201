"""Reads end in time, and the connection that was interrupted serves the next."""

import contextlib
import sqlite3
from pathlib import Path

import pytest

from local_sentry.store.database import connect
from local_sentry.store.readers import QueryTimeoutError, Readers

ENDLESS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n"


@pytest.fixture
def database(tmp_path: Path) -> Path:
    path = tmp_path / "some.db"
    with contextlib.closing(connect(path)) as connection:
        connection.execute("CREATE TABLE kept (value INTEGER)")
        connection.execute("INSERT INTO kept VALUES (7)")
        connection.commit()
    return path


def kept(connection: sqlite3.Connection) -> int:
    found: int = connection.execute("SELECT value FROM kept").fetchone()[0]
    return found


async def test_a_query_without_end_is_interrupted_and_its_connection_goes_on(
    database: Path,
) -> None:
    readers = Readers(database, threads=1, timeout=0.2)
    try:
        for _ in range(2):
            with pytest.raises(QueryTimeoutError, match=r"more than 0\.2 s"):
                await readers.run(lambda connection: connection.execute(ENDLESS).fetchone())
            assert await readers.run(kept) == 7
    finally:
        await readers.close()


async def test_other_troubles_stay_what_they_are(database: Path) -> None:
    readers = Readers(database, threads=1, timeout=60)
    try:
        with pytest.raises(sqlite3.OperationalError, match="no such table"):
            await readers.run(lambda connection: connection.execute("SELECT * FROM gone"))
        assert await readers.run(kept) == 7
    finally:
        await readers.close()
