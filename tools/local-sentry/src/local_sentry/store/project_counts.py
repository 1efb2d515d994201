"""How much is going on in each project, in numbers for the page of projects."""

import sqlite3
from dataclasses import dataclass

_HOUR = 3_600_000_000  # µs
_DAY_HOURS = 24


@dataclass(frozen=True, slots=True)
class ProjectCount:
    """Issues that are unresolved, and errors of the last 24 hours."""

    unresolved: int = 0
    errors: int = 0


def of_all(connection: sqlite3.Connection, now: int) -> dict[int, ProjectCount]:
    """By project id; a project without issues is left out. `now` is µs since the epoch."""
    rows = connection.execute(
        """
        SELECT i.project_id, sum(i.status = 'unresolved'), coalesce(sum((
            SELECT sum(h.events) FROM issue_hours h WHERE h.issue_id = i.id AND h.hour > ?1
        )) FILTER (WHERE i.last_seen >= ?2), 0)
        FROM issues i GROUP BY i.project_id
        """,
        (now // _HOUR - _DAY_HOURS, now - _DAY_HOURS * _HOUR),
    )
    return {project_id: ProjectCount(unresolved, errors) for project_id, unresolved, errors in rows}
