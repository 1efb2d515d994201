"""What a replay's timeline shows beside its recording: errors, and when the recording began."""

import sqlite3
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ReplayError:
    """An error in a replay. `timestamp` is µs since the epoch."""

    event_id: str
    issue_id: int
    timestamp: int
    level: str
    title: str
    project_slug: str


def of_replay(connection: sqlite3.Connection, row: int, limit: int) -> list[ReplayError]:
    """The errors of a replay (by its row), named from either side, oldest first."""
    rows = connection.execute(
        """
        SELECT lower(hex(e.event_id)), e.issue_id, e.timestamp, e.level, e.title, p.slug
        FROM events e JOIN projects p ON p.id = e.project_id
        WHERE e.issue_id IS NOT NULL AND e.id IN (
            SELECT e.id FROM events e JOIN replays y ON y.replay_id = e.replay_id WHERE y.id = ?1
            UNION
            SELECT e.id FROM replay_errors x JOIN replays y ON y.id = x.replay_row
            JOIN events e ON e.project_id = y.project_id AND e.event_id = x.event_id
            WHERE x.replay_row = ?1
        )
        ORDER BY e.timestamp, e.id LIMIT ?2
        """,
        (row, limit),
    )
    return [ReplayError(*found) for found in rows]


def first_recorded(connection: sqlite3.Connection, row: int) -> int | None:
    """When the first segment of a replay (by its row) begins, µs, by the server's clock."""
    found = connection.execute(
        "SELECT first_timestamp FROM replay_segments WHERE replay_row = ?"
        " ORDER BY segment_id LIMIT 1",
        (row,),
    ).fetchone()
    return found[0] if found is not None else None
