"""What is set for a project, by Sentry's own names for it."""

import sqlite3
from collections.abc import Mapping

from local_sentry.store.session import WriteSession


def of_project(connection: sqlite3.Connection, project_id: int) -> dict[str, str]:
    """All that is set for a project."""
    rows = connection.execute(
        "SELECT key, value FROM project_options WHERE project_id = ?", (project_id,)
    )
    return dict(rows.fetchall())


def put(session: WriteSession, project_id: int, options: Mapping[str, str]) -> None:
    """Sets options; an empty value takes one away."""
    for key, value in options.items():
        session.connection.execute(
            "DELETE FROM project_options WHERE project_id = ? AND key = ?", (project_id, key)
        )
        if value:
            session.connection.execute(
                "INSERT INTO project_options VALUES (?, ?, ?)", (project_id, key, value)
            )
