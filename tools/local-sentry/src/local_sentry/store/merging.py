"""Merges the database of another data folder into this one, without anything twice.

Rows are known by what makes them the same everywhere: events by project and id, spans by trace and
id, releases by version, issues by the hashes of their groups. What both have stays as it is here.
Row ids differ between the two: each reference is looked up in a table of the old and the new.
"""

import sqlite3
from collections.abc import Iterator
from itertools import groupby

import orjson

from local_sentry.models import Span
from local_sentry.store import spans
from local_sentry.store.merge_plan import (
    AFTER_ISSUES,
    BEFORE_ISSUES,
    COUNTED,
    OWNER,
    PROJECT,
    Table,
)
from local_sentry.store.session import WriteSession


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
        for table in BEFORE_ISSUES:
            work.take_over(table)
        _take_over_issues(connection, work)
        connection.execute(
            "INSERT INTO temp.new_events SELECT s.id FROM other.events s WHERE NOT EXISTS ("
            " SELECT 1 FROM main.events m WHERE m.event_id = s.event_id AND m.project_id ="
            " (SELECT new FROM temp.ids WHERE kind = 'projects' AND old = s.project_id))"
        )
        for table in AFTER_ISSUES:
            work.take_over(table)
        _take_over_spans(session)
        for sql in COUNTED:
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
        refers=PROJECT
        | {"first_release_id": "releases", "last_release_id": "releases"}
        | {"resolution_release_id": "releases"},
        overrides={
            "short_id": "?1",
            "assigned_to": OWNER.format(column="assigned_to"),
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
