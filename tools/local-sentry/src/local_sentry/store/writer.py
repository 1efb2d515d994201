"""The thread that changes the database on behalf of the API, one transaction for each command."""

import asyncio
import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import TypeVar

from local_sentry.store.blobs import Blobs
from local_sentry.store.database import connect
from local_sentry.store.session import WriteSession
from local_sentry.store.turns import Turns

_T = TypeVar("_T")


class WriterStoppedError(Exception):
    """The server is stopping and takes no more commands."""


class Writer:
    """Owns a writing connection; the processing of the journal has another, and takes turns."""

    def __init__(self, database: Path) -> None:
        """Opens the connection of an up-to-date database; `start()` starts the thread."""
        self._session = WriteSession(connect(database), Blobs(database.parent))
        self._turns = Turns(database.parent)
        self._commands: deque[Callable[[], None]] = deque()
        self._wake = threading.Condition()
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="writer", daemon=True)

    def start(self) -> None:
        """Starts to run commands."""
        self._thread.start()

    def submit(self, command: Callable[[WriteSession], _T]) -> "Future[_T]":
        """Runs a command in a transaction of its own, soon. Callable from any thread.

        Raises:
            WriterStoppedError: the writer is stopping.
        """
        future: Future[_T] = Future()

        def run() -> None:
            if future.set_running_or_notify_cancel():
                try:
                    future.set_result(self._in_transaction(command))
                except Exception as error:
                    future.set_exception(error)

        with self._wake:
            if self._stopping:
                raise WriterStoppedError
            self._commands.append(run)
            self._wake.notify()
        return future

    async def run(self, command: Callable[[WriteSession], _T], *, timeout: float = 30.0) -> _T:  # noqa: ASYNC109 - a database wait, not a cancel scope
        """`submit` for the event loop."""
        return await asyncio.wait_for(asyncio.wrap_future(self.submit(command)), timeout)

    def _run(self) -> None:
        while True:
            with self._wake:
                while not (self._stopping or self._commands):
                    self._wake.wait()
                if not self._commands:
                    break
                command = self._commands.popleft()
            command()
        self._close()

    def _in_transaction(self, command: Callable[[WriteSession], _T]) -> _T:
        connection = self._session.connection
        with self._turns.taken():
            connection.execute("BEGIN IMMEDIATE")
            try:
                self._session.catch_up()
                result = command(self._session)
                connection.execute("COMMIT")
            except BaseException:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                self._session.forget()
                raise
        return result

    def stop(self) -> None:
        """Finishes the commands that were given and closes."""
        with self._wake:
            self._stopping = True
            self._wake.notify()
        if self._thread.ident is None:
            self._close()
        else:
            self._thread.join()

    def _close(self) -> None:
        self._session.connection.close()
        self._turns.close()
