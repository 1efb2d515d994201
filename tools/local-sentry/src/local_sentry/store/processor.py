"""Processes the journal in order: a batch of records and how far it reached, in one transaction."""

import contextlib
import sqlite3
from collections.abc import Callable
from pathlib import Path

import structlog

from local_sentry.store import items
from local_sentry.store.blobs import Blobs
from local_sentry.store.database import connect
from local_sentry.store.full_disk import is_full_disk
from local_sentry.store.journal import JournalReader, Position, Record, read_position
from local_sentry.store.session import WriteSession
from local_sentry.store.turns import Turns

_BATCH_BYTES = 512 * 1024
_log = structlog.get_logger(__name__)

Process = Callable[[WriteSession, Record], None]


class PostponedError(Exception):
    """The disk or the database refuses for now; nothing was stored, try again later."""


class _MovedError(Exception):
    """Another process has processed what was read here."""


class Processor:
    """Owns a writing connection and the reading end of the journal."""

    def __init__(
        self, database: Path, journal: Path, process: Process, *, one_by_one: bool = False
    ) -> None:
        """Opens the connection.

        Args:
            database: an up-to-date database.
            journal: the folder of the journal.
            process: stores what one record holds; whatever it raises, the record is kept.
            one_by_one: a transaction for each record, because one of them may end the process.
        """
        self._session = WriteSession(connect(database), Blobs(database.parent))
        self._turns = Turns(database.parent)
        self._reader = JournalReader(journal, read_position(self._session.connection))
        self._process = process
        self._batch_bytes = 1 if one_by_one else _BATCH_BYTES

    @property
    def position(self) -> Position:
        """The position up to which everything is in the database."""
        return self._reader.position

    def step(self, durable: Position) -> bool:
        """Processes the next batch before a position; returns whether there was one.

        Raises:
            PostponedError: see there.
        """
        return self._step(durable, self._batch_bytes, self._process)

    def keep_next(self, durable: Position, problem: str) -> None:
        """Keeps the next record unprocessed, with what is the matter with it.

        Raises:
            PostponedError: see there.
        """

        def keep(session: WriteSession, record: Record) -> None:
            items.insert_envelope(session, record, problem)

        self._step(durable, 1, keep)

    def _step(self, durable: Position, max_bytes: int, process: Process) -> bool:
        before = self._reader.position
        try:
            batch = self._reader.read(up_to=durable, max_bytes=max_bytes)
            if not batch and self._reader.position == before:
                return False
            with self._turns.taken():
                self._in_transaction(before, [record for record, _ in batch], process)
        except _MovedError:
            self._reader.rewind(read_position(self._session.connection))
            return True
        except (sqlite3.Error, OSError) as error:
            self._reader.rewind(before)
            if is_full_disk(error):
                self._shrink_log()
            raise PostponedError(str(error)) from error
        if self._reader.position.segment > before.segment:
            self._discard_segments()
        return True

    def _shrink_log(self) -> None:
        """Gives the disk back what the write-ahead log holds of the database."""
        with contextlib.suppress(sqlite3.Error):
            self._session.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def _in_transaction(self, before: Position, records: list[Record], process: Process) -> None:
        connection = self._session.connection
        connection.execute("BEGIN IMMEDIATE")
        try:
            if read_position(connection) != before:
                raise _MovedError
            self._session.catch_up()
            for record in records:
                self._store(record, process)
            position = self._reader.position
            connection.execute(
                "UPDATE journal_position SET segment = ?, byte_offset = ?",
                (position.segment, position.offset),
            )
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            self._session.forget()
            raise

    def _store(self, record: Record, process: Process) -> None:
        connection = self._session.connection
        connection.execute("SAVEPOINT record")
        try:
            process(self._session, record)
        except OSError:
            raise  # The disk, not the record: the whole batch is tried again.
        except (sqlite3.OperationalError, sqlite3.DatabaseError) as error:
            if not isinstance(error, sqlite3.IntegrityError | sqlite3.DataError):
                raise
            self._keep_unprocessed(record, error)
        except Exception as error:
            self._keep_unprocessed(record, error)
        connection.execute("RELEASE record")

    def _keep_unprocessed(self, record: Record, error: Exception) -> None:
        _log.error("record_not_processed", event_id=record.event_id, exc_info=error)
        self._session.connection.execute("ROLLBACK TO record")
        self._session.forget()
        items.insert_envelope(self._session, record, f"{type(error).__name__}: {error}")

    def _discard_segments(self) -> None:
        # Only what has left the write-ahead log for the synced database may leave the journal.
        busy, _, _ = self._session.connection.execute("PRAGMA wal_checkpoint(FULL)").fetchone()
        if not busy:
            self._reader.discard_before(self._reader.position)

    def close(self) -> None:
        """Closes connection and locks."""
        self._session.connection.close()
        self._turns.close()
