"""The newest row of each kind: what pages ask to know whether anything has happened."""

import sqlite3

_KINDS = ("events", "spans", "logs", "replays", "releases", "deploys", "issue_activity")


def rows(connection: sqlite3.Connection) -> dict[str, int]:
    """The largest id of each kind, 0 when there is none."""
    columns = ", ".join(f"(SELECT coalesce(max(id), 0) FROM {kind})" for kind in _KINDS)  # noqa: S608 - the names above
    return dict(zip(_KINDS, connection.execute(f"SELECT {columns}").fetchone(), strict=True))
