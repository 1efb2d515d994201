"""Finds the events of an issue or a project by a search, newest first."""

import sqlite3
from dataclasses import dataclass

from local_sentry.services.search import Condition
from local_sentry.store import events
from local_sentry.store.explore.conditions import Conditions
from local_sentry.store.explore.datasets import ERRORS


@dataclass(frozen=True, slots=True)
class EventQuery:
    """What to look for. Times are µs since the epoch; None is open."""

    condition: Condition
    now: int
    issue_id: int | None = None
    project_id: int | None = None
    environments: tuple[str, ...] = ()
    since: int | None = None
    until: int | None = None
    limit: int = 100
    offset: int = 0


def find(
    connection: sqlite3.Connection, query: EventQuery
) -> tuple[list[events.StoredEvent], bool]:
    """The events of one page, and whether there are more behind it.

    Raises:
        InvalidQueryError: a field does not take that value.
    """
    wanted = Conditions(ERRORS, query.now).sql(query.condition)
    where, values = [ERRORS.restriction, wanted.sql], [*wanted.values]
    for condition, value in (
        ("e.issue_id = ?", query.issue_id),
        ("e.project_id = ?", query.project_id),
        ("e.timestamp >= ?", query.since),
        ("e.timestamp < ?", query.until),
    ):
        if value is not None:
            where.append(condition)
            values.append(value)
    if query.environments:
        marks = ",".join("?" * len(query.environments))
        where.append(f"e.environment_id IN (SELECT id FROM environments WHERE name IN ({marks}))")  # noqa: S608 - question marks
        values += query.environments
    rows = connection.execute(
        f"SELECT e.id FROM {ERRORS.source} WHERE {' AND '.join(where)}"  # noqa: S608 - fragments
        " ORDER BY e.timestamp DESC, e.id DESC LIMIT ? OFFSET ?",
        (*values, query.limit + 1, query.offset),
    ).fetchall()
    found = [events.by_row(connection, row[0]) for row in rows[: query.limit]]
    return found, len(rows) > query.limit
