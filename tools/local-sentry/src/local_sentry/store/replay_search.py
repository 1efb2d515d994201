"""Finds replays by a search, in the order asked for."""

import sqlite3
from dataclasses import dataclass

from local_sentry.services.search import Condition
from local_sentry.store import replays
from local_sentry.store.explore.columns import (
    Column,
    Dataset,
    Fragment,
    Kind,
    hexadecimal,
    looked_up,
    placed,
    plain,
)
from local_sentry.store.explore.conditions import Conditions

SORTS = {
    "started_at": "y.started",
    "finished_at": "y.finished",
    "duration": "(y.finished - y.started)",
    "count_errors": "y.errors",
    "count_segments": "y.segments",
    "count_dead_clicks": "y.dead_clicks",
    "count_rage_clicks": "y.rage_clicks",
    "activity": "(y.errors + y.clicks)",
    "project_id": "y.project_id",
    "environment": "y.environment_id",
}


def _tag(name: str, kind: Kind) -> Column:
    return Column(Fragment("json_extract(y.tags, ?)", (f'$."{name}"',)), kind)


_ERRORS = "SELECT lower(hex(event_id)) AS value FROM replay_errors WHERE replay_row = y.id"
_TRACES = "SELECT lower(hex(trace_id)) AS value FROM replay_traces WHERE replay_row = y.id"
_ISSUES = (
    "SELECT CAST(e.issue_id AS TEXT) AS value FROM events e WHERE e.issue_id IS NOT NULL AND"
    " (e.replay_id = y.replay_id OR e.event_id IN"
    " (SELECT event_id FROM replay_errors WHERE replay_row = y.id))"
)
_URLS = "SELECT value FROM json_each(y.urls)"


def _any_of(rows: str) -> Column:
    """A column that has several values: one of them meets the condition."""
    return Column(
        Fragment(f"(SELECT min(value) FROM ({rows}))"),  # noqa: S608 - the rows above
        matching=Fragment(f"EXISTS (SELECT 1 FROM ({rows}) WHERE {{condition}})"),  # noqa: S608 - as above
    )


REPLAYS = Dataset(
    name="replays",
    source="replays y",
    restriction="NOT y.is_archived",
    time="y.started",
    project="y.project_id",
    environment="y.environment_id",
    columns={
        **placed("y"),
        "id": hexadecimal("y.replay_id"),
        "replay_id": hexadecimal("y.replay_id"),
        "releases": looked_up("y.release_id", "releases", "version"),
        "platform": plain("y.platform"),
        "replay_type": plain("y.replay_type"),
        "started_at": plain("y.started", "date"),
        "finished_at": plain("y.finished", "date"),
        "timestamp": plain("y.started", "date"),
        # Seconds: `duration:>30`.
        "duration": plain("(y.finished - y.started) / 1000000.0", "number"),
        "count_errors": plain("y.errors", "integer"),
        "count_segments": plain("y.segments", "integer"),
        "count_dead_clicks": plain("y.dead_clicks", "integer"),
        "count_rage_clicks": plain("y.rage_clicks", "integer"),
        "count_urls": plain("json_array_length(y.urls)", "integer"),
        **{f"user.{n}": plain(f"json_extract(y.user, '$.{n}')") for n in ("id", "email")},
        "user.username": plain("json_extract(y.user, '$.username')"),
        "user.ip": plain("json_extract(y.user, '$.ip_address')"),
        **{
            f"{of}.{what}": plain(f"json_extract(y.contexts, '$.{of}.{what}')")
            for of in ("browser", "os", "device", "sdk")
            for what in ("name", "version", "model", "family", "brand")
        },
        "url": _any_of(_URLS),
        "urls": _any_of(_URLS),
        "error_ids": _any_of(_ERRORS),
        "error_id": _any_of(_ERRORS),
        "trace_ids": _any_of(_TRACES),
        "trace_id": _any_of(_TRACES),
        "trace": _any_of(_TRACES),
        "issue.id": _any_of(_ISSUES),
    },
    attribute=_tag,
    searched=("y.user", "y.urls"),
)


@dataclass(frozen=True, slots=True)
class ReplayQuery:
    """What to look for. Times are µs since the epoch."""

    condition: Condition
    now: int
    since: int
    until: int
    project_ids: tuple[int, ...] = ()
    environments: tuple[str, ...] = ()
    sort: str = "-started_at"
    limit: int = 10
    offset: int = 0


def find(connection: sqlite3.Connection, query: ReplayQuery) -> tuple[list[replays.Replay], bool]:
    """The replays of one page, and whether there are more behind it.

    Raises:
        InvalidQueryError: a field does not take that value.
    """
    wanted = Conditions(REPLAYS, query.now).sql(query.condition)
    where = [REPLAYS.restriction, "y.started >= ? AND y.started < ?", wanted.sql]
    values: list[object] = [query.since, query.until, *wanted.values]
    if query.project_ids:
        where.append(f"y.project_id IN ({','.join('?' * len(query.project_ids))})")
        values += query.project_ids
    if query.environments:
        marks = ",".join("?" * len(query.environments))
        where.append(f"v.name IN ({marks})")
        values += query.environments
    direction = "DESC" if query.sort.startswith("-") else "ASC"
    order = SORTS[query.sort.removeprefix("-")]
    rows = connection.execute(
        f"{replays.SELECT} WHERE {' AND '.join(where)} ORDER BY {order} {direction}, y.id"
        " LIMIT ? OFFSET ?",
        (*values, query.limit + 1, query.offset),
    ).fetchall()
    return [replays.from_row(row) for row in rows[: query.limit]], len(rows) > query.limit
