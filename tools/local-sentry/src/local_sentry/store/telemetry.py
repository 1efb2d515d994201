"""What hangs on traces beside their spans and errors: logs and metrics."""

import sqlite3
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TraceCounts:
    """How many logs and metrics a trace has."""

    logs: int
    metrics: int


def counts_of_trace(connection: sqlite3.Connection, trace_id: bytes) -> TraceCounts:
    """Counts what hangs on a trace."""
    row = connection.execute(
        "SELECT (SELECT count(*) FROM logs WHERE trace_id = ?1),"
        " (SELECT count(*) FROM metrics WHERE trace_id = ?1)",
        (trace_id,),
    ).fetchone()
    return TraceCounts(row[0], row[1])
