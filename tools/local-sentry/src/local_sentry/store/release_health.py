"""Sessions: how a release fares, from sessions sent one by one and from counted ones."""

import sqlite3
from dataclasses import dataclass

from local_sentry.store.session import WriteSession

HOUR = 3_600_000_000  # µs
_NO_ENVIRONMENT = 0


@dataclass(frozen=True, slots=True)
class Session:
    """The latest word on one session. Times are µs since the epoch, `duration` µs."""

    session_id: bytes
    started: int
    updated: int
    sequence: int
    status: str
    errors: int
    duration: int | None
    user_hash: bytes | None


@dataclass(frozen=True, slots=True)
class SessionCount:
    """Sessions that began in the same minute. `started` is µs since the epoch."""

    started: int
    exited: int
    errored: int
    crashed: int
    abnormal: int
    user_hash: bytes | None


_ENDED = "('exited', 'crashed', 'abnormal')"


def update(
    session: WriteSession,
    project_id: int,
    found: Session,
    *,
    release_id: int,
    environment_id: int | None,
) -> None:
    """Stores the latest word on a session; an older one, or one after its end, changes nothing."""
    session.connection.execute(
        f"""
        INSERT INTO sessions (project_id, session_id, release_id, environment_id, started, updated,
            sequence, status, errors, duration, user_hash)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        ON CONFLICT DO UPDATE SET
            updated = excluded.updated, sequence = excluded.sequence, status = excluded.status,
            errors = max(errors, excluded.errors),
            duration = coalesce(excluded.duration, duration),
            user_hash = coalesce(excluded.user_hash, user_hash)
        WHERE excluded.sequence >= sequence AND status NOT IN {_ENDED}
        """,  # noqa: S608 - constants
        (
            project_id,
            found.session_id,
            release_id,
            environment_id,
            found.started,
            found.updated,
            found.sequence,
            found.status,
            found.errors,
            found.duration,
            found.user_hash,
        ),
    )


def add_counts(
    session: WriteSession,
    project_id: int,
    counts: list[SessionCount],
    *,
    release_id: int,
    environment_id: int | None,
) -> None:
    """Adds sessions that the sender has counted."""
    session.connection.executemany(
        """
        INSERT INTO session_counts VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
        ON CONFLICT DO UPDATE SET exited = exited + excluded.exited,
            errored = errored + excluded.errored, crashed = crashed + excluded.crashed,
            abnormal = abnormal + excluded.abnormal
        """,
        [
            (
                project_id,
                release_id,
                environment_id or _NO_ENVIRONMENT,
                count.started // HOUR,
                count.user_hash or b"",
                count.exited,
                count.errored,
                count.crashed,
                count.abnormal,
            )
            for count in counts
        ],
    )


@dataclass(frozen=True, slots=True)
class Health:
    """Sessions and users of a release in a project over some time.

    `errored` sessions had errors but ended well or run on; `adoption` and the crash-free rates are
    None when nothing is known.
    """

    project_id: int
    release_id: int
    version: str
    sessions: int
    healthy: int
    errored: int
    crashed: int
    abnormal: int
    users: int
    crashed_users: int
    sessions_of_project: int
    users_of_project: int

    @property
    def crash_free_sessions(self) -> float | None:
        """The part of the sessions that did not crash, 0 to 1."""
        return 1 - self.crashed / self.sessions if self.sessions else None

    @property
    def crash_free_users(self) -> float | None:
        """The part of the users of whom no session crashed, 0 to 1."""
        return 1 - self.crashed_users / self.users if self.users else None

    @property
    def adoption_sessions(self) -> float | None:
        """The part of the project's sessions that this release has, 0 to 1."""
        return self.sessions / self.sessions_of_project if self.sessions_of_project else None

    @property
    def adoption_users(self) -> float | None:
        """The part of the project's users that this release has, 0 to 1."""
        return self.users / self.users_of_project if self.users_of_project else None


# One row per session, or per hour, user and release of counted ones.
_ALL = """
    SELECT project_id, release_id, coalesce(environment_id, 0) AS environment_id,
        started AS at, user_hash, 1 AS total,
        status = 'crashed' AS crashed, status IN ('abnormal') AS abnormal,
        (errors > 0 OR status IN ('errored', 'unhandled'))
            AND status NOT IN ('crashed', 'abnormal') AS errored
    FROM sessions WHERE started >= :since
    UNION ALL
    SELECT project_id, release_id, environment_id, hour * 3600000000, nullif(user_hash, x''),
        exited + errored + crashed + abnormal, crashed, abnormal, errored
    FROM session_counts WHERE hour >= :since / 3600000000
"""


def health(
    connection: sqlite3.Connection, since: int, *, environment: str | None = None
) -> list[Health]:
    """The health of every release that had sessions since a time (µs since the epoch).

    Args:
        connection: reads.
        since: counted ones are taken by whole hours.
        environment: only sessions of this environment.
    """
    rows = connection.execute(
        f"""
        WITH every AS ({_ALL}), chosen AS (
            SELECT * FROM every WHERE :environment IS NULL OR environment_id =
                (SELECT id FROM environments WHERE name = :environment)
        ), whole AS (
            SELECT project_id, sum(total) AS sessions, count(DISTINCT user_hash) AS users
            FROM chosen GROUP BY project_id
        )
        SELECT c.project_id, c.release_id, r.version, sum(c.total),
            sum(c.total) - sum(c.errored) - sum(c.crashed) - sum(c.abnormal),
            sum(c.errored), sum(c.crashed), sum(c.abnormal), count(DISTINCT c.user_hash),
            count(DISTINCT CASE WHEN c.crashed THEN c.user_hash END), w.sessions, w.users
        FROM chosen c JOIN releases r ON r.id = c.release_id
        JOIN whole w ON w.project_id = c.project_id
        GROUP BY c.project_id, c.release_id ORDER BY c.project_id, sum(c.total) DESC
        """,  # noqa: S608 - constants
        {"since": since, "environment": environment},
    )
    return [Health(*row) for row in rows]


def hourly(
    connection: sqlite3.Connection, since: int, project_id: int, release_id: int
) -> dict[int, int]:
    """Sessions of a release in a project, per hour (hours since the epoch)."""
    rows = connection.execute(
        f"SELECT at / 3600000000, sum(total) FROM ({_ALL})"  # noqa: S608 - constants
        " WHERE project_id = :project AND release_id = :release GROUP BY 1 ORDER BY 1",
        {"since": since, "project": project_id, "release": release_id},
    )
    return dict(rows.fetchall())
