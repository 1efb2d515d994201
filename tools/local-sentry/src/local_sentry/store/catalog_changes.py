"""Makes and changes organizations, teams, projects and keys."""

import re
import secrets
import sqlite3
import time

from local_sentry.store.session import WriteSession

_NOT_IN_SLUGS = re.compile(r"[^a-z0-9_-]+")
_LONGEST_SLUG = 50


class TakenError(Exception):
    """There is something of that name already."""


def slug_of(name: str) -> str:
    """A name as it can stand in an address; empty when nothing of it can."""
    return _NOT_IN_SLUGS.sub("-", name.lower()).strip("-_")[:_LONGEST_SLUG].strip("-_")


def now() -> int:
    """µs since the epoch."""
    return time.time_ns() // 1000


def _insert(connection: sqlite3.Connection, sql: str, *values: object) -> int:
    try:
        return int(connection.execute(f"{sql} RETURNING id", values).fetchone()[0])
    except sqlite3.IntegrityError as error:
        raise TakenError from error


def create_organization(session: WriteSession, slug: str, name: str) -> int:
    """Makes an organization with a team of the same name; returns its id.

    Raises:
        TakenError: the slug is taken.
    """
    connection = session.connection
    organization_id = _insert(
        connection,
        "INSERT INTO organizations (slug, name, date_created) VALUES (?, ?, ?)",
        slug, name, now(),
    )  # fmt: skip
    create_team(session, organization_id, slug, name)
    return organization_id


def create_team(session: WriteSession, organization_id: int, slug: str, name: str) -> int:
    """Makes a team; returns its id.

    Raises:
        TakenError: the slug is taken.
    """
    return _insert(
        session.connection,
        "INSERT INTO teams (organization_id, slug, name, date_created) VALUES (?, ?, ?, ?)",
        organization_id, slug, name, now(),
    )  # fmt: skip


def create_project(
    session: WriteSession,
    organization_id: int,
    team_id: int | None,
    slug: str,
    name: str,
    platform: str | None,
) -> int:
    """Makes a project with a key; returns its id.

    Raises:
        TakenError: the slug is taken.
    """
    project_id = _insert(
        session.connection,
        "INSERT INTO projects (organization_id, slug, name, platform, date_created)"
        " VALUES (?, ?, ?, ?, ?)",
        organization_id, slug, name, platform, now(),
    )  # fmt: skip
    if team_id is not None:
        add_team(session, project_id, team_id)
    create_key(session, project_id, "Default", None)
    return project_id


def update_project(
    session: WriteSession, project_id: int, *, slug: str, name: str, platform: str | None
) -> None:
    """Renames a project.

    Raises:
        TakenError: the slug is taken.
    """
    try:
        session.connection.execute(
            "UPDATE projects SET slug = ?, name = ?, platform = ? WHERE id = ?",
            (slug, name, platform, project_id),
        )
    except sqlite3.IntegrityError as error:
        raise TakenError from error


def add_team(session: WriteSession, project_id: int, team_id: int) -> None:
    """Gives a project to a team as well."""
    session.connection.execute(
        "INSERT INTO project_teams VALUES (?, ?) ON CONFLICT DO NOTHING", (project_id, team_id)
    )


def remove_team(session: WriteSession, project_id: int, team_id: int) -> None:
    """Takes a project from a team."""
    session.connection.execute(
        "DELETE FROM project_teams WHERE project_id = ? AND team_id = ?", (project_id, team_id)
    )


def create_key(
    session: WriteSession, project_id: int, label: str, rate_limit: tuple[int, int] | None
) -> str:
    """Makes a DSN key; returns its public part.

    Args:
        session: the open transaction.
        project_id: whose key it is.
        label: what people call it.
        rate_limit: seconds, and how many events may come in them.
    """
    public = secrets.token_hex(16)
    window, count = rate_limit or (None, None)
    session.connection.execute(
        "INSERT INTO project_keys (project_id, public_key, secret_key, label, rate_limit_window,"
        " rate_limit_count, date_created) VALUES (?, ?, ?, ?, ?, ?, ?)",
        (project_id, public, secrets.token_hex(16), label, window, count, now()),
    )
    return public


def update_key(
    session: WriteSession,
    public_key: str,
    *,
    label: str,
    is_active: bool,
    rate_limit: tuple[int, int] | None,
) -> None:
    """Changes a DSN key."""
    window, count = rate_limit or (None, None)
    session.connection.execute(
        "UPDATE project_keys SET label = ?, is_active = ?, rate_limit_window = ?,"
        " rate_limit_count = ? WHERE public_key = ?",
        (label, is_active, window, count, public_key),
    )


def delete_key(session: WriteSession, public_key: str) -> None:
    """Deletes a DSN key; what it sent stays."""
    session.connection.execute("DELETE FROM project_keys WHERE public_key = ?", (public_key,))
