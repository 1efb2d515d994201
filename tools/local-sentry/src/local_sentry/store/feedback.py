"""What users said about an error or a page: `user_report` items and `feedback` events."""

import sqlite3
from dataclasses import dataclass

from local_sentry.store.session import WriteSession


@dataclass(frozen=True, slots=True)
class Feedback:
    """A user's words. `timestamp` is µs since the epoch; `source` user_report or feedback.

    `feedback_id` is the id of the feedback, of a user report the id of the event it is about.
    """

    feedback_id: bytes
    source: str
    event_id: bytes | None
    replay_id: bytes | None
    name: str
    email: str
    message: str
    url: str
    timestamp: int


_COLUMNS = "feedback_id, source, event_id, replay_id, name, email, message, url, timestamp"


def insert(
    session: WriteSession, project_id: int, found: Feedback, *, environment_id: int | None
) -> None:
    """Stores a user's words; said again about the same event, they replace the earlier ones."""
    session.connection.execute(
        f"""
        INSERT INTO feedback ({_COLUMNS}, project_id, environment_id)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        ON CONFLICT DO UPDATE SET name = excluded.name, email = excluded.email,
            message = excluded.message, url = excluded.url
        """,  # noqa: S608 - constants
        (
            found.feedback_id,
            found.source,
            found.event_id,
            found.replay_id,
            found.name,
            found.email,
            found.message,
            found.url,
            found.timestamp,
            project_id,
            environment_id,
        ),
    )


def of_issue(connection: sqlite3.Connection, issue_id: int, limit: int) -> list[Feedback]:
    """What users said about the events of an issue, newest first."""
    rows = connection.execute(
        f"SELECT {_COLUMNS} FROM feedback f WHERE EXISTS ("  # noqa: S608 - constants
        "   SELECT 1 FROM events e WHERE e.project_id = f.project_id"
        "   AND e.event_id = f.event_id AND e.issue_id = ?)"
        " ORDER BY f.timestamp DESC LIMIT ?",
        (issue_id, limit),
    )
    return [Feedback(*row) for row in rows]


def of_project(connection: sqlite3.Connection, project_id: int, limit: int) -> list[Feedback]:
    """What users of a project said, newest first."""
    rows = connection.execute(
        f"SELECT {_COLUMNS} FROM feedback WHERE project_id = ? ORDER BY timestamp DESC LIMIT ?",  # noqa: S608 - constants
        (project_id, limit),
    )
    return [Feedback(*row) for row in rows]
