"""The newest row of each kind: what pages ask to know whether anything has happened."""

import sqlite3

_KINDS = (
    "events", "spans", "logs", "replays", "releases", "deploys", "issue_activity", "feedback",
)  # fmt: skip


def rows(connection: sqlite3.Connection) -> dict[str, int]:
    """The largest id of each kind, 0 when there is none."""
    columns = ", ".join(f"(SELECT coalesce(max(id), 0) FROM {kind})" for kind in _KINDS)  # noqa: S608 - the names above
    return dict(zip(_KINDS, connection.execute(f"SELECT {columns}").fetchone(), strict=True))


def of_issue(connection: sqlite3.Connection, issue_id: int) -> str:
    """What changes whenever anything happens to an issue."""
    row = connection.execute(
        "SELECT i.times_seen, i.status, i.assigned_to, (SELECT max(id) FROM issue_activity"
        " WHERE issue_id = i.id), (SELECT max(id) FROM feedback) FROM issues i WHERE i.id = ?",
        (issue_id,),
    ).fetchone()
    return repr(tuple(row)) if row is not None else ""


def of_trace(connection: sqlite3.Connection, trace_id: bytes) -> str:
    """What changes whenever anything of a trace arrives."""
    row = connection.execute(
        "SELECT (SELECT count(*) FROM spans WHERE trace_id = ?1),"
        " (SELECT count(*) FROM events WHERE trace_id = ?1)",
        (trace_id,),
    ).fetchone()
    return repr(tuple(row))
