"""Repositories, commits and deploys: what went into a release and where it went."""

import sqlite3
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from local_sentry.store.session import WriteSession


@dataclass(frozen=True, slots=True)
class Repository:
    """A repository that commits come from. `date_created` is µs since the epoch."""

    id: int
    name: str
    url: str | None
    date_created: int


@dataclass(frozen=True, slots=True)
class FileChange:
    """What a commit did to a file: A (added), M (modified) or D (deleted)."""

    path: str
    change: str


@dataclass(frozen=True, slots=True)
class Commit:
    """A commit. `timestamp` is µs since the epoch."""

    sha: str
    repository: str
    message: str | None
    author_name: str | None
    author_email: str | None
    timestamp: int
    files: tuple[FileChange, ...] = ()


@dataclass(frozen=True, slots=True)
class Deploy:
    """A release that went to an environment. Times are µs since the epoch."""

    id: int
    environment: str
    name: str | None
    url: str | None
    date_started: int | None
    date_finished: int


def repositories(connection: sqlite3.Connection, organization_id: int) -> list[Repository]:
    """The repositories of an organization."""
    rows = connection.execute(
        "SELECT id, name, url, date_created FROM repositories WHERE organization_id = ?"
        " ORDER BY name",
        (organization_id,),
    ).fetchall()
    return [Repository(*row) for row in rows]


def repository(
    session: WriteSession, organization_id: int, name: str, now: int, url: str | None = None
) -> int:
    """The id of a repository, which begins to exist when it is first named."""
    row = session.connection.execute(
        "INSERT INTO repositories (organization_id, name, url, date_created) VALUES (?, ?, ?, ?)"
        " ON CONFLICT DO UPDATE SET url = coalesce(excluded.url, url) RETURNING id",
        (organization_id, name, url, now),
    ).fetchone()
    return int(row[0])


def set_commits(
    session: WriteSession,
    organization_id: int,
    release_id: int,
    commits: Sequence[Commit],
    now: int,
) -> None:
    """Says which commits a release has, newest first; what was said before is replaced."""
    connection = session.connection
    connection.execute("DELETE FROM release_commits WHERE release_id = ?", (release_id,))
    seen: set[int] = set()
    for commit in commits:
        repository_id = repository(session, organization_id, commit.repository, now)
        commit_id = _insert_commit(session, repository_id, commit)
        if commit_id not in seen:
            connection.execute(
                "INSERT INTO release_commits VALUES (?, ?, ?)", (release_id, len(seen), commit_id)
            )
            seen.add(commit_id)


def _insert_commit(session: WriteSession, repository_id: int, commit: Commit) -> int:
    row = session.connection.execute(
        """
        INSERT INTO commits (repository_id, sha, message, author_name, author_email, timestamp)
        VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET
            message = coalesce(excluded.message, message),
            author_name = coalesce(excluded.author_name, author_name),
            author_email = coalesce(excluded.author_email, author_email),
            timestamp = CASE WHEN excluded.message IS NULL THEN timestamp
                        ELSE excluded.timestamp END
        RETURNING id
        """,
        (
            repository_id,
            commit.sha,
            commit.message,
            commit.author_name,
            commit.author_email,
            commit.timestamp,
        ),
    ).fetchone()
    session.connection.executemany(
        "INSERT INTO commit_files VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET"
        " change = excluded.change",
        [(row[0], file.path, file.change) for file in commit.files],
    )
    return int(row[0])


_COMMIT = "c.sha, r.name, c.message, c.author_name, c.author_email, c.timestamp"
_OF_RELEASES = """
    FROM release_commits rc JOIN commits c ON c.id = rc.commit_id
    JOIN repositories r ON r.id = c.repository_id
"""
_SELECT_COMMITS = f"SELECT {_COMMIT} {_OF_RELEASES}"
_COMMITS_WITH_FILES = (
    f"SELECT {_COMMIT}, f.path, f.change {_OF_RELEASES} JOIN commit_files f ON f.commit_id = c.id"
)


def of_release(
    connection: sqlite3.Connection, release_id: int, *, limit: int = 1000, offset: int = 0
) -> list[Commit]:
    """The commits of a release, newest first, without their files."""
    rows = connection.execute(
        f"{_SELECT_COMMITS} WHERE rc.release_id = ? ORDER BY rc.position LIMIT ? OFFSET ?",
        (release_id, limit, offset),
    ).fetchall()
    return [Commit(*row) for row in rows]


def of_repository(
    connection: sqlite3.Connection, organization_id: int, repository_id: int
) -> list[Commit]:
    """The newest commits of a repository, without their files."""
    rows = connection.execute(
        f"SELECT {_COMMIT} FROM commits c JOIN repositories r ON r.id = c.repository_id"  # noqa: S608 - constants
        " WHERE r.organization_id = ? AND r.id = ? ORDER BY c.timestamp DESC LIMIT 1000",
        (organization_id, repository_id),
    ).fetchall()
    return [Commit(*row) for row in rows]


@dataclass(frozen=True, slots=True)
class Touched:
    """A file that a commit touched, and how: A, M or D."""

    commit: Commit
    path: str
    change: str


# The part of a path behind its last slash: what is left of it without all that leads there.
_LAST_PART = "replace(f.path, rtrim(f.path, replace(f.path, '/', '')), '')"


def touched_in_release(
    connection: sqlite3.Connection, release_id: int, names: Collection[str] | None = None
) -> list[Touched]:
    """Every file that the commits of a release touch, of the newest commit first.

    With `names`, only files that are called one of them, in whatever folder.
    """
    called = ""
    if names is not None:
        called = f"AND {_LAST_PART} IN ({','.join('?' * len(names))})"
    rows = connection.execute(
        f"{_COMMITS_WITH_FILES} WHERE rc.release_id = ? {called} ORDER BY rc.position, f.path",
        (release_id, *(names or ())),
    )
    return [Touched(Commit(*row[:6]), row[6], row[7]) for row in rows]


def previous_with_commits(
    connection: sqlite3.Connection, organization_id: int, release_id: int
) -> str | None:
    """The version of the last release before one that has commits and a project in common."""
    row = connection.execute(
        """
        SELECT r.version FROM releases r
        WHERE r.organization_id = ?1 AND r.id != ?2
            AND r.date_created <= (SELECT date_created FROM releases WHERE id = ?2)
            AND EXISTS (SELECT 1 FROM release_commits WHERE release_id = r.id)
            AND EXISTS (SELECT 1 FROM release_projects a JOIN release_projects b
                        ON b.project_id = a.project_id
                        WHERE a.release_id = r.id AND b.release_id = ?2)
        ORDER BY r.date_created DESC, r.id DESC LIMIT 1
        """,
        (organization_id, release_id),
    ).fetchone()
    return row[0] if row is not None else None


_SELECT_DEPLOYS = "SELECT id, environment, name, url, date_started, date_finished FROM deploys"


def deploys(connection: sqlite3.Connection, release_id: int) -> list[Deploy]:
    """The deploys of a release, newest first."""
    rows = connection.execute(
        f"{_SELECT_DEPLOYS} WHERE release_id = ? ORDER BY date_finished DESC, id DESC",
        (release_id,),
    ).fetchall()
    return [Deploy(*row) for row in rows]


def add_deploy(session: WriteSession, release_id: int, deploy: Deploy) -> int:
    """Notes a deploy, whose own id is ignored; returns its id."""
    row = session.connection.execute(
        "INSERT INTO deploys (release_id, environment, name, url, date_started, date_finished)"
        " VALUES (?, ?, ?, ?, ?, ?) RETURNING id",
        (
            release_id,
            deploy.environment,
            deploy.name,
            deploy.url,
            deploy.date_started,
            deploy.date_finished,
        ),
    ).fetchone()
    return int(row[0])
