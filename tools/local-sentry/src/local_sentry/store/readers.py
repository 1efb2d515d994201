"""Reading connections, a few threads of them, so that queries never block the event loop."""

import asyncio
import sqlite3
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from local_sentry.store.database import connect_readonly

_STEPS = 10_000  # of SQLite's machine, after which it looks: less than a millisecond
_T = TypeVar("_T")


class QueryTimeoutError(Exception):
    """A query took longer than the server allows."""


class Readers:
    """Runs reading functions, each with a connection of its own."""

    def __init__(self, database: Path, *, threads: int = 4, timeout: float) -> None:
        """Opens no connection yet.

        Args:
            database: the database file.
            threads: most queries at the same time.
            timeout: seconds after which a query is interrupted.
        """
        self._database = database
        self._timeout = timeout
        self._local = threading.local()
        self._connections: list[sqlite3.Connection] = []
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="reader")

    async def run(self, query: Callable[[sqlite3.Connection], _T]) -> _T:
        """The result of `query(connection)`.

        Raises:
            QueryTimeoutError: it took too long and was interrupted.
        """
        return await asyncio.get_running_loop().run_in_executor(self._pool, self._call, query)

    def _call(self, query: Callable[[sqlite3.Connection], _T]) -> _T:
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = self._local.connection = connect_readonly(self._database)
            self._connections.append(connection)
        end = time.monotonic() + self._timeout
        # SQLite looks at the clock itself: a timer would be a thread for each query.
        connection.set_progress_handler(lambda: time.monotonic() >= end, _STEPS)
        try:
            connection.execute("BEGIN")  # One snapshot for all that the function reads.
            return query(connection)
        except sqlite3.OperationalError as error:
            if "interrupted" in str(error):
                raise QueryTimeoutError(f"the query took more than {self._timeout:g} s") from error
            raise
        finally:
            connection.set_progress_handler(None, 0)
            if connection.in_transaction:
                connection.execute("COMMIT")

    async def close(self) -> None:
        """Waits for the running queries and closes the connections."""
        await asyncio.to_thread(self._pool.shutdown)
        for connection in self._connections:
            connection.close()
