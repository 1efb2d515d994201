"""Issues: found by the hash of an event's group, counted, and read back one at a time."""

import sqlite3
from dataclasses import dataclass

import orjson

from local_sentry.models import ErrorEvent
from local_sentry.protocol.lenient_json import JsonObject
from local_sentry.services.short_ids import parse_short_id, short_id
from local_sentry.store.session import WriteSession

HOUR = 3_600_000_000  # µs
MOST_VALUES = 1000


@dataclass(frozen=True, slots=True)
class Owner:
    """Who may be the one to look at an issue, and why.

    Attributes:
        owner: `user:N` or `team:N`.
        type: Sentry's word for the reason: ownershipRule, codeowners or suspectCommit.
        rule: the rule that says so, or the commit.
        at: when that was found, µs since the epoch.
    """

    owner: str
    type: str
    rule: str
    at: int


@dataclass(frozen=True, slots=True)
class Issue:
    """An issue with the names it is shown by. Times are µs since the epoch."""

    id: int
    short_id: str
    project_id: int
    project_slug: str
    project_name: str
    project_platform: str | None
    kind: str
    title: str
    culprit: str
    metadata: JsonObject
    level: str
    platform: str
    logger: str | None
    status: str
    substatus: str
    unhandled: bool
    first_seen: int
    last_seen: int
    times_seen: int
    users_seen: int
    first_release: str | None
    last_release: str | None
    organization_slug: str
    assigned_to: str | None
    assigned_team: str | None
    priority: str | None
    comments: int
    resolution: str | None
    resolution_release: str | None
    archive_until: int | None
    archive_times_seen: int | None
    archive_users_seen: int | None
    issue_type: str
    owners: tuple[Owner, ...]


def find_or_create(
    session: WriteSession, event: ErrorEvent, release_id: int | None, issue_type: str = "error"
) -> tuple[int, bool]:
    """The row id of the event's issue, and whether the issue begins with it."""
    connection = session.connection
    project_id = event.origin.project_id
    known = of_hash(connection, project_id, event.group_hash)
    if known is not None:
        return known, False
    number = connection.execute(
        "UPDATE projects SET next_short_id = next_short_id + 1 WHERE id = ?"
        " RETURNING next_short_id - 1",
        (project_id,),
    ).fetchone()[0]
    issue_id = connection.execute(
        """
        INSERT INTO issues (project_id, short_id, kind, title, culprit, metadata, level, platform,
            logger, first_seen, last_seen, first_release_id, last_release_id, issue_type)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?10, ?11, ?11, ?12) RETURNING id
        """,
        (
            project_id,
            number,
            event.kind,
            event.title,
            event.culprit,
            orjson.dumps(event.metadata).decode(),
            event.level,
            event.platform,
            event.logger or None,
            event.timestamp,
            release_id,
            issue_type,
        ),
    ).fetchone()[0]
    connection.execute(
        "INSERT INTO issue_hashes VALUES (?, ?, ?)", (project_id, event.group_hash, issue_id)
    )
    if release_id is not None:
        connection.execute(
            "UPDATE release_projects SET new_issues = new_issues + 1"
            " WHERE release_id = ? AND project_id = ?",
            (release_id, project_id),
        )
    return int(issue_id), True


def of_hash(connection: sqlite3.Connection, project_id: int, group_hash: bytes) -> int | None:
    """The row id of the issue that a group's events are counted on."""
    row = connection.execute(
        "SELECT issue_id FROM issue_hashes WHERE project_id = ? AND hash = ?",
        (project_id, group_hash),
    ).fetchone()
    return int(row[0]) if row is not None else None


def count(
    session: WriteSession,
    issue_id: int,
    event: ErrorEvent,
    *,
    release_id: int | None,
    user_hash: bytes | None,
    tag_ids: list[int],
) -> None:
    """Counts an event on its issue: hour, user, tags, first and last seen, and its latest face."""
    connection = session.connection
    at = event.timestamp
    users = 0
    if user_hash is not None:
        users = connection.execute(
            "INSERT INTO issue_users VALUES (?, ?) ON CONFLICT DO NOTHING", (issue_id, user_hash)
        ).rowcount
    connection.execute(
        """
        UPDATE issues SET
            times_seen = times_seen + 1,
            users_seen = users_seen + ?2,
            first_seen = min(first_seen, ?3),
            last_seen = max(last_seen, ?3),
            last_release_id = CASE WHEN ?3 >= last_seen THEN coalesce(?4, last_release_id)
                              ELSE last_release_id END,
            title = ?5, culprit = ?6, metadata = ?7, level = ?8,
            unhandled = max(unhandled, ?9)
        WHERE id = ?1
        """,
        (
            issue_id,
            users,
            at,
            release_id,
            event.title,
            event.culprit,
            orjson.dumps(event.metadata).decode(),
            event.level,
            event.unhandled,
        ),
    )
    connection.execute(
        "INSERT INTO issue_hours VALUES (?, ?, 1) ON CONFLICT DO UPDATE SET events = events + 1",
        (issue_id, at // HOUR),
    )
    connection.executemany(
        """
        INSERT INTO issue_tags VALUES (?1, ?2, 1, ?3, ?3) ON CONFLICT DO UPDATE SET
            events = events + 1, first_seen = min(first_seen, ?3), last_seen = max(last_seen, ?3)
        """,
        [(issue_id, tag_id, at) for tag_id in tag_ids],
    )


SELECT = """
    SELECT i.*, p.slug AS project_slug, p.name AS project_name, p.platform AS project_platform,
        o.slug AS organization_slug, fr.version AS first_release, lr.version AS last_release,
        rr.version AS resolution_release,
        (SELECT t.slug FROM teams t WHERE 'team:' || t.id = i.assigned_to) AS assigned_team,
        (SELECT count(*) FROM issue_activity a
         WHERE a.issue_id = i.id AND a.type = 'note') AS comments
    FROM issues i JOIN projects p ON p.id = i.project_id
    JOIN organizations o ON o.id = p.organization_id
    LEFT JOIN releases fr ON fr.id = i.first_release_id
    LEFT JOIN releases lr ON lr.id = i.last_release_id
    LEFT JOIN releases rr ON rr.id = i.resolution_release_id
"""


def from_row(row: sqlite3.Row) -> Issue:
    """An issue from a row of `SELECT`."""
    return Issue(
        id=row["id"],
        short_id=short_id(row["project_slug"], row["short_id"]),
        project_id=row["project_id"],
        project_slug=row["project_slug"],
        project_name=row["project_name"],
        project_platform=row["project_platform"],
        kind=row["kind"],
        title=row["title"],
        culprit=row["culprit"],
        metadata=orjson.loads(row["metadata"]),
        level=row["level"],
        platform=row["platform"],
        logger=row["logger"],
        status=row["status"],
        substatus=row["substatus"],
        unhandled=bool(row["unhandled"]),
        first_seen=row["first_seen"],
        last_seen=row["last_seen"],
        times_seen=row["times_seen"],
        users_seen=row["users_seen"],
        first_release=row["first_release"],
        last_release=row["last_release"],
        organization_slug=row["organization_slug"],
        assigned_to=row["assigned_to"],
        assigned_team=row["assigned_team"],
        priority=row["priority"],
        comments=row["comments"],
        resolution=row["resolution"],
        resolution_release=row["resolution_release"],
        archive_until=row["archive_until"],
        archive_times_seen=row["archive_times_seen"],
        archive_users_seen=row["archive_users_seen"],
        issue_type=row["issue_type"],
        owners=tuple(Owner(**owner) for owner in orjson.loads(row["owners"])),
    )


def get(connection: sqlite3.Connection, issue: str) -> Issue | None:
    """An issue by its numeric id or its short id."""
    if issue.isascii() and issue.isdigit() and len(issue) < 19:
        row = connection.execute(f"{SELECT} WHERE i.id = ?", (int(issue),)).fetchone()
    elif (parsed := parse_short_id(issue)) is not None:
        row = connection.execute(f"{SELECT} WHERE p.slug = ? AND i.short_id = ?", parsed).fetchone()
    else:
        row = None
    return from_row(row) if row is not None else None


def hourly(
    connection: sqlite3.Connection, issue_ids: list[int], since_hour: int
) -> dict[int, dict[int, int]]:
    """Events per hour (hours since the epoch) of several issues."""
    counts: dict[int, dict[int, int]] = {issue_id: {} for issue_id in issue_ids}
    marks = ",".join("?" * len(issue_ids))
    rows = connection.execute(
        f"SELECT issue_id, hour, events FROM issue_hours WHERE issue_id IN ({marks}) AND hour >= ?",  # noqa: S608 - question marks only
        (*issue_ids, since_hour),
    )
    for issue_id, hour, events in rows:
        counts[issue_id][hour] = events
    return counts


@dataclass(frozen=True, slots=True)
class TagValue:
    """How often an issue was seen with a value of a tag."""

    key: str
    value: str
    events: int


def tag_values(connection: sqlite3.Connection, issue_id: int, *, per_key: int) -> list[TagValue]:
    """The most frequent values of every tag of an issue, ordered by key; `MOST_VALUES` in all."""
    rows = connection.execute(
        """
        SELECT key, value, events FROM (
            SELECT t.key, t.value, it.events,
                row_number() OVER (PARTITION BY t.key ORDER BY it.events DESC, t.value) AS place
            FROM issue_tags it JOIN tags t ON t.id = it.tag_id WHERE it.issue_id = ?
        ) WHERE place <= ? ORDER BY key, place LIMIT ?
        """,
        (issue_id, per_key, MOST_VALUES),
    )
    return [TagValue(*row) for row in rows]
