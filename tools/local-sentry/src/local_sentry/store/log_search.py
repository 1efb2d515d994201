"""Finds logs by a search, newest first."""

import sqlite3
from dataclasses import dataclass

from local_sentry.services.search import Condition
from local_sentry.store import logs
from local_sentry.store.explore.conditions import Conditions
from local_sentry.store.explore.datasets import LOGS

# The first of OpenTelemetry's four numbers for each level.
LEVELS = {"trace": 1, "debug": 5, "info": 9, "warn": 13, "error": 17, "fatal": 21}


@dataclass(frozen=True, slots=True)
class LogQuery:
    """What to look for.

    Attributes:
        condition: the parsed search.
        now: µs since the epoch, for relative times.
        at_least: a severity number; logs below it are left out.
        project_ids: only these; all when empty.
    """

    condition: Condition
    now: int
    at_least: int = 0
    project_ids: tuple[int, ...] = ()
    limit: int = 100
    offset: int = 0


def find(connection: sqlite3.Connection, query: LogQuery) -> tuple[list[logs.StoredLog], bool]:
    """The logs of one page, and whether there are more behind it.

    Raises:
        InvalidQueryError: a field does not take that value.
    """
    wanted = Conditions(LOGS, query.now).sql(query.condition)
    where = ["l.severity_number >= ?", wanted.sql]
    values: list[object] = [query.at_least, *wanted.values]
    if query.project_ids:
        where.append(f"l.project_id IN ({','.join('?' * len(query.project_ids))})")
        values += query.project_ids
    rows = connection.execute(
        f"{logs.SELECT} WHERE {' AND '.join(where)} ORDER BY l.timestamp DESC, l.id DESC"
        " LIMIT ? OFFSET ?",
        (*values, query.limit + 1, query.offset),
    ).fetchall()
    return [logs.from_row(row) for row in rows[: query.limit]], len(rows) > query.limit
