"""Monitors of recurring jobs, their state in each environment, and the check-ins jobs send."""

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass, field

import orjson

from local_sentry.protocol.lenient_json import JsonObject
from local_sentry.store.session import WriteSession


@dataclass(frozen=True, slots=True)
class CheckIn:
    """A job's word on itself. Times are µs since the epoch, `duration` µs.

    `status` is ok, error, in_progress, missed, timeout or unknown; `expected` is when the schedule
    wanted the run, `deadline` until when it may take, `updated` when its last word came.
    """

    check_in_id: bytes
    status: str
    timestamp: int
    duration: int | None
    trace_id: bytes | None
    expected: int | None = None
    deadline: int | None = None
    updated: int | None = None
    environment: str = "production"


@dataclass(frozen=True, slots=True)
class MonitorEnvironment:
    """How a job is doing in one environment. Times are µs since the epoch.

    `status` is active (nothing heard yet), ok or error; `failures` and `successes` are in a row.
    """

    id: int
    monitor_id: int
    environment_id: int
    name: str
    status: str
    date_created: int
    last_check_in: int | None
    next_check_in: int | None
    next_check_in_latest: int | None
    failures: int
    successes: int
    incident_started: int | None


@dataclass(frozen=True, slots=True)
class Monitor:
    """A monitor. `config` is as it was sent, `date_created` µs since the epoch."""

    id: int
    project_id: int
    slug: str
    name: str
    config: JsonObject
    date_created: int
    status: str
    is_muted: bool
    owner: str | None
    is_upserting: bool
    environments: tuple[MonitorEnvironment, ...] = field(default=())


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


_SELECT = """
    SELECT id, project_id, slug, name, config, date_created, status, is_muted, owner, is_upserting
    FROM monitors
"""
_SELECT_ENVIRONMENTS = """
    SELECT e.id, e.monitor_id, e.environment_id, v.name, e.status, e.date_created,
        e.last_check_in, e.next_check_in, e.next_check_in_latest, e.failures, e.successes,
        e.incident_started
    FROM monitor_environments e JOIN environments v ON v.id = e.environment_id
"""


def _monitor(row: sqlite3.Row, environments: Iterable[MonitorEnvironment] = ()) -> Monitor:
    number, project_id, slug, name, config, created, status, muted, owner, upserting = row
    return Monitor(
        number, project_id, slug, name, orjson.loads(config), created, status, bool(muted), owner,
        bool(upserting), tuple(environments),
    )  # fmt: skip


def listed(connection: sqlite3.Connection) -> list[Monitor]:
    """All monitors with their environments, by slug."""
    environments: dict[int, list[MonitorEnvironment]] = {}
    for row in connection.execute(f"{_SELECT_ENVIRONMENTS} ORDER BY v.name"):
        environments.setdefault(row[1], []).append(MonitorEnvironment(*row))
    rows = connection.execute(f"{_SELECT} ORDER BY slug, id").fetchall()
    return [_monitor(row, environments.get(row[0], ())) for row in rows]


def get(connection: sqlite3.Connection, monitor_id: int) -> Monitor:
    """A monitor that is known to be there, without its environments."""
    return _monitor(connection.execute(f"{_SELECT} WHERE id = ?", (monitor_id,)).fetchone())


def save(session: WriteSession, monitor: Monitor) -> int | None:
    """Makes a monitor when its id is 0, else changes it; None when the slug is taken."""
    values = (
        monitor.slug, monitor.name, orjson.dumps(monitor.config).decode(), monitor.status,
        monitor.is_muted, monitor.owner, monitor.is_upserting,
    )  # fmt: skip
    try:
        if monitor.id:
            session.connection.execute(
                "UPDATE monitors SET slug = ?, name = ?, config = ?, status = ?, is_muted = ?,"
                " owner = ?, is_upserting = ? WHERE id = ?",
                (*values, monitor.id),
            )
            return monitor.id
        row = session.connection.execute(
            "INSERT INTO monitors (slug, name, config, status, is_muted, owner, is_upserting,"
            " project_id, date_created) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING id",
            (*values, monitor.project_id, monitor.date_created),
        ).fetchone()
    except sqlite3.IntegrityError:
        return None
    return int(row[0])


def delete(session: WriteSession, monitor_id: int) -> None:
    """Deletes a monitor with its check-ins; its issues stay."""
    for table in ("check_ins", "monitor_environments"):
        session.connection.execute(f"DELETE FROM {table} WHERE monitor_id = ?", (monitor_id,))  # noqa: S608 - the names above
    session.connection.execute("DELETE FROM monitors WHERE id = ?", (monitor_id,))


def environment(
    session: WriteSession, monitor_id: int, environment_id: int, at: int
) -> MonitorEnvironment:
    """The state of a monitor in an environment, which begins with its first check-in."""
    session.connection.execute(
        "INSERT INTO monitor_environments (monitor_id, environment_id, date_created)"
        " VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
        (monitor_id, environment_id, at),
    )
    row = session.connection.execute(
        f"{_SELECT_ENVIRONMENTS} WHERE e.monitor_id = ? AND e.environment_id = ?",
        (monitor_id, environment_id),
    ).fetchone()
    return MonitorEnvironment(*row)


def put_environment(session: WriteSession, state: MonitorEnvironment) -> None:
    """Writes the state of a monitor in an environment back."""
    session.connection.execute(
        "UPDATE monitor_environments SET status = ?, last_check_in = ?, next_check_in = ?,"
        " next_check_in_latest = ?, failures = ?, successes = ?, incident_started = ?"
        " WHERE id = ?",
        (
            state.status, state.last_check_in, state.next_check_in, state.next_check_in_latest,
            state.failures, state.successes, state.incident_started, state.id,
        ),
    )  # fmt: skip


def check_in(
    session: WriteSession,
    monitor_id: int,
    found: CheckIn,
    *,
    release_id: int | None,
    environment_id: int | None,
) -> tuple[int, bool]:
    """Stores a check-in, or what has become of one; a finished one does not run again.

    The duration is the one that was sent, else the time since the check-in began.

    Returns:
        When it began, and whether this is news.
    """
    key = (monitor_id, found.check_in_id)
    before = session.connection.execute(
        "SELECT started, status FROM check_ins WHERE monitor_id = ? AND check_in_id = ?", key
    ).fetchone()
    session.connection.execute(
        """
        INSERT INTO check_ins (monitor_id, check_in_id, environment_id, release_id, status,
            started, updated, duration, trace_id, expected, deadline)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?6, ?7, ?8, ?9, ?10)
        ON CONFLICT DO UPDATE SET
            status = CASE WHEN excluded.status = 'in_progress' THEN status ELSE excluded.status END,
            updated = max(updated, excluded.updated),
            deadline = CASE WHEN status = 'in_progress' THEN coalesce(excluded.deadline, deadline)
                       ELSE deadline END,
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
            found.expected,
            found.deadline,
        ),
    )
    if before is None:
        return found.timestamp, True
    return int(before[0]), found.status not in ("in_progress", before[1])


def check_ins(connection: sqlite3.Connection, monitor_id: int, limit: int) -> list[CheckIn]:
    """The newest check-ins of a monitor, newest first."""
    rows = connection.execute(
        "SELECT c.check_in_id, c.status, c.started, c.duration, c.trace_id, c.expected,"
        " c.deadline, c.updated, coalesce(v.name, 'production')"
        " FROM check_ins c LEFT JOIN environments v ON v.id = c.environment_id"
        " WHERE c.monitor_id = ? ORDER BY c.started DESC, c.id DESC LIMIT ?",
        (monitor_id, limit),
    )
    return [CheckIn(*row) for row in rows]


def counts(
    connection: sqlite3.Connection, monitor_id: int, since: int, until: int, step: int
) -> list[tuple[int, str, int, int | None]]:
    """Check-ins of a period by the start of their bucket of `step` µs and by status.

    Returns:
        Start of the bucket, status, how many, and their mean duration (µs).
    """
    rows = connection.execute(
        "SELECT ?2 + (started - ?2) / ?4 * ?4, status, count(*), avg(duration) FROM check_ins"
        " WHERE monitor_id = ?1 AND started >= ?2 AND started < ?3 GROUP BY 1, 2 ORDER BY 1",
        (monitor_id, since, until, step),
    )
    return [tuple(row) for row in rows]


def last_success(connection: sqlite3.Connection, state: MonitorEnvironment) -> int | None:
    """When a job last said that all went well, µs since the epoch."""
    row = connection.execute(
        "SELECT max(started) FROM check_ins WHERE monitor_id = ? AND environment_id = ?"
        " AND status = 'ok'",
        (state.monitor_id, state.environment_id),
    ).fetchone()
    return row[0]  # type: ignore[no-any-return]


def overdue(connection: sqlite3.Connection, now: int) -> list[MonitorEnvironment]:
    """Where a check-in should have come by now, of monitors that are watched."""
    rows = connection.execute(
        f"{_SELECT_ENVIRONMENTS} JOIN monitors m ON m.id = e.monitor_id"
        " WHERE e.next_check_in_latest <= ? AND m.status = 'active'"
        " ORDER BY e.next_check_in_latest LIMIT 1000",
        (now,),
    ).fetchall()
    return [MonitorEnvironment(*row) for row in rows]


@dataclass(frozen=True, slots=True)
class Running:
    """A check-in that has not ended in time."""

    row: int
    monitor_id: int
    environment_id: int | None
    trace_id: bytes | None


def too_long(connection: sqlite3.Connection, now: int) -> list[Running]:
    """The check-ins that should have ended by now."""
    rows = connection.execute(
        "SELECT id, monitor_id, environment_id, trace_id FROM check_ins"
        " WHERE status = 'in_progress' AND deadline <= ? ORDER BY deadline LIMIT 1000",
        (now,),
    ).fetchall()
    return [Running(*row) for row in rows]


def end_check_in(session: WriteSession, row: int, status: str, at: int) -> None:
    """Says what has become of a check-in that will not say so itself."""
    session.connection.execute(
        "UPDATE check_ins SET status = ?, updated = ? WHERE id = ?", (status, at, row)
    )
