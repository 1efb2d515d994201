"""Structured logs: one row each, found by time and by trace."""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass

import orjson

from local_sentry.protocol.lenient_json import JsonObject
from local_sentry.store import telemetry
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


_COLUMNS = ("severity", "severity_number", "body")


def insert(
    session: WriteSession,
    project_id: int,
    found: Sequence[Log],
    release_id: int | None,
    environment_id: int | None,
) -> None:
    """Stores logs of one release and environment; one that is there already is left alone."""

    def own(log: Log) -> tuple[object, ...]:
        return (log.severity, log.severity_number, log.body)

    place = telemetry.Place("logs", "log", project_id, release_id, environment_id)
    telemetry.insert(session, place, found, _COLUMNS, own)


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
