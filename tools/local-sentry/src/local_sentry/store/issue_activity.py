"""The history of an issue. Alerts read it too: a new issue and a regression are entries in it."""

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass

import orjson

from local_sentry.protocol.lenient_json import JsonObject
from local_sentry.store.session import WriteSession

# Sentry's words for what happens to an issue.
FIRST_SEEN = "first_seen"
REGRESSION = "set_regression"
RESOLVED = "set_resolved"
RESOLVED_IN_RELEASE = "set_resolved_in_release"
UNRESOLVED = "set_unresolved"
ARCHIVED = "set_ignored"
UNARCHIVED = "set_escalating"
NOTE = "note"


@dataclass(frozen=True, slots=True)
class Activity:
    """One entry. `timestamp` is µs since the epoch; ids grow and are never used again."""

    id: int
    issue_id: int
    project_id: int
    type: str
    timestamp: int
    actor: str | None
    data: JsonObject


def add(
    session: WriteSession,
    issue_id: int,
    project_id: int,
    type: str,  # noqa: A002 - Sentry's word
    at: int,
    *,
    actor: str | None = None,
    data: Mapping[str, object] | None = None,
) -> int:
    """Adds an entry and returns its id. `actor` is None when the server itself acted."""
    row = session.connection.execute(
        "INSERT INTO issue_activity (issue_id, project_id, type, timestamp, actor, data)"
        " VALUES (?, ?, ?, ?, ?, ?) RETURNING id",
        (issue_id, project_id, type, at, actor, orjson.dumps(data or {}).decode()),
    ).fetchone()
    return int(row[0])


_SELECT = "SELECT id, issue_id, project_id, type, timestamp, actor, data FROM issue_activity"


def _activity(row: tuple[int, int, int, str, int, str | None, str]) -> Activity:
    id_, issue_id, project_id, kind, timestamp, actor, data = row
    return Activity(id_, issue_id, project_id, kind, timestamp, actor, orjson.loads(data))


def of_issue(connection: sqlite3.Connection, issue_id: int, limit: int = 100) -> list[Activity]:
    """The entries of an issue, newest first."""
    rows = connection.execute(
        f"{_SELECT} WHERE issue_id = ? ORDER BY id DESC LIMIT ?", (issue_id, limit)
    )
    return [_activity(tuple(row)) for row in rows]


def after(connection: sqlite3.Connection, last_id: int, limit: int = 1000) -> list[Activity]:
    """The entries that came after one, oldest first: what an alert has not looked at yet."""
    rows = connection.execute(f"{_SELECT} WHERE id > ? ORDER BY id LIMIT ?", (last_id, limit))
    return [_activity(tuple(row)) for row in rows]
