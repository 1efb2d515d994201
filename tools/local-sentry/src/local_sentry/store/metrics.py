"""Trace metrics: counters, gauges and distributions, one row for each value that was sent."""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass

import orjson

from local_sentry.protocol.lenient_json import JsonObject
from local_sentry.store import telemetry
from local_sentry.store.session import WriteSession


@dataclass(frozen=True, slots=True)
class Metric:
    """One value of a metric. `timestamp` is µs since the epoch; `type` counter, gauge …."""

    item_id: bytes
    timestamp: int
    trace_id: bytes | None
    span_id: bytes | None
    name: str
    type: str
    unit: str
    value: float
    release: str
    environment: str
    attributes: JsonObject


_COLUMNS = ("name_id", "type", "unit", "value")


def insert(
    session: WriteSession,
    project_id: int,
    found: Sequence[Metric],
    release_id: int | None,
    environment_id: int | None,
) -> None:
    """Stores values of one release and environment; one that is there already is left alone."""

    def own(metric: Metric) -> tuple[object, ...]:
        return (session.string(metric.name), metric.type, metric.unit, metric.value)

    place = telemetry.Place("metrics", "metric", project_id, release_id, environment_id)
    telemetry.insert(session, place, found, _COLUMNS, own)


# For every query on metrics: the row with the names its ids stand for.
SELECT = """
    SELECT m.*, n.value AS name, p.slug AS project_slug, r.version AS release,
        v.name AS environment
    FROM metrics m JOIN projects p ON p.id = m.project_id JOIN strings n ON n.id = m.name_id
    LEFT JOIN releases r ON r.id = m.release_id
    LEFT JOIN environments v ON v.id = m.environment_id
"""


def from_row(row: sqlite3.Row) -> Metric:
    """A value from a row of `SELECT`."""
    return Metric(
        item_id=row["item_id"],
        timestamp=row["timestamp"],
        trace_id=row["trace_id"],
        span_id=row["span_id"],
        name=row["name"],
        type=row["type"],
        unit=row["unit"],
        value=row["value"],
        release=row["release"] or "",
        environment=row["environment"] or "",
        attributes=orjson.loads(row["attributes"]),
    )


def of_trace(connection: sqlite3.Connection, trace_id: bytes, limit: int) -> list[Metric]:
    """The values of a trace in all projects, oldest first."""
    rows = connection.execute(
        f"{SELECT} WHERE m.trace_id = ? ORDER BY m.timestamp, m.id LIMIT ?", (trace_id, limit)
    )
    return [from_row(row) for row in rows]
