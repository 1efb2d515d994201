"""Spans: narrow rows for scanning, attributes beside them, all of a trace by one index."""

import sqlite3
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

import orjson

from local_sentry.models import Span
from local_sentry.protocol.lenient_json import JsonObject
from local_sentry.store import attribute_keys, span_hours
from local_sentry.store.session import WriteSession

_INSERT = """
    INSERT INTO spans (trace_id, span_id, project_id, parent_span_id, segment_id, is_segment,
        start, duration, op_id, transaction_id, status_id, release_id, environment_id,
        description, event_id)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING RETURNING id
"""


@dataclass(frozen=True, slots=True)
class StoredSpan:
    """A span's row. `start` is µs since the epoch, `duration` µs, ids hex."""

    row: int
    trace_id: str
    span_id: str
    parent_span_id: str | None
    segment_id: str
    is_segment: bool
    project_id: int
    project_slug: str
    start: int
    duration: int
    op: str
    description: str
    transaction: str
    status: str
    release: str | None
    environment: str | None
    event_id: str | None


def insert(
    session: WriteSession,
    project_id: int,
    spans: Iterable[Span],
    *,
    release_id: int | None,
    environment_id: int | None,
) -> None:
    """Stores spans; one that the project has already sent is left as it is."""
    execute = session.connection.execute
    string = session.string
    hours: defaultdict[span_hours.Key, list[int]] = defaultdict(list)
    for span in spans:
        names = string(span.op), string(span.transaction), string(span.status)
        row = execute(
            _INSERT,
            (
                span.trace_id,
                span.span_id,
                project_id,
                span.parent_span_id,
                span.segment_id,
                span.is_segment,
                span.start,
                span.duration,
                *names,
                release_id,
                environment_id,
                span.description,
                span.event_id,
            ),
        ).fetchone()
        if row is None:
            continue
        hour = span.start // span_hours.HOUR * span_hours.HOUR
        key = (hour, project_id, *names, span.is_segment, release_id or 0, environment_id or 0)
        hours[key].append(span.duration)
        if span.attributes:
            attribute_keys.saw(session, project_id, "span", span.attributes, span.start)
            execute(
                "INSERT INTO span_attributes VALUES (?, ?)",
                (row[0], orjson.dumps(span.attributes).decode()),
            )
    span_hours.add(session.connection, hours)


_SELECT = """
    SELECT s.*, p.slug AS project_slug, o.value AS op, t.value AS "transaction",
        st.value AS status, r.version AS release, v.name AS environment
    FROM spans s JOIN projects p ON p.id = s.project_id
    JOIN strings o ON o.id = s.op_id
    JOIN strings t ON t.id = s.transaction_id
    JOIN strings st ON st.id = s.status_id
    LEFT JOIN releases r ON r.id = s.release_id
    LEFT JOIN environments v ON v.id = s.environment_id
"""


def _from_row(row: sqlite3.Row) -> StoredSpan:
    return StoredSpan(
        row=row["id"],
        trace_id=row["trace_id"].hex(),
        span_id=row["span_id"].hex(),
        parent_span_id=row["parent_span_id"].hex() if row["parent_span_id"] else None,
        segment_id=row["segment_id"].hex(),
        is_segment=bool(row["is_segment"]),
        project_id=row["project_id"],
        project_slug=row["project_slug"],
        start=row["start"],
        duration=row["duration"],
        op=row["op"],
        description=row["description"],
        transaction=row["transaction"],
        status=row["status"],
        release=row["release"],
        environment=row["environment"],
        event_id=row["event_id"].hex() if row["event_id"] else None,
    )


def of_trace(connection: sqlite3.Connection, trace_id: bytes, limit: int) -> list[StoredSpan]:
    """The spans of a trace in all projects, in order of their start."""
    rows = connection.execute(
        f"{_SELECT} WHERE s.trace_id = ? ORDER BY s.start, s.id LIMIT ?", (trace_id, limit)
    )
    return [_from_row(row) for row in rows]


def count_of_trace(connection: sqlite3.Connection, trace_id: bytes) -> int:
    """How many spans a trace has."""
    row = connection.execute("SELECT count(*) FROM spans WHERE trace_id = ?", (trace_id,))
    return int(row.fetchone()[0])


def get(connection: sqlite3.Connection, trace_id: bytes, span_id: bytes) -> StoredSpan | None:
    """A span of a trace."""
    row = connection.execute(
        f"{_SELECT} WHERE s.trace_id = ? AND s.span_id = ? LIMIT 1", (trace_id, span_id)
    ).fetchone()
    return _from_row(row) if row is not None else None


def attributes(connection: sqlite3.Connection, row: int) -> JsonObject:
    """What the sender said about a span beyond its columns."""
    found = connection.execute(
        "SELECT attributes FROM span_attributes WHERE span_row = ?", (row,)
    ).fetchone()
    return orjson.loads(found[0]) if found is not None else {}


@dataclass(frozen=True, slots=True)
class TraceRoot:
    """The first span of a trace, for a list of traces."""

    span: StoredSpan
    span_count: int
    error_count: int


def recent_roots(connection: sqlite3.Connection, limit: int) -> list[TraceRoot]:
    """The newest transactions that have no parent, each with what its trace holds."""
    rows = connection.execute(
        f"""
        SELECT found.*,
            (SELECT count(*) FROM spans x WHERE x.trace_id = found.trace_id) AS span_count,
            (SELECT count(*) FROM events e
             WHERE e.trace_id = found.trace_id AND e.issue_id IS NOT NULL) AS error_count
        FROM (
            {_SELECT} WHERE s.is_segment AND s.parent_span_id IS NULL
            ORDER BY s.start DESC LIMIT ?
        ) AS found
        """,  # noqa: S608 - built from constants
        (limit,),
    )
    return [TraceRoot(_from_row(row), row["span_count"], row["error_count"]) for row in rows]
