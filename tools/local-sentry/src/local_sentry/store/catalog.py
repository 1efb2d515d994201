"""The organization, its team, projects and keys; a new data folder has the workspace's ready."""

import secrets
import sqlite3
import time
from dataclasses import dataclass

import orjson

from local_sentry.models import Project, ProjectKey

# Slug and platform of each part of the workspace that reports to Sentry.
WORKSPACE_PROJECTS = (
    ("kijko-web", "javascript-nextjs"),
    ("kijko-api", "python-fastapi"),
    ("kijko-editor", "javascript-react"),
    ("kijko-observability", "python"),
    ("kijko-release-cli", "python"),
    ("kijko-mcp-server", "python"),
)


@dataclass(frozen=True, slots=True)
class Organization:
    """The organization. `date_created` is µs since the epoch."""

    id: int
    slug: str
    name: str
    date_created: int


@dataclass(frozen=True, slots=True)
class Team:
    """A team. `date_created` is µs since the epoch."""

    id: int
    slug: str
    name: str
    date_created: int


def seed(connection: sqlite3.Connection) -> None:
    """Puts organization, team, projects and keys into an empty database."""
    connection.execute("BEGIN IMMEDIATE")
    now = time.time_ns() // 1000
    if connection.execute("SELECT 1 FROM organizations").fetchone() is None:
        connection.execute("INSERT INTO organizations VALUES (1, 'kijko', 'Kijko', ?)", (now,))
        connection.execute("INSERT INTO teams VALUES (1, 1, 'kijko', 'Kijko', ?)", (now,))
        for slug, platform in WORKSPACE_PROJECTS:
            project_id = connection.execute(
                "INSERT INTO projects (organization_id, slug, name, platform, date_created)"
                " VALUES (1, ?1, ?1, ?2, ?3) RETURNING id",
                (slug, platform, now),
            ).fetchone()[0]
            connection.execute("INSERT INTO project_teams VALUES (?, 1)", (project_id,))
            connection.execute(
                "INSERT INTO project_keys"
                " (project_id, public_key, secret_key, label, date_created)"
                " VALUES (?, ?, ?, 'Default', ?)",
                (project_id, secrets.token_hex(16), secrets.token_hex(16), now),
            )
    connection.execute("COMMIT")


_ORGANIZATIONS = "SELECT id, slug, name, date_created FROM organizations"
_TEAMS = "SELECT t.id, t.slug, t.name, t.date_created FROM teams t"


def organizations(connection: sqlite3.Connection) -> list[Organization]:
    """All organizations, the first one first."""
    rows = connection.execute(f"{_ORGANIZATIONS} ORDER BY id").fetchall()
    return [Organization(*row) for row in rows]


def organization(connection: sqlite3.Connection, name: str) -> Organization | None:
    """An organization by its slug or its id."""
    row = connection.execute(
        f"{_ORGANIZATIONS} WHERE slug = ?1 OR CAST(id AS TEXT) = ?1", (name,)
    ).fetchone()
    return Organization(*row) if row is not None else None


def organization_of_project(connection: sqlite3.Connection, project_id: int) -> int:
    """The id of the organization that a project belongs to."""
    row = connection.execute("SELECT organization_id FROM projects WHERE id = ?", (project_id,))
    found: int = row.fetchone()[0]
    return found


def teams(connection: sqlite3.Connection, organization_id: int) -> list[Team]:
    """The teams of an organization."""
    rows = connection.execute(
        f"{_TEAMS} WHERE t.organization_id = ? ORDER BY t.id", (organization_id,)
    ).fetchall()
    return [Team(*row) for row in rows]


def team(connection: sqlite3.Connection, organization_id: int, name: str) -> Team | None:
    """A team by its slug or its id."""
    row = connection.execute(
        f"{_TEAMS} WHERE t.organization_id = ?1 AND (t.slug = ?2 OR CAST(t.id AS TEXT) = ?2)",
        (organization_id, name),
    ).fetchone()
    return Team(*row) if row is not None else None


def teams_of_project(connection: sqlite3.Connection, project_id: int) -> list[Team]:
    """The teams that have a project."""
    rows = connection.execute(
        f"{_TEAMS} JOIN project_teams pt ON pt.team_id = t.id"
        " WHERE pt.project_id = ? ORDER BY t.id",
        (project_id,),
    ).fetchall()
    return [Team(*row) for row in rows]


_SELECT = """
    SELECT id, slug, name, platform, date_created, first_event, first_transaction, item_types
    FROM projects
"""


def projects(connection: sqlite3.Connection, organization_id: int) -> list[Project]:
    """The projects of an organization, by slug."""
    rows = connection.execute(
        f"{_SELECT} WHERE organization_id = ? ORDER BY slug", (organization_id,)
    ).fetchall()
    return [_project(row) for row in rows]


def project(connection: sqlite3.Connection, organization_id: int, name: str) -> Project | None:
    """A project by its slug or its id."""
    row = connection.execute(
        f"{_SELECT} WHERE organization_id = ?1 AND (slug = ?2 OR CAST(id AS TEXT) = ?2)",
        (organization_id, name),
    ).fetchone()
    return _project(row) if row is not None else None


def project_by_id(connection: sqlite3.Connection, project_id: int) -> Project:
    """A project that is known to be there."""
    return _project(connection.execute(f"{_SELECT} WHERE id = ?", (project_id,)).fetchone())


def projects_of_team(connection: sqlite3.Connection, team_id: int) -> list[Project]:
    """The projects a team has, by slug."""
    rows = connection.execute(
        f"{_SELECT} WHERE id IN (SELECT project_id FROM project_teams WHERE team_id = ?)"  # noqa: S608 - constants
        " ORDER BY slug",
        (team_id,),
    ).fetchall()
    return [_project(row) for row in rows]


def _project(row: tuple[int, str, str, str | None, int, int | None, int | None, str]) -> Project:
    id_, slug, name, platform, created, first_event, first_transaction, types = row
    return Project(
        id_, slug, name, platform, created, first_event, first_transaction,
        frozenset(orjson.loads(types)),
    )  # fmt: skip


_SELECT_KEY = """
    SELECT id, project_id, public_key, secret_key, label, is_active, rate_limit_window,
        rate_limit_count, date_created FROM project_keys
"""


def keys(connection: sqlite3.Connection, project_id: int) -> list[ProjectKey]:
    """The keys of a project."""
    rows = connection.execute(f"{_SELECT_KEY} WHERE project_id = ? ORDER BY id", (project_id,))
    return [_key(row) for row in rows]


def all_keys(connection: sqlite3.Connection) -> list[ProjectKey]:
    """The keys of all projects."""
    rows = connection.execute(f"{_SELECT_KEY} ORDER BY id").fetchall()
    return [_key(row) for row in rows]


def _key(
    row: tuple[int, int, str, str, str, int, int | None, int | None, int],
) -> ProjectKey:
    id_, project_id, public, secret, label, active, window, count, created = row
    return ProjectKey(
        id_, project_id, public, secret, label, bool(active), window, count, created
    )  # fmt: skip


def environments(connection: sqlite3.Connection, project_id: int) -> list[str]:
    """The environments a project was seen in."""
    rows = connection.execute(
        "SELECT v.name FROM project_environments pe JOIN environments v"
        " ON v.id = pe.environment_id WHERE pe.project_id = ? ORDER BY v.name",
        (project_id,),
    )
    return [row[0] for row in rows]


def environments_of_organization(
    connection: sqlite3.Connection, organization_id: int
) -> list[tuple[int, str]]:
    """Id and name of the environments an organization was seen in."""
    rows = connection.execute(
        "SELECT DISTINCT v.id, v.name FROM project_environments pe"
        " JOIN environments v ON v.id = pe.environment_id"
        " JOIN projects p ON p.id = pe.project_id WHERE p.organization_id = ? ORDER BY v.name",
        (organization_id,),
    )
    return [(row[0], row[1]) for row in rows]


def latest_release(connection: sqlite3.Connection, project_id: int) -> str | None:
    """The newest release of a project."""
    row = connection.execute(
        "SELECT r.version FROM release_projects rp JOIN releases r ON r.id = rp.release_id"
        " WHERE rp.project_id = ? ORDER BY r.date_created DESC, r.id DESC LIMIT 1",
        (project_id,),
    ).fetchone()
    return row[0] if row is not None else None
