"""Answers questions about many spans from their hours instead of from each of them.

Percentiles are then within 1 % (`histograms.RELATIVE_ERROR`); all else is exact. What the hours do
not know, or would not answer sooner, is answered from the spans.
"""

import sqlite3
from collections.abc import Iterator
from dataclasses import replace

from local_sentry.services.search import All, Condition, Either, Filter
from local_sentry.store.explore.aggregates import Call, parse_call
from local_sentry.store.explore.columns import Dataset, Tally
from local_sentry.store.explore.datasets import SPANS
from local_sentry.store.explore.question import ExploreQuery
from local_sentry.store.span_hours import HOUR

EXACT_UP_TO = 20_000  # Spans: so many are counted one by one in time.
_LEAST_SAVING = 4  # Spans for each row of the hours.

_KEYS = "project_id, op_id, transaction_id, status_id, is_segment, release_id, environment_id"
_WHOLE = (
    f"SELECT max(hour, {{since}}) AS start, {_KEYS}, spans, duration, durations"  # noqa: S608 - constants
    " FROM span_hours WHERE hour >= {first} AND hour < {last}"
)
# The same of single spans, together by what is asked about. (Of the other keys any will do.) Their
# durations go to `quantile` as text, which SQLite joins by itself.
_SINGLE = (
    f"SELECT max(start) AS start, {_KEYS}, count(*) AS spans, sum(duration) AS duration,"  # noqa: S608 - constants
    " group_concat(duration) AS durations FROM spans"
    " WHERE start >= {since} AND start < {until} GROUP BY {keys}"
)

# By which key hours know a column.
_COLUMNS = {
    **dict.fromkeys(
        ("project", "project.name", "project.slug", "project.id", "project_id"), "project_id"
    ),
    "release": "release_id",
    "environment": "environment_id",
    "is_transaction": "is_segment",
    **dict.fromkeys(("span.op", "transaction.op", "span.category"), "op_id"),
    **dict.fromkeys(("transaction", "segment.name"), "transaction_id"),
    **dict.fromkeys(("span.status", "transaction.status", "trace.status"), "status_id"),
}
_DURATIONS = ("span.duration", "transaction.duration", "span.self_time")
_OF_ROWS = (
    "count", "failure_rate", "failure_count", "epm", "tpm", "spm", "eps", "tps", "sps",
    "per_minute", "per_second",
)  # fmt: skip
_OF_COLUMNS = ("count_if", "count_unique", "any")
_OF_DURATIONS = ("avg", "sum", "percentile", "p50", "p75", "p90", "p95", "p99", "p100")


def prefer_hours(connection: sqlite3.Connection, query: ExploreQuery) -> ExploreQuery:
    """The same query about hours, where they know and it is worth it; else the query itself."""
    if query.dataset is not SPANS or not _is_known(query):
        return query
    first, last = _whole_hours(connection, query)
    spans, rows = connection.execute(
        "SELECT coalesce(sum(spans), 0), count(*) FROM span_hours WHERE hour >= ? AND hour < ?",
        (first, last),
    ).fetchone()
    if spans <= EXACT_UP_TO or spans < _LEAST_SAVING * rows:
        return query
    return replace(query, dataset=_dataset(query, first, last))


def _is_known(query: ExploreQuery) -> bool:
    calls = [call for field in query.fields if (call := parse_call(field)) is not None]
    columns = [field for field in query.fields if parse_call(field) is None]
    return (
        bool(calls)
        and all(column in _COLUMNS for column in columns)
        and all(_knows_call(call) for call in calls)
        and all(_knows_key(key) for key in _keys(query.condition))
    )


def _knows_key(key: str) -> bool:
    call = parse_call(key)
    return key in _COLUMNS if call is None else _knows_call(call)


def _knows_call(call: Call) -> bool:
    first = call.arguments[0] if call.arguments else None
    if call.name in _OF_COLUMNS:
        return first in _COLUMNS
    if call.name in _OF_ROWS:
        return first in (None, SPANS.measured)
    arguments = call.arguments[:-1] if call.name == "percentile" else call.arguments
    return call.name in _OF_DURATIONS and all(name in _DURATIONS for name in arguments)


def _keys(condition: Condition) -> Iterator[str]:
    """What a search is about; free text is about no key that is known here."""
    match condition:
        case All(conditions) | Either(conditions):
            for inner in conditions:
                yield from _keys(inner)
        case Filter("has", _, values):
            yield from values
        case Filter(key):
            yield key
        case _:
            yield ""


def _whole_hours(connection: sqlite3.Connection, query: ExploreQuery) -> tuple[int, int]:
    """From when to when hours have all their spans in the period."""

    def is_empty(since: int, until: int) -> bool:
        sql = "SELECT 1 FROM spans WHERE start >= ? AND start < ? LIMIT 1"
        return connection.execute(sql, (since, until)).fetchone() is None

    first = query.since // HOUR * HOUR
    if not is_empty(first, query.since):
        first += HOUR
    last = -(-query.until // HOUR) * HOUR
    if not is_empty(query.until, last):
        last -= HOUR
    return first, max(first, last)


def _keys_of(query: ExploreQuery) -> Iterator[str]:
    """The keys that make a difference to a query."""
    if query.project_ids:
        yield "project_id"
    if query.environments:
        yield "environment_id"
    for field in (*query.fields, *_keys(query.condition)):
        call = parse_call(field)
        if call is None:
            yield _COLUMNS[field]
        elif call.name in _OF_COLUMNS:
            yield _COLUMNS[call.arguments[0]]
        elif call.name.startswith("failure"):
            yield "status_id"


def _dataset(query: ExploreQuery, first: int, last: int) -> Dataset:
    """The whole hours of a period, and the single spans at its two ends."""
    parts = [_WHOLE.format(since=query.since, first=first, last=last)]
    keys = ", ".join(sorted(set(_keys_of(query)))) or "NULL"
    for since, until in ((query.since, min(first, query.until)), (last, query.until)):
        if since < until:
            parts.append(_SINGLE.format(since=since, until=until, keys=keys))
    return replace(
        SPANS,
        source=f"({' UNION ALL '.join(parts)}) s",
        tally=Tally(rows="s.spans", total="s.duration", values="s.durations"),
    )
