"""Merges the database of another data folder into this one, without anything twice.

Rows are known by what makes them the same everywhere: events by project and id, spans by trace and
id, releases by version, issues by the hashes of their groups. What both have stays as it is here.
Row ids differ between the two: each reference is looked up in a table of the old and the new.
"""

import sqlite3
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import groupby

import orjson

from local_sentry.models import Span
from local_sentry.store import spans
from local_sentry.store.issues import HOUR
from local_sentry.store.session import WriteSession


@dataclass(frozen=True, slots=True)
class Table:
    """How the rows of a table are taken over.

    Attributes:
        name: of the table.
        key: columns that make a row the same in both; of a table that no other refers to by id,
            and that SQLite itself keeps unique, none are needed.
        refers: columns that hold ids, and of which table.
        is_loose: SQLite keeps the key of this table not unique, so it is looked for.
        only: a condition on the rows `s` of the other database.
        overrides: columns that are not taken over as they are, in SQL.
    """

    name: str
    key: tuple[str, ...] = ()
    refers: Mapping[str, str] = field(default_factory=dict)
    is_loose: bool = False
    only: str = "1"
    overrides: Mapping[str, str] = field(default_factory=dict)


_PLACE = {"project_id": "projects", "release_id": "releases", "environment_id": "environments"}
_PROJECT = {"project_id": "projects"}
_ISSUE = {"issue_id": "issues"}
_OWNER = (
    "CASE WHEN s.{column} LIKE 'team:%' THEN 'team:' || (SELECT new FROM temp.ids"
    " WHERE kind = 'teams' AND old = CAST(substr(s.{column}, 6) AS INTEGER)) ELSE s.{column} END"
)
_NEW_ISSUES = "s.issue_id IN (SELECT old FROM temp.new_issues)"

_BEFORE_ISSUES = (
    Table("organizations", ("slug",)),
    Table("teams", ("slug",), {"organization_id": "organizations"}),
    Table("projects", ("slug",), {"organization_id": "organizations"}),
    Table("project_teams", (), _PROJECT | {"team_id": "teams"}),
    Table("project_keys", ("public_key",), _PROJECT),
    Table("strings", ("value",)),
    Table("tags", ("key", "value")),
    Table("environments", ("name",)),
    Table("releases", ("version",), {"organization_id": "organizations"}),
    Table("release_projects", (), _PLACE),
    Table("project_environments", (), _PLACE),
)
_AFTER_ISSUES = (
    Table("issue_hashes", (), _PROJECT | _ISSUE),
    Table("issue_users", (), _ISSUE),
    Table("issue_frames", (), _ISSUE | {"value_id": "strings"}),
    Table("issue_hours", (), _ISSUE, only=_NEW_ISSUES),
    Table("issue_tags", (), _ISSUE | {"tag_id": "tags"}, only=_NEW_ISSUES),
    Table("issue_activity", ("issue_id", "type", "timestamp", "data"), _PROJECT | _ISSUE,
          is_loose=True),
    Table("events", ("project_id", "event_id"),
          _PLACE | _ISSUE | {"transaction_id": "strings"}),
    Table("event_payloads", (), {"event_row": "events"}),
    Table("event_tags", (), {"event_row": "events", "tag_id": "tags"}),
    Table("items", (), _PROJECT),
    Table("logs", (), _PLACE),
    Table("metrics", (), _PLACE | {"name_id": "strings"}),
    Table("attribute_keys", (), _PROJECT),
    Table("replays", ("replay_id",), _PLACE),
    Table("replay_segments", (), {"replay_row": "replays"}),
    Table("replay_errors", (), {"replay_row": "replays"}),
    Table("replay_traces", (), {"replay_row": "replays"}),
    Table("sessions", (), _PLACE),
    Table("session_counts", (), _PLACE),
    Table("monitors", ("project_id", "slug"), _PROJECT,
          overrides={"owner": _OWNER.format(column="owner")}),
    Table("monitor_environments", (), {"monitor_id": "monitors"} | _PLACE),
    Table("check_ins", (), {"monitor_id": "monitors"} | _PLACE),
    Table("feedback", (), _PLACE),
    Table("attachments", (), _PROJECT),
    Table("profiles", (), _PLACE | {"transaction_id": "strings"}),
    Table("outcomes", (), _PROJECT),
    Table("chunks"),
    Table("artifact_bundles", ("checksum",)),
    Table("artifact_bundle_releases", (), _PROJECT | {"bundle_id": "artifact_bundles"}),
    Table("artifact_files", (), {"bundle_id": "artifact_bundles"}),
    Table("repositories", ("organization_id", "name"), {"organization_id": "organizations"}),
    Table("commits", ("repository_id", "sha"), {"repository_id": "repositories"}),
    Table("commit_files", (), {"commit_id": "commits"}),
    Table("release_commits", (), {"release_id": "releases", "commit_id": "commits"},
          only="s.release_id NOT IN (SELECT i.old FROM temp.ids i JOIN main.release_commits c"
               " ON c.release_id = i.new WHERE i.kind = 'releases')"),
    Table("deploys", ("release_id", "environment", "date_finished"), {"release_id": "releases"},
          is_loose=True),
    Table("code_mappings", (), _PROJECT | {"repository_id": "repositories"}),
    Table("ownership_rules", (), _PROJECT),
    Table("alert_rules", ("project_id", "name"), _PROJECT, is_loose=True),
    Table("detectors", ("project_id", "name"), _PROJECT, is_loose=True,
          overrides={"owner": _OWNER.format(column="owner")}),
)  # fmt: skip
MERGED = frozenset(t.name for t in (*_BEFORE_ISSUES, *_AFTER_ISSUES)) | {"issues", "spans"}
# What stays behind, and why.
LEFT_OUT = {
    "alert_firings": "what rules said elsewhere",
    "alert_position": "how far rules have looked here",
    "journal_position": "how far the journal here is processed",
    "span_attributes": "stored with their spans",
    "span_hours": "counted when spans are stored",
    "tokens": "who may enter here is said here",
}


class _Merge:
    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def columns(self, table: str) -> list[str]:
        rows = self._connection.execute(f"PRAGMA main.table_info({table})")
        return [row[1] for row in rows]

    def is_numbered(self, table: str) -> bool:
        return "id" in self.columns(table)

    @staticmethod
    def value(table: Table, column: str) -> str:
        if column in table.overrides:
            return table.overrides[column]
        kind = table.refers.get(column)
        if kind is None:
            return f"s.{column}"
        return f"(SELECT new FROM temp.ids WHERE kind = '{kind}' AND old = s.{column})"  # noqa: S608 - our own names

    def take_over(self, table: Table) -> None:
        """Inserts the rows that are not here, and notes by which ids all of them are known."""
        names = [name for name in self.columns(table.name) if name != "id"]
        condition = table.only
        same = " AND ".join(f"m.{key} IS {self.value(table, key)}" for key in table.key)
        if table.is_loose:
            condition += f" AND NOT EXISTS (SELECT 1 FROM main.{table.name} m WHERE {same})"  # noqa: S608 - our own names
        values = ", ".join(self.value(table, name) for name in names)
        self._connection.execute(
            f"INSERT OR IGNORE INTO main.{table.name} ({', '.join(names)})"  # noqa: S608 - our own names
            f" SELECT {values} FROM other.{table.name} s WHERE {condition}"
        )
        if table.key and not table.is_loose and self.is_numbered(table.name):
            self._connection.execute(
                f"INSERT OR IGNORE INTO temp.ids SELECT '{table.name}', s.id, m.id"  # noqa: S608 - our own names
                f" FROM other.{table.name} s JOIN main.{table.name} m ON {same}"
            )


_TEMPORARY = """
    CREATE TEMP TABLE ids (kind TEXT, old INTEGER, new INTEGER, PRIMARY KEY (kind, old));
    CREATE TEMP TABLE new_issues (old INTEGER PRIMARY KEY);
    CREATE TEMP TABLE new_events (old INTEGER PRIMARY KEY);
    INSERT INTO temp.ids VALUES ('environments', 0, 0);
"""


def merge(session: WriteSession, other: str) -> dict[int, int]:
    """Takes over everything from an up-to-date database at a path, in one transaction.

    Returns:
        The ids that its projects have here, by those that they have there.
    """
    connection = session.connection
    connection.execute("ATTACH ? AS other", (other,))
    connection.executescript(_TEMPORARY)
    connection.execute("BEGIN IMMEDIATE")
    try:
        work = _Merge(connection)
        for table in _BEFORE_ISSUES:
            work.take_over(table)
        _take_over_issues(connection, work)
        connection.execute(
            "INSERT INTO temp.new_events SELECT s.id FROM other.events s WHERE NOT EXISTS ("
            " SELECT 1 FROM main.events m WHERE m.event_id = s.event_id AND m.project_id ="
            " (SELECT new FROM temp.ids WHERE kind = 'projects' AND old = s.project_id))"
        )
        for table in _AFTER_ISSUES:
            work.take_over(table)
        _take_over_spans(session)
        for sql in _COUNTED:
            connection.execute(sql)
        found = connection.execute("SELECT old, new FROM temp.ids WHERE kind = 'projects'")
        projects = {int(old): int(new) for old, new in found}
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
    finally:
        session.forget()
    return projects


def _take_over_issues(connection: sqlite3.Connection, work: _Merge) -> None:
    """Issues whose groups are known here are those; others keep their short id where it is free."""
    table = Table(
        "issues",
        refers=_PROJECT
        | {"first_release_id": "releases", "last_release_id": "releases"}
        | {"resolution_release_id": "releases"},
        overrides={
            "short_id": "?1",
            "assigned_to": _OWNER.format(column="assigned_to"),
            "owners": "'[]'",  # Found anew when it comes again.
        },
    )
    names = [name for name in work.columns("issues") if name != "id"]
    values = ", ".join(work.value(table, name) for name in names)
    insert = (
        f"INSERT INTO main.issues ({', '.join(names)}) SELECT {values} FROM other.issues s"  # noqa: S608 - our own names
        " WHERE s.id = ?2 RETURNING id"
    )
    rows = connection.execute(
        "SELECT s.id, s.short_id, i.new FROM other.issues s JOIN temp.ids i"
        " ON i.kind = 'projects' AND i.old = s.project_id ORDER BY s.id"
    ).fetchall()
    for old, short_id, project_id in rows:
        known = connection.execute(
            "SELECT m.issue_id FROM other.issue_hashes s JOIN main.issue_hashes m"
            " ON m.hash = s.hash AND m.project_id = ?2 WHERE s.issue_id = ?1 LIMIT 1",
            (old, project_id),
        ).fetchone()
        if known is None:
            number = _free_short_id(connection, project_id, short_id)
            known = connection.execute(insert, (number, old)).fetchone()
            connection.execute("INSERT INTO temp.new_issues VALUES (?)", (old,))
        connection.execute("INSERT INTO temp.ids VALUES ('issues', ?, ?)", (old, known[0]))


def _free_short_id(connection: sqlite3.Connection, project_id: int, wanted: int) -> int:
    taken = connection.execute(
        "SELECT 1 FROM main.issues WHERE project_id = ? AND short_id = ?", (project_id, wanted)
    ).fetchone()
    row = connection.execute(
        "UPDATE main.projects SET next_short_id = CASE WHEN ?2 THEN next_short_id + 1"
        " ELSE max(next_short_id, ?3 + 1) END WHERE id = ?1 RETURNING next_short_id - 1",
        (project_id, taken is not None, wanted),
    ).fetchone()
    return int(row[0]) if taken is not None else wanted


# Issues that both have count the events that came in; the rest is told from the rows.
_CAME_IN = """
    FROM other.events e JOIN temp.new_events n ON n.old = e.id
    JOIN temp.ids i ON i.kind = 'issues' AND i.old = e.issue_id
    WHERE e.issue_id NOT IN (SELECT old FROM temp.new_issues)
"""
_COUNTED = (
    f"""
    UPDATE main.issues AS m SET times_seen = m.times_seen + c.events,
        first_seen = min(m.first_seen, c.first), last_seen = max(m.last_seen, c.last)
    FROM (SELECT i.new AS issue, count(*) AS events, min(e.timestamp) AS first,
            max(e.timestamp) AS last {_CAME_IN} GROUP BY 1) c
    WHERE m.id = c.issue
    """,  # noqa: S608 - constants
    f"""
    INSERT INTO main.issue_hours SELECT i.new, e.timestamp / {HOUR}, count(*) {_CAME_IN}
    GROUP BY 1, 2 ON CONFLICT DO UPDATE SET events = events + excluded.events
    """,
    f"""
    INSERT INTO main.issue_tags
    SELECT i.new, (SELECT new FROM temp.ids WHERE kind = 'tags' AND old = t.tag_id), count(*),
        min(e.timestamp), max(e.timestamp)
    {_CAME_IN.replace("WHERE", "JOIN other.event_tags t ON t.event_row = e.id WHERE", 1)}
    GROUP BY 1, 2 ON CONFLICT DO UPDATE SET events = events + excluded.events,
        first_seen = min(first_seen, excluded.first_seen),
        last_seen = max(last_seen, excluded.last_seen)
    """,  # noqa: S608 - constants
    """
    UPDATE main.issues AS m SET
        users_seen = (SELECT count(*) FROM main.issue_users u WHERE u.issue_id = m.id)
    WHERE id IN (SELECT new FROM temp.ids WHERE kind = 'issues')
    """,
    """
    UPDATE main.release_projects AS m SET new_issues = (SELECT count(*) FROM main.issues i
        WHERE i.first_release_id = m.release_id AND i.project_id = m.project_id)
    WHERE release_id IN (SELECT new FROM temp.ids WHERE kind = 'releases')
    """,
    """
    UPDATE main.projects AS m SET
        first_event = min(coalesce(m.first_event, s.first_event),
                          coalesce(s.first_event, m.first_event)),
        item_types = (SELECT json_group_array(value) FROM (
            SELECT value FROM json_each(m.item_types)
            UNION SELECT value FROM json_each(s.item_types)))
    FROM other.projects s JOIN temp.ids i ON i.kind = 'projects' AND i.old = s.id
    WHERE m.id = i.new
    """,
    """
    UPDATE main.replays AS m SET
        segments = (SELECT count(*) FROM main.replay_segments g WHERE g.replay_row = m.id)
    WHERE id IN (SELECT new FROM temp.ids WHERE kind = 'replays')
    """,
    # What happened elsewhere is no news here.
    """
    UPDATE main.alert_position SET
        activity_id = (SELECT coalesce(max(id), 0) FROM main.issue_activity),
        event_row = (SELECT coalesce(max(id), 0) FROM main.events)
    """,
)


def _take_over_spans(session: WriteSession) -> None:
    """As if they arrived: what is counted of spans is counted of these too."""
    for place, group in groupby(_other_spans(session.connection), key=lambda found: found[0]):
        project_id, release_id, environment_id = place
        spans.insert(
            session,
            project_id,
            (span for _, span in group),
            release_id=release_id,
            environment_id=environment_id,
        )


_Place = tuple[int, int | None, int | None]


def _other_spans(connection: sqlite3.Connection) -> Iterator[tuple[_Place, Span]]:
    rows = connection.execute(
        """
        SELECT s.*, o.value AS op, t.value AS name, st.value AS status, a.attributes,
            (SELECT new FROM temp.ids WHERE kind = 'projects' AND old = s.project_id) AS project,
            (SELECT new FROM temp.ids WHERE kind = 'releases' AND old = s.release_id) AS release,
            (SELECT new FROM temp.ids WHERE kind = 'environments' AND old = s.environment_id)
                AS environment
        FROM other.spans s
        JOIN other.strings o ON o.id = s.op_id
        JOIN other.strings t ON t.id = s.transaction_id
        JOIN other.strings st ON st.id = s.status_id
        LEFT JOIN other.span_attributes a ON a.span_row = s.id
        ORDER BY s.id
        """
    )
    for row in rows:
        yield (
            (row["project"], row["release"], row["environment"]),
            Span(
                trace_id=row["trace_id"],
                span_id=row["span_id"],
                parent_span_id=row["parent_span_id"],
                segment_id=row["segment_id"],
                is_segment=bool(row["is_segment"]),
                start=row["start"],
                duration=row["duration"],
                op=row["op"],
                description=row["description"],
                transaction=row["name"],
                status=row["status"],
                release="",
                environment="",
                event_id=row["event_id"],
                attributes=orjson.loads(row["attributes"]) if row["attributes"] else {},
            ),
        )
