"""How releases fare: sessions and users, crashed and all, counted per release and project."""

import sqlite3
from dataclasses import dataclass

_HOUR = 3_600_000_000  # µs


@dataclass(frozen=True, slots=True)
class Health:
    """Sessions of a release in a stretch of time, or of all releases of a project."""

    sessions: int = 0
    crashed: int = 0
    errored: int = 0
    abnormal: int = 0
    users: int = 0
    crashed_users: int = 0

    @property
    def crash_free_sessions(self) -> float | None:
        """Percent; None without sessions."""
        return 100.0 * (1 - self.crashed / self.sessions) if self.sessions else None

    @property
    def crash_free_users(self) -> float | None:
        """Percent; None when nobody said who they are."""
        return 100.0 * (1 - self.crashed_users / self.users) if self.users else None


_SINGLE = """
    SELECT count(*), coalesce(sum(status = 'crashed'), 0),
        coalesce(sum(status != 'crashed' AND (errors > 0 OR status = 'errored')), 0),
        coalesce(sum(status = 'abnormal'), 0),
        count(DISTINCT user_hash), count(DISTINCT CASE WHEN status = 'crashed' THEN user_hash END)
    FROM sessions WHERE project_id = ?1 AND (?2 IS NULL OR release_id = ?2)
        AND started >= ?3 AND started < ?4
"""
_COUNTED = """
    SELECT coalesce(sum(exited + errored + crashed + abnormal), 0), coalesce(sum(crashed), 0),
        coalesce(sum(errored), 0), coalesce(sum(abnormal), 0),
        count(DISTINCT nullif(user_hash, x'')),
        count(DISTINCT CASE WHEN crashed > 0 THEN nullif(user_hash, x'') END)
    FROM session_counts WHERE project_id = ?1 AND (?2 IS NULL OR release_id = ?2)
        AND hour >= ?3 AND hour <= ?4
"""


def of_project(
    connection: sqlite3.Connection,
    project_id: int,
    release_id: int | None,
    since: int,
    until: int,
) -> Health:
    """The health of a release (of all when None) of a project between two times (µs)."""
    single = connection.execute(_SINGLE, (project_id, release_id, since, until)).fetchone()
    counted = connection.execute(
        _COUNTED, (project_id, release_id, since // _HOUR, until // _HOUR)
    ).fetchone()
    return Health(*(a + b for a, b in zip(single, counted, strict=True)))


@dataclass(frozen=True, slots=True)
class SessionCount:
    """Sessions of one kind in one hour."""

    project_id: int
    release: str
    environment: str
    hour: int
    status: str
    sessions: int
    users: int


def hourly(
    connection: sqlite3.Connection, project_ids: tuple[int, ...], since: int, until: int
) -> list[SessionCount]:
    """Sessions per hour, project, release, environment and status; all projects when empty."""
    marks = ",".join("?" * len(project_ids))
    chosen = f"AND s.project_id IN ({marks})" if project_ids else ""
    names = (
        "JOIN releases r ON r.id = s.release_id LEFT JOIN environments v ON v.id = s.environment_id"
    )
    found = connection.execute(
        f"SELECT s.project_id, r.version, coalesce(v.name, ''), s.started / {_HOUR},"  # noqa: S608 - question marks
        " CASE WHEN s.status IN ('crashed', 'abnormal', 'unhandled') THEN s.status"
        "      WHEN s.errors > 0 OR s.status = 'errored' THEN 'errored' ELSE 'healthy' END,"
        f" count(*), count(DISTINCT s.user_hash) FROM sessions s {names}"
        f" WHERE s.started >= ? AND s.started < ? {chosen} GROUP BY 1, 2, 3, 4, 5",
        (since, until, *project_ids),
    ).fetchall()
    counts = [SessionCount(*row) for row in found]
    for status, column in (
        ("healthy", "exited"),
        *((n, n) for n in ("errored", "crashed", "abnormal")),
    ):
        found = connection.execute(
            f"SELECT s.project_id, r.version, coalesce(v.name, ''), s.hour, sum(s.{column}),"  # noqa: S608 - names above
            f" count(DISTINCT CASE WHEN s.{column} > 0 THEN nullif(s.user_hash, x'') END)"
            f" FROM session_counts s {names} WHERE s.hour >= ? AND s.hour <= ? {chosen}"
            f" GROUP BY 1, 2, 3, 4 HAVING sum(s.{column}) > 0",
            (since // _HOUR, until // _HOUR, *project_ids),
        ).fetchall()
        counts += [
            SessionCount(project, version, environment, hour, status, sessions, users)
            for project, version, environment, hour, sessions, users in found
        ]
    return counts
