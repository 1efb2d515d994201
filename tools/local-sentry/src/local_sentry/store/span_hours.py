"""Spans by the hour: counts, durations and their distribution, always those of the spans there are.

Whatever adds or deletes spans says so here, in the same transaction.
"""

import sqlite3
from collections.abc import Mapping, Sequence

from local_sentry.store import histograms

HOUR = 3_600_000_000  # µs

# Hour, project, op, transaction, status, is segment, release, environment; ids, 0 for none.
Key = tuple[int, int, int, int, int, bool, int, int]

_ADD = """
    INSERT INTO span_hours VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET
        spans = spans + excluded.spans,
        duration = duration + excluded.duration,
        durations = add_histograms(durations, excluded.durations)
"""
_KEY = """
    start / 3600000000 * 3600000000, project_id, op_id, transaction_id, status_id, is_segment,
    coalesce(release_id, 0), coalesce(environment_id, 0)
"""
_SAME = """
    hour = ? AND project_id = ? AND op_id = ? AND transaction_id = ? AND status_id = ?
    AND is_segment = ? AND release_id = ? AND environment_id = ?
"""


def add(connection: sqlite3.Connection, durations: Mapping[Key, Sequence[int]]) -> None:
    """Adds spans that were just stored: their durations (µs) by what they are counted by."""
    connection.executemany(
        _ADD,
        [
            (*key, len(found), sum(found), histograms.encode(histograms.of(found)))
            for key, found in durations.items()
        ],
    )


def will_delete(connection: sqlite3.Connection, span_rows: list[int]) -> None:
    """Takes spans that are about to be deleted out of their hours."""
    marks = ",".join("?" * len(span_rows))
    gone = connection.execute(
        f"SELECT {_KEY}, count(*), sum(duration), histogram(duration) FROM spans"  # noqa: S608 - constants and marks
        f" WHERE id IN ({marks}) GROUP BY 1, 2, 3, 4, 5, 6, 7, 8",
        span_rows,
    ).fetchall()
    for *key, spans, duration, durations in gone:
        connection.execute(
            "UPDATE span_hours SET spans = spans - ?, duration = duration - ?,"  # noqa: S608 - constants
            f" durations = subtract_histograms(durations, ?) WHERE {_SAME}",
            (spans, duration, durations, *key),
        )
        connection.execute(f"DELETE FROM span_hours WHERE {_SAME} AND spans <= 0", key)  # noqa: S608 - constants
