"""Code mappings and ownership rules of projects."""

import sqlite3
from dataclasses import dataclass

from local_sentry.store.session import WriteSession


@dataclass(frozen=True, slots=True)
class CodeMapping:
    """Where the files under a root that stack traces name lie in a repository."""

    id: int
    project_id: int
    project_slug: str
    repository_id: int
    repository: str
    stack_root: str
    source_root: str
    default_branch: str


_SELECT = """
    SELECT m.id, m.project_id, p.slug, m.repository_id, r.name, m.stack_root, m.source_root,
        m.default_branch
    FROM code_mappings m JOIN projects p ON p.id = m.project_id
    JOIN repositories r ON r.id = m.repository_id
"""


def of_organization(connection: sqlite3.Connection, organization_id: int) -> list[CodeMapping]:
    """All code mappings of an organization."""
    rows = connection.execute(
        f"{_SELECT} WHERE p.organization_id = ? ORDER BY p.slug, m.stack_root", (organization_id,)
    ).fetchall()
    return [CodeMapping(*row) for row in rows]


def of_project(connection: sqlite3.Connection, project_id: int) -> list[CodeMapping]:
    """The code mappings of a project, the longest root first."""
    rows = connection.execute(
        f"{_SELECT} WHERE m.project_id = ? ORDER BY length(m.stack_root) DESC", (project_id,)
    ).fetchall()
    return [CodeMapping(*row) for row in rows]


def put(
    session: WriteSession,
    project_id: int,
    repository_id: int,
    stack_root: str,
    source_root: str,
    default_branch: str,
) -> bool:
    """Makes a mapping, or changes the one of that root; True when it is new."""
    known = session.connection.execute(
        "SELECT 1 FROM code_mappings WHERE project_id = ? AND stack_root = ?",
        (project_id, stack_root),
    ).fetchone()
    session.connection.execute(
        "INSERT INTO code_mappings (project_id, repository_id, stack_root, source_root,"
        " default_branch) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET"
        " repository_id = excluded.repository_id, source_root = excluded.source_root,"
        " default_branch = excluded.default_branch",
        (project_id, repository_id, stack_root, source_root, default_branch),
    )
    return known is None


def delete(session: WriteSession, organization_id: int, number: int) -> bool:
    """Deletes a mapping; False when there is none of that id."""
    deleted = session.connection.execute(
        "DELETE FROM code_mappings WHERE id = ? AND project_id IN"
        " (SELECT id FROM projects WHERE organization_id = ?)",
        (number, organization_id),
    )
    return deleted.rowcount > 0


@dataclass(frozen=True, slots=True)
class Ownership:
    """Who owns which paths and tags of a project. Times are µs since the epoch."""

    raw: str
    fallthrough: bool
    auto_assignment: str
    date_created: int
    last_updated: int


def ownership(connection: sqlite3.Connection, project_id: int) -> Ownership | None:
    """The ownership rules of a project."""
    row = connection.execute(
        "SELECT raw, fallthrough, auto_assignment, date_created, last_updated"
        " FROM ownership_rules WHERE project_id = ?",
        (project_id,),
    ).fetchone()
    return Ownership(row[0], bool(row[1]), *row[2:]) if row is not None else None


def put_ownership(session: WriteSession, project_id: int, rules: Ownership) -> None:
    """Sets the ownership rules of a project."""
    session.connection.execute(
        "INSERT INTO ownership_rules VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET"
        " raw = excluded.raw, fallthrough = excluded.fallthrough,"
        " auto_assignment = excluded.auto_assignment, last_updated = excluded.last_updated",
        (
            project_id,
            rules.raw,
            rules.fallthrough,
            rules.auto_assignment,
            rules.date_created,
            rules.last_updated,
        ),
    )
