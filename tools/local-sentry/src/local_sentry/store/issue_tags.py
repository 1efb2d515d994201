"""With which tags issues were seen, and by what they are grouped."""

import sqlite3
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SeenValue:
    """A value of a tag. Times are µs since the epoch."""

    key: str
    value: str
    events: int
    first_seen: int
    last_seen: int


def of_issue(
    connection: sqlite3.Connection, issue_id: int, *, limit: int, key: str | None = None
) -> list[SeenValue]:
    """The values of an issue's tags, the most frequent first."""
    rows = connection.execute(
        "SELECT t.key, t.value, it.events, it.first_seen, it.last_seen FROM issue_tags it"
        " JOIN tags t ON t.id = it.tag_id WHERE it.issue_id = ?1 AND (?2 IS NULL OR t.key = ?2)"
        " ORDER BY it.events DESC, t.value LIMIT ?3",
        (issue_id, key, limit),
    ).fetchall()
    return [SeenValue(*row) for row in rows]


def keys(
    connection: sqlite3.Connection, project_ids: tuple[int, ...], limit: int = 1000
) -> list[tuple[str, int]]:
    """The tags that issues of projects have (of all when empty), with the number of values."""
    marks = ",".join("?" * len(project_ids))
    chosen = (
        "WHERE EXISTS (SELECT 1 FROM issue_tags it JOIN issues i ON i.id = it.issue_id"  # noqa: S608 - question marks
        f" WHERE it.tag_id = t.id AND i.project_id IN ({marks}))"
        if project_ids
        else ""
    )
    rows = connection.execute(
        f"SELECT t.key, count(*) FROM tags t {chosen} GROUP BY t.key ORDER BY t.key LIMIT ?",  # noqa: S608 - as above
        (*project_ids, limit),
    )
    return [(row[0], row[1]) for row in rows]


def values_of_key(
    connection: sqlite3.Connection,
    project_ids: tuple[int, ...],
    key: str,
    contained: str,
    limit: int,
) -> list[SeenValue]:
    """The values of a tag in projects (in all when empty), the most frequent first."""
    marks = ",".join("?" * len(project_ids))
    chosen = f"AND i.project_id IN ({marks})" if project_ids else ""
    rows = connection.execute(
        "SELECT t.key, t.value, sum(it.events), min(it.first_seen), max(it.last_seen)"  # noqa: S608 - question marks
        " FROM tags t JOIN issue_tags it ON it.tag_id = t.id JOIN issues i ON i.id = it.issue_id"
        f" WHERE t.key = ? AND t.value LIKE ? ESCAPE '\\' {chosen}"
        " GROUP BY t.id ORDER BY 3 DESC, t.value LIMIT ?",
        (key, contained, *project_ids, limit),
    ).fetchall()
    return [SeenValue(*row) for row in rows]


def hashes(connection: sqlite3.Connection, issue_id: int) -> list[str]:
    """The hashes of an issue's groups, hex."""
    rows = connection.execute("SELECT hash FROM issue_hashes WHERE issue_id = ?", (issue_id,))
    return [row[0].hex() for row in rows]
