"""Errors and transactions: stored once per project and event id, with the payload as sent."""

import sqlite3
from dataclasses import dataclass

from local_sentry.models import ErrorEvent, Transaction
from local_sentry.store.compression import compress, decompress
from local_sentry.store.session import WriteSession

_INSERT = """
    INSERT INTO events (project_id, event_id, kind, issue_id, timestamp, received, level, title,
        trace_id, span_id, transaction_id, release_id, environment_id, user_hash, replay_id)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING id
"""


@dataclass(frozen=True, slots=True)
class StoredEvent:
    """An event's row. Times are µs since the epoch, ids hex."""

    row: int
    project_id: int
    project_slug: str
    event_id: str
    kind: str
    issue_id: int | None
    timestamp: int
    received: int
    level: str
    title: str
    trace_id: str | None
    span_id: str | None
    release: str | None
    environment: str | None
    replay_id: str | None


def exists(session: WriteSession, project_id: int, event_id: bytes) -> bool:
    """Whether the project already has an event of that id."""
    found = session.connection.execute(
        "SELECT 1 FROM events WHERE project_id = ? AND event_id = ?", (project_id, event_id)
    ).fetchone()
    return found is not None


def insert_error(
    session: WriteSession,
    event: ErrorEvent,
    payload: bytes | memoryview,
    *,
    issue_id: int,
    release_id: int | None,
    environment_id: int | None,
    user_hash: bytes | None,
    replay_id: bytes | None,
    tag_ids: list[int],
) -> None:
    """Stores an error with its tags."""
    columns = (issue_id, release_id, environment_id, user_hash, replay_id)
    row = _insert(session, event, event.kind, event.level, *columns)
    session.connection.executemany(
        "INSERT INTO event_tags VALUES (?, ?)", [(tag_id, row) for tag_id in tag_ids]
    )
    _insert_payload(session, row, payload)


def insert_transaction(
    session: WriteSession,
    event: Transaction,
    payload: bytes | memoryview,
    *,
    release_id: int | None,
    environment_id: int | None,
    user_hash: bytes | None,
    replay_id: bytes | None,
) -> None:
    """Stores a transaction; its spans have a table of their own."""
    columns = (None, release_id, environment_id, user_hash, replay_id)
    row = _insert(session, event, "transaction", "info", *columns)
    _insert_payload(session, row, payload)


def _insert(
    session: WriteSession,
    event: ErrorEvent | Transaction,
    kind: str,
    level: str,
    issue_id: int | None,
    release_id: int | None,
    environment_id: int | None,
    user_hash: bytes | None,
    replay_id: bytes | None,
) -> int:
    origin = event.origin
    row: int = session.connection.execute(
        _INSERT,
        (
            origin.project_id,
            event.event_id,
            kind,
            issue_id,
            event.timestamp,
            event.received,
            level,
            event.title,
            origin.trace_id,
            origin.span_id,
            session.string(origin.transaction) if origin.transaction else None,
            release_id,
            environment_id,
            user_hash,
            replay_id,
        ),
    ).fetchone()[0]
    return row


def _insert_payload(session: WriteSession, row: int, payload: bytes | memoryview) -> None:
    session.connection.execute("INSERT INTO event_payloads VALUES (?, ?)", (row, compress(payload)))


_SELECT = """
    SELECT e.*, p.slug AS project_slug, r.version AS release, v.name AS environment
    FROM events e JOIN projects p ON p.id = e.project_id
    LEFT JOIN releases r ON r.id = e.release_id
    LEFT JOIN environments v ON v.id = e.environment_id
"""


def _from_row(row: sqlite3.Row) -> StoredEvent:
    return StoredEvent(
        row=row["id"],
        project_id=row["project_id"],
        project_slug=row["project_slug"],
        event_id=row["event_id"].hex(),
        kind=row["kind"],
        issue_id=row["issue_id"],
        timestamp=row["timestamp"],
        received=row["received"],
        level=row["level"],
        title=row["title"],
        trace_id=row["trace_id"].hex() if row["trace_id"] else None,
        span_id=row["span_id"].hex() if row["span_id"] else None,
        release=row["release"],
        environment=row["environment"],
        replay_id=row["replay_id"].hex() if row["replay_id"] else None,
    )


def _one(connection: sqlite3.Connection, rest: str, *values: object) -> StoredEvent | None:
    row = connection.execute(f"{_SELECT} {rest}", values).fetchone()
    return _from_row(row) if row is not None else None


def latest(connection: sqlite3.Connection, issue_id: int) -> StoredEvent | None:
    """The newest event of an issue."""
    return _one(
        connection, "WHERE e.issue_id = ? ORDER BY e.timestamp DESC, e.id DESC LIMIT 1", issue_id
    )


def oldest(connection: sqlite3.Connection, issue_id: int) -> StoredEvent | None:
    """The first event of an issue."""
    return _one(connection, "WHERE e.issue_id = ? ORDER BY e.timestamp, e.id LIMIT 1", issue_id)


def of_issue(connection: sqlite3.Connection, issue_id: int, event_id: bytes) -> StoredEvent | None:
    """An event of an issue by its id."""
    return _one(connection, "WHERE e.issue_id = ? AND e.event_id = ?", issue_id, event_id)


def of_project(
    connection: sqlite3.Connection, project_id: int, event_id: bytes
) -> StoredEvent | None:
    """An event of a project by its id."""
    return _one(connection, "WHERE e.project_id = ? AND e.event_id = ?", project_id, event_id)


def by_row(connection: sqlite3.Connection, row: int) -> StoredEvent:
    """An event that is known to be there."""
    return _from_row(connection.execute(f"{_SELECT} WHERE e.id = ?", (row,)).fetchone())


def neighbours(
    connection: sqlite3.Connection, event: StoredEvent
) -> tuple[StoredEvent | None, StoredEvent | None]:
    """The events before and after one in its issue."""
    place = (event.issue_id, event.timestamp, event.row)
    before = "WHERE e.issue_id = ? AND (e.timestamp, e.id) < (?, ?)"
    after = "WHERE e.issue_id = ? AND (e.timestamp, e.id) > (?, ?)"
    return (
        _one(connection, f"{before} ORDER BY e.timestamp DESC, e.id DESC LIMIT 1", *place),
        _one(connection, f"{after} ORDER BY e.timestamp, e.id LIMIT 1", *place),
    )


def errors_of_trace(
    connection: sqlite3.Connection, trace_id: bytes, limit: int
) -> list[StoredEvent]:
    """The errors that happened in a trace, oldest first."""
    rows = connection.execute(
        f"{_SELECT} WHERE e.trace_id = ? AND e.issue_id IS NOT NULL ORDER BY e.timestamp LIMIT ?",
        (trace_id, limit),
    )
    return [_from_row(row) for row in rows]


def payload(connection: sqlite3.Connection, row: int) -> bytes:
    """The JSON of an event as it was sent."""
    data = connection.execute(
        "SELECT payload FROM event_payloads WHERE event_row = ?", (row,)
    ).fetchone()[0]
    return decompress(data)


def tags(connection: sqlite3.Connection, row: int) -> list[tuple[str, str]]:
    """The tags of an event, ordered by key."""
    rows = connection.execute(
        "SELECT t.key, t.value FROM event_tags et JOIN tags t ON t.id = et.tag_id"
        " WHERE et.event_row = ? ORDER BY t.key",
        (row,),
    )
    return [(key, value) for key, value in rows]
