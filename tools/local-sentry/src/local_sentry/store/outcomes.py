"""What became of what was sent, counted per hour and category."""

import sqlite3
from dataclasses import dataclass

from local_sentry.store.session import WriteSession

HOUR = 3_600_000_000  # µs

# Sentry's data category of each kind of item; an item that is not here is not counted.
# Source: getsentry/relay, relay-base-schema, `DataCategory`.
CATEGORIES = {
    "event": "error",
    "error": "error",
    "transaction": "transaction",
    "span": "span",
    "log": "log_item",
    "trace_metric": "trace_metric",
    "session": "session",
    "sessions": "session",
    "attachment": "attachment",
    "profile": "profile",
    "profile_chunk": "profile_chunk",
    "replay_event": "replay",
    "replay_recording": "replay",
    "check_in": "monitor",
    "feedback": "feedback",
    "user_report": "user_report_v2",
}


@dataclass(frozen=True, slots=True)
class Outcome:
    """How many things of a category ended the same way. `hour` is hours since the epoch."""

    project_id: int
    hour: int
    outcome: str
    category: str
    reason: str
    quantity: int


def count(
    session: WriteSession,
    project_id: int,
    at: int,
    *,
    outcome: str,
    category: str,
    reason: str = "",
    quantity: int = 1,
) -> None:
    """Counts things. `at` is µs since the epoch; `outcome` as the schema lists them."""
    session.connection.execute(
        "INSERT INTO outcomes VALUES (?, ?, ?, ?, ?, ?)"
        " ON CONFLICT DO UPDATE SET quantity = quantity + excluded.quantity",
        (project_id, at // HOUR, outcome, category, reason, quantity),
    )


def since(connection: sqlite3.Connection, hour: int) -> list[Outcome]:
    """All outcomes from an hour on (hours since the epoch)."""
    rows = connection.execute(
        "SELECT project_id, hour, outcome, category, reason, quantity FROM outcomes"
        " WHERE hour >= ? ORDER BY hour, project_id, category",
        (hour,),
    )
    return [Outcome(*row) for row in rows]
