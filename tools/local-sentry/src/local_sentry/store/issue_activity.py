"""What happened to issues: comments and changes of state, read and written."""

import sqlite3
from dataclasses import dataclass

import orjson

from local_sentry.protocol.lenient_json import JsonObject
from local_sentry.store.session import WriteSession


@dataclass(frozen=True, slots=True)
class Activity:
    """One entry. `timestamp` is µs since the epoch; without an actor the server did it."""

    id: int
    issue_id: int
    project_id: int
    type: str
    timestamp: int
    actor: str | None
    data: JsonObject


_SELECT = "SELECT id, issue_id, project_id, type, timestamp, actor, data FROM issue_activity"


def _from_row(row: tuple[int, int, int, str, int, str | None, str]) -> Activity:
    number, issue_id, project_id, kind, timestamp, actor, data = row
    return Activity(number, issue_id, project_id, kind, timestamp, actor, orjson.loads(data))


def of_issue(
    connection: sqlite3.Connection, issue_id: int, *, limit: int, type: str | None = None  # noqa: A002 - Sentry's word
) -> list[Activity]:  # fmt: skip
    """The newest entries of an issue, newest first."""
    rows = connection.execute(
        f"{_SELECT} WHERE issue_id = ?1 AND (?2 IS NULL OR type = ?2) ORDER BY id DESC LIMIT ?3",
        (issue_id, type, limit),
    ).fetchall()
    return [_from_row(row) for row in rows]


def get(connection: sqlite3.Connection, issue_id: int, number: int) -> Activity | None:
    """An entry of an issue."""
    row = connection.execute(
        f"{_SELECT} WHERE issue_id = ? AND id = ?", (issue_id, number)
    ).fetchone()
    return _from_row(row) if row is not None else None


def after(connection: sqlite3.Connection, number: int, limit: int) -> list[Activity]:
    """The entries of all issues after one, oldest first."""
    rows = connection.execute(
        f"{_SELECT} WHERE id > ? ORDER BY id LIMIT ?", (number, limit)
    ).fetchall()
    return [_from_row(row) for row in rows]


def add(
    session: WriteSession,
    issue_id: int,
    type: str,  # noqa: A002 - Sentry's word
    at: int,
    *,
    actor: str | None,
    data: "JsonObject | None" = None,
) -> int:
    """Writes an entry; returns its id."""
    row: int = session.connection.execute(
        "INSERT INTO issue_activity (issue_id, project_id, type, timestamp, actor, data)"
        " SELECT id, project_id, ?2, ?3, ?4, ?5 FROM issues WHERE id = ?1 RETURNING id",
        (issue_id, type, at, actor, orjson.dumps(data or {}).decode()),
    ).fetchone()[0]
    return row


def change_note(session: WriteSession, number: int, text: str) -> None:
    """Rewrites a comment."""
    session.connection.execute(
        "UPDATE issue_activity SET data = ? WHERE id = ? AND type = 'note'",
        (orjson.dumps({"text": text}).decode(), number),
    )


def delete_note(session: WriteSession, number: int) -> None:
    """Takes a comment back."""
    session.connection.execute(
        "DELETE FROM issue_activity WHERE id = ? AND type = 'note'", (number,)
    )
