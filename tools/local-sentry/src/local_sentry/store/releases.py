"""Releases: made, finalized, listed; the projects they went to."""

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass

from local_sentry.services.timestamps import SECOND
from local_sentry.store.like import like_pattern
from local_sentry.store.session import WriteSession

_DAY = 86_400 * SECOND
SORTS = {"date": "coalesce(r.date_released, r.date_created)", "version": "r.version"}


@dataclass(frozen=True, slots=True)
class Release:
    """A release. Times are µs since the epoch."""

    id: int
    version: str
    status: str
    ref: str | None
    url: str | None
    date_created: int
    date_started: int | None
    date_released: int | None
    first_event: int | None
    last_event: int | None
    new_issues: int
    commits: int
    deploys: int


@dataclass(frozen=True, slots=True)
class ReleaseProject:
    """What a release means to one of its projects."""

    id: int
    slug: str
    name: str
    platform: str | None
    new_issues: int


_SELECT = """
    SELECT r.id, r.version, iif(r.is_archived, 'archived', 'open'), r.ref, r.url,
        r.date_created, r.date_started,
        r.date_released,
        (SELECT min(first_event) FROM release_projects WHERE release_id = r.id) AS first_event,
        (SELECT max(last_event) FROM release_projects WHERE release_id = r.id) AS last_event,
        (SELECT coalesce(sum(new_issues), 0) FROM release_projects WHERE release_id = r.id)
            AS new_issues,
        (SELECT count(*) FROM release_commits WHERE release_id = r.id) AS commits,
        (SELECT count(*) FROM deploys WHERE release_id = r.id) AS deploys
    FROM releases r
"""


def find_id(connection: sqlite3.Connection, version: str) -> int | None:
    """The row id of a release."""
    row = connection.execute("SELECT id FROM releases WHERE version = ?", (version,)).fetchone()
    return int(row[0]) if row is not None else None


def get(connection: sqlite3.Connection, organization_id: int, version: str) -> Release | None:
    """A release by its version."""
    row = connection.execute(
        f"{_SELECT} WHERE r.organization_id = ? AND r.version = ?", (organization_id, version)
    ).fetchone()
    return Release(*row) if row is not None else None


def release_of_commit(connection: sqlite3.Connection, sha: str) -> str | None:
    """The first release that a commit went into."""
    row = connection.execute(
        "SELECT r.version FROM commits c JOIN release_commits rc ON rc.commit_id = c.id"
        " JOIN releases r ON r.id = rc.release_id WHERE c.sha = ? ORDER BY r.date_created LIMIT 1",
        (sha,),
    ).fetchone()
    return row[0] if row is not None else None


def listed(
    connection: sqlite3.Connection,
    organization_id: int,
    *,
    project_ids: tuple[int, ...] = (),
    environments: tuple[str, ...] = (),
    query: str = "",
    status: str = "",
    sort: str = "date",
    limit: int,
    offset: int,
) -> list[Release]:
    """Releases, newest first; one more than `limit` when there are more."""
    where, values = ["r.organization_id = ?"], [organization_id, *project_ids]
    parameters: list[object] = list(values)
    if project_ids:
        marks = ",".join("?" * len(project_ids))
        where.append(
            f"r.id IN (SELECT release_id FROM release_projects WHERE project_id IN ({marks}))"  # noqa: S608 - question marks
        )
    if environments:
        marks = ",".join("?" * len(environments))
        where.append(
            "(EXISTS (SELECT 1 FROM deploys d WHERE d.release_id = r.id"  # noqa: S608 - question marks
            f" AND d.environment IN ({marks})) OR EXISTS (SELECT 1 FROM events e"
            " JOIN environments v ON v.id = e.environment_id"
            f" WHERE e.release_id = r.id AND v.name IN ({marks})))"
        )
        parameters += [*environments, *environments]
    if query:
        where.append("r.version LIKE ? ESCAPE '\\'")
        parameters.append(f"%{like_pattern(query)}%")
    if status:
        where.append("r.is_archived = ?")
        parameters.append(status == "archived")
    rows = connection.execute(
        f"{_SELECT} WHERE {' AND '.join(where)} ORDER BY {SORTS[sort]} DESC, r.id DESC"
        " LIMIT ? OFFSET ?",
        (*parameters, limit + 1, offset),
    ).fetchall()
    return [Release(*row) for row in rows]


def projects(connection: sqlite3.Connection, release_id: int) -> list[ReleaseProject]:
    """The projects of a release."""
    rows = connection.execute(
        "SELECT p.id, p.slug, p.name, p.platform, rp.new_issues FROM release_projects rp"
        " JOIN projects p ON p.id = rp.project_id WHERE rp.release_id = ? ORDER BY p.slug",
        (release_id,),
    ).fetchall()
    return [ReleaseProject(*row) for row in rows]


def create(
    session: WriteSession,
    organization_id: int,
    version: str,
    project_ids: Iterable[int],
    now: int,
) -> bool:
    """Makes a release for some projects; False when it was there already."""
    connection = session.connection
    is_new = find_id(connection, version) is None
    release_id = session.release(version, now)
    if is_new:
        connection.execute(
            "UPDATE releases SET organization_id = ? WHERE id = ?", (organization_id, release_id)
        )
    connection.executemany(
        "INSERT INTO release_projects (release_id, project_id) VALUES (?, ?)"
        " ON CONFLICT DO NOTHING",
        [(release_id, project_id) for project_id in project_ids],
    )
    return is_new


_COLUMNS = ("ref", "url", "is_archived", "date_started", "date_released")


def update(session: WriteSession, release_id: int, changes: dict[str, object]) -> None:
    """Sets what is given of ref, url, is_archived, date_started and date_released."""
    for column in _COLUMNS:
        if column in changes:
            session.connection.execute(
                f"UPDATE releases SET {column} = ? WHERE id = ?",  # noqa: S608 - one of the names above
                (changes[column], release_id),
            )


def is_used(connection: sqlite3.Connection, release_id: int) -> bool:
    """Whether events name the release, so that it cannot go."""
    row = connection.execute(
        "SELECT EXISTS (SELECT 1 FROM events WHERE release_id = ?1)"
        " OR EXISTS (SELECT 1 FROM issues WHERE first_release_id = ?1 OR last_release_id = ?1"
        "            OR resolution_release_id = ?1)",
        (release_id,),
    ).fetchone()
    return bool(row[0])


def delete(session: WriteSession, release_id: int) -> None:
    """Deletes a release that nothing names."""
    for table in ("release_projects", "release_commits", "deploys"):
        session.connection.execute(f"DELETE FROM {table} WHERE release_id = ?", (release_id,))  # noqa: S608 - constants
    session.connection.execute("DELETE FROM releases WHERE id = ?", (release_id,))
    session.forget()
