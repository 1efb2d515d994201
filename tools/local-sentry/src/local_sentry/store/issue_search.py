"""Finds issues: the conditions of a search become one SQL statement, values only as parameters."""

import sqlite3
from dataclasses import dataclass

from local_sentry.services.search import Condition
from local_sentry.store.issue_conditions import IssueConditions
from local_sentry.store.issues import SELECT, Issue, from_row

SORTS = {
    "date": "i.last_seen",
    "new": "i.first_seen",
    "freq": "i.times_seen",
    "user": "i.users_seen",
    "trends": "i.last_seen",
    "inbox": "i.last_seen",
    "recommended": "i.last_seen",
}
_FROM = "FROM issues i JOIN projects p ON p.id = i.project_id"


@dataclass(frozen=True, slots=True)
class IssueQuery:
    """What to look for.

    Attributes:
        condition: the parsed search.
        now: µs since the epoch, for relative times.
        project_ids: only these; all when empty.
        environments: only issues seen in one of these; all when empty.
        since: only issues seen since (µs); None for all.
        until: only issues first seen before (µs); None for all.
        sort: a key of `SORTS`.
    """

    condition: Condition
    now: int
    project_ids: tuple[int, ...] = ()
    environments: tuple[str, ...] = ()
    since: int | None = None
    until: int | None = None
    sort: str = "date"
    offset: int = 0
    limit: int = 25


def find(connection: sqlite3.Connection, query: IssueQuery) -> tuple[list[Issue], bool]:
    """The issues of one page, and whether there are more behind it.

    Raises:
        InvalidQueryError: a key does not take that value.
    """
    where, values = _where(query)
    order = f"ORDER BY {SORTS[query.sort]} DESC, i.id DESC"
    # What is sorted is ids, and only those of the page are joined with all that is shown.
    page = f"SELECT i.id {_FROM} WHERE {where} {order} LIMIT ? OFFSET ?"
    rows = connection.execute(
        f"{SELECT} WHERE i.id IN ({page}) {order}", (*values, query.limit + 1, query.offset)
    ).fetchall()
    return [from_row(row) for row in rows[: query.limit]], len(rows) > query.limit


def count(connection: sqlite3.Connection, query: IssueQuery, *, at_most: int) -> int:
    """How many issues there are, counted up to `at_most`."""
    where, values = _where(query)
    row = connection.execute(
        f"SELECT count(*) FROM (SELECT 1 {_FROM} WHERE {where} LIMIT ?)",  # noqa: S608 - built from constants
        (*values, at_most),
    ).fetchone()
    return int(row[0])


def _where(query: IssueQuery) -> tuple[str, list[object]]:
    builder = IssueConditions(query.now)
    parts = [builder.condition(query.condition)]
    if query.project_ids:
        marks = ",".join("?" * len(query.project_ids))
        parts.append(f"i.project_id IN ({marks})")
        builder.values += query.project_ids
    if query.environments:
        parts.append(builder.tag("environment", query.environments))
    if query.since is not None:
        # The plus keeps SQLite from choosing an index by the period where another has the order.
        sign = "" if SORTS[query.sort] == "i.last_seen" else "+"
        parts.append(f"{sign}i.last_seen >= ?")
        builder.values.append(query.since)
    if query.until is not None:
        parts.append("i.first_seen < ?")
        builder.values.append(query.until)
    return " AND ".join(parts), builder.values
