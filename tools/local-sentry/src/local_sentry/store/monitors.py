"""Monitors of recurring jobs, and the check-ins these jobs send."""

import sqlite3
from dataclasses import dataclass

import orjson

from local_sentry.protocol.lenient_json import JsonObject
from local_sentry.store.session import WriteSession


@dataclass(frozen=True, slots=True)
class CheckIn:
    """A job's word on itself. Times are µs since the epoch, `duration` µs.

    `status` is ok, error, in_progress, missed or timeout.
    """

    check_in_id: bytes
    status: str
    timestamp: int
    duration: int | None
    trace_id: bytes | None


@dataclass(frozen=True, slots=True)
class Monitor:
    """A monitor and the last it heard. Times are µs since the epoch."""

    id: int
    project_id: int
    slug: str
    name: str
    config: JsonObject
    date_created: int
    last_status: str | None
    last_check_in: int | None


def find_or_create(
    session: WriteSession, project_id: int, slug: str, config: JsonObject, at: int
) -> int:
    """The row id of a monitor; a config that comes with a check-in replaces the one there is."""
    row = session.connection.execute(
        """
        INSERT INTO monitors (project_id, slug, name, config, date_created)
        VALUES (?1, ?2, ?2, ?3, ?4)
        ON CONFLICT DO UPDATE SET config = CASE ?3 WHEN '{}' THEN config ELSE ?3 END
        RETURNING id
        """,
        (project_id, slug, orjson.dumps(config).decode(), at),
    ).fetchone()
    return int(row[0])


def check_in(
    session: WriteSession,
    monitor_id: int,
    found: CheckIn,
    *,
    release_id: int | None,
    environment_id: int | None,
) -> None:
    """Stores a check-in, or what has become of one; a finished one does not run again.

    The duration is the one that was sent, else the time since the check-in began.
    """
    session.connection.execute(
        """
        INSERT INTO check_ins (monitor_id, check_in_id, environment_id, release_id, status,
            started, updated, duration, trace_id)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?6, ?7, ?8)
        ON CONFLICT DO UPDATE SET
            status = CASE WHEN excluded.status = 'in_progress' THEN status ELSE excluded.status END,
            updated = max(updated, excluded.updated),
            duration = CASE
                WHEN excluded.status = 'in_progress' THEN duration
                ELSE coalesce(excluded.duration, max(0, excluded.updated - started)) END,
            trace_id = coalesce(trace_id, excluded.trace_id)
        """,
        (
            monitor_id,
            found.check_in_id,
            environment_id,
            release_id,
            found.status,
            found.timestamp,
            found.duration,
            found.trace_id,
        ),
    )


def listed(connection: sqlite3.Connection) -> list[Monitor]:
    """All monitors, by slug."""
    rows = connection.execute(
        """
        SELECT m.id, m.project_id, m.slug, m.name, m.config, m.date_created, c.status, c.updated
        FROM monitors m LEFT JOIN check_ins c ON c.id = (
            SELECT id FROM check_ins WHERE monitor_id = m.id ORDER BY started DESC, id DESC LIMIT 1
        ) ORDER BY m.slug
        """
    )
    return [
        Monitor(id_, project_id, slug, name, orjson.loads(config), created, status, at)
        for id_, project_id, slug, name, config, created, status, at in rows
    ]


def check_ins(connection: sqlite3.Connection, monitor_id: int, limit: int) -> list[CheckIn]:
    """The newest check-ins of a monitor, newest first."""
    rows = connection.execute(
        "SELECT check_in_id, status, started, duration, trace_id FROM check_ins"
        " WHERE monitor_id = ? ORDER BY started DESC, id DESC LIMIT ?",
        (monitor_id, limit),
    )
    return [CheckIn(*row) for row in rows]
