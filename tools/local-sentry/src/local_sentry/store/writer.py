"""The one thread that writes: it processes the journal in order and runs commands in between."""

import asyncio
import sqlite3
import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import TypeVar

import structlog

from local_sentry.store import items
from local_sentry.store.blobs import Blobs
from local_sentry.store.database import connect
from local_sentry.store.journal import JournalReader, Position, Record
from local_sentry.store.session import WriteSession

_T = TypeVar("_T")
_BATCH_BYTES = 512 * 1024
_RETRY_SECONDS = 1.0
_log = structlog.get_logger(__name__)

Process = Callable[[WriteSession, Record], None]


class WriterStoppedError(Exception):
    """The server is stopping and takes no more commands."""


def read_position(connection: sqlite3.Connection) -> Position:
    """How far the journal has been processed."""
    segment, offset = connection.execute(
        "SELECT segment, byte_offset FROM journal_position"
    ).fetchone()
    return Position(segment, offset)


class Writer:
    """Owns the writing connection."""

    def __init__(self, database: Path, journal: Path, process: Process) -> None:
        """Opens the connection; `start()` starts the thread.

        Args:
            database: an up-to-date database.
            journal: the folder of the journal.
            process: stores what one record holds; whatever it raises, the record is kept.
        """
        connection = connect(database)
        self._session = WriteSession(connection, Blobs(database.parent))
        self._stored = read_position(connection)
        self._reader = JournalReader(journal, self._stored)
        self._process = process
        self._durable = self._stored
        self._commands: deque[Callable[[], None]] = deque()
        self._wake = threading.Condition()
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="writer", daemon=True)

    def start(self) -> None:
        """Starts to process."""
        self._thread.start()

    def durable(self, position: Position) -> None:
        """Says that the journal is on disk up to `position`. Callable from any thread."""
        with self._wake:
            self._durable = position
            self._wake.notify()

    @property
    def stored(self) -> Position:
        """The position up to which everything is in the database."""
        return self._stored

    def submit(self, command: Callable[[WriteSession], _T]) -> "Future[_T]":
        """Runs a command in a transaction of its own, soon. Callable from any thread.

        Raises:
            WriterStoppedError: the writer is stopping.
        """
        future: Future[_T] = Future()

        def run() -> None:
            if future.set_running_or_notify_cancel():
                try:
                    future.set_result(self._in_transaction(lambda: command(self._session)))
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
                while not (
                    self._stopping or self._commands or self._reader.position < self._durable
                ):
                    self._wake.wait()
                if self._stopping and not self._commands:
                    break
                command = self._commands.popleft() if self._commands else None
                durable = self._durable
            if command is not None:
                command()
            else:
                self._process_up_to(durable)
        self._session.connection.close()

    def _process_up_to(self, durable: Position) -> None:
        before = self._reader.position
        try:
            batch = self._reader.read(up_to=durable, max_bytes=_BATCH_BYTES)
            if not batch and self._reader.position == before:
                _log.error("journal_record_unreadable", segment=before.segment, at=before.offset)
                self._pause()
                return
            self._in_transaction(lambda: self._store(batch))
        except (sqlite3.Error, OSError) as error:
            _log.warning("processing_postponed", reason=str(error))
            self._reader.rewind(before)
            self._pause()
            return
        self._stored = self._reader.position
        if self._stored.segment > before.segment:
            self._discard_segments()

    def _pause(self) -> None:
        with self._wake:
            if not self._stopping:
                self._wake.wait(_RETRY_SECONDS)

    def _store(self, batch: list[tuple[Record, Position]]) -> None:
        connection = self._session.connection
        for record, _ in batch:
            connection.execute("SAVEPOINT record")
            try:
                self._process(self._session, record)
            except (sqlite3.OperationalError, sqlite3.DatabaseError) as error:
                if not isinstance(error, sqlite3.IntegrityError | sqlite3.DataError):
                    raise  # The disk, not the record: the whole batch is tried again.
                self._keep_unprocessed(record, error)
            except Exception as error:
                self._keep_unprocessed(record, error)
            connection.execute("RELEASE record")
        position = self._reader.position
        connection.execute(
            "UPDATE journal_position SET segment = ?, byte_offset = ?",
            (position.segment, position.offset),
        )

    def _keep_unprocessed(self, record: Record, error: Exception) -> None:
        _log.error("record_not_processed", event_id=record.event_id, exc_info=error)
        self._session.connection.execute("ROLLBACK TO record")
        self._session.forget()
        items.insert_envelope(self._session, record, f"{type(error).__name__}: {error}")

    def _in_transaction(self, work: Callable[[], _T]) -> _T:
        connection = self._session.connection
        connection.execute("BEGIN IMMEDIATE")
        try:
            result = work()
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            self._session.forget()
            raise
        return result

    def _discard_segments(self) -> None:
        # Only what has left the write-ahead log for the synced database may leave the journal.
        busy, _, _ = self._session.connection.execute("PRAGMA wal_checkpoint(FULL)").fetchone()
        if not busy:
            self._reader.discard_before(self._stored)

    def stop(self) -> None:
        """Finishes the transaction under way and closes; the rest waits in the journal."""
        with self._wake:
            self._stopping = True
            self._wake.notify()
        if self._thread.ident is None:
            self._session.connection.close()
        else:
            self._thread.join()
