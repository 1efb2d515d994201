"""Structured logs: one row each, found by time and by trace."""

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass

import orjson

from local_sentry.protocol.lenient_json import JsonObject
from local_sentry.store import attribute_keys
from local_sentry.store.session import WriteSession


@dataclass(frozen=True, slots=True)
class Log:
    """One line of a log. `timestamp` is µs since the epoch; `severity` trace … fatal."""

    item_id: bytes
    timestamp: int
    trace_id: bytes | None
    span_id: bytes | None
    severity: str
    severity_number: int
    body: str
    release: str
    environment: str
    attributes: JsonObject


@dataclass(frozen=True, slots=True)
class StoredLog:
    """A log with the project it belongs to."""

    row: int
    project_id: int
    project_slug: str
    log: Log


_INSERT = """
    INSERT INTO logs (item_id, project_id, timestamp, trace_id, span_id, severity,
        severity_number, body, release_id, environment_id, attributes)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING
"""


def insert(
    session: WriteSession,
    project_id: int,
    found: Iterable[Log],
    *,
    release_id: int | None,
    environment_id: int | None,
) -> None:
    """Stores logs of one release and environment; one that is there already is left alone."""
    for log in found:
        attribute_keys.saw(session, project_id, "log", log.attributes, log.timestamp)
        session.connection.execute(
            _INSERT,
            (
                log.item_id,
                project_id,
                log.timestamp,
                log.trace_id,
                log.span_id,
                log.severity,
                log.severity_number,
                log.body,
                release_id,
                environment_id,
                orjson.dumps(log.attributes).decode(),
            ),
        )


# For every query on logs: the row with the names its ids stand for.
SELECT = """
    SELECT l.*, p.slug AS project_slug, r.version AS release, v.name AS environment
    FROM logs l JOIN projects p ON p.id = l.project_id
    LEFT JOIN releases r ON r.id = l.release_id
    LEFT JOIN environments v ON v.id = l.environment_id
"""


def from_row(row: sqlite3.Row) -> StoredLog:
    """A log from a row of `SELECT`."""
    return StoredLog(
        row["id"],
        row["project_id"],
        row["project_slug"],
        Log(
            item_id=row["item_id"],
            timestamp=row["timestamp"],
            trace_id=row["trace_id"],
            span_id=row["span_id"],
            severity=row["severity"],
            severity_number=row["severity_number"],
            body=row["body"],
            release=row["release"] or "",
            environment=row["environment"] or "",
            attributes=orjson.loads(row["attributes"]),
        ),
    )


def of_trace(connection: sqlite3.Connection, trace_id: bytes, limit: int) -> list[StoredLog]:
    """The logs of a trace in all projects, oldest first."""
    rows = connection.execute(
        f"{SELECT} WHERE l.trace_id = ? ORDER BY l.timestamp, l.id LIMIT ?", (trace_id, limit)
    )
    return [from_row(row) for row in rows]


def recent(connection: sqlite3.Connection, since: int, limit: int) -> list[StoredLog]:
    """The newest logs after a time (µs since the epoch), newest first."""
    rows = connection.execute(
        f"{SELECT} WHERE l.timestamp >= ? ORDER BY l.timestamp DESC, l.id DESC LIMIT ?",
        (since, limit),
    )
    return [from_row(row) for row in rows]
