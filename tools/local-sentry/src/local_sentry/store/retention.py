"""Deletes what is too old, and the oldest of what is too much, some rows at a time."""

import sqlite3
from dataclasses import dataclass

from local_sentry.store import span_hours
from local_sentry.store.blobs import Blobs
from local_sentry.store.session import WriteSession

HOUR = 3_600_000_000  # µs
_CHUNK_LIFETIME = 24 * HOUR
_SWEEP_AFTER_SECONDS = 3600.0

# Rows to choose, and what hangs on them; `?` is a row's id. Oldest first.
_DEPENDENT = {
    "events": (
        "timestamp",
        ("DELETE FROM event_payloads WHERE event_row = ?",
         "DELETE FROM event_tags WHERE event_row = ?"),
    ),
    "spans": ("start", ("DELETE FROM span_attributes WHERE span_row = ?",)),
    "replays": (
        "finished",
        ("DELETE FROM replay_segments WHERE replay_row = ?",
         "DELETE FROM replay_errors WHERE replay_row = ?",
         "DELETE FROM replay_traces WHERE replay_row = ?"),
    ),
    "issues": (
        "last_seen",
        ("DELETE FROM issue_hashes WHERE issue_id = ?",
         "DELETE FROM issue_hours WHERE issue_id = ?",
         "DELETE FROM issue_users WHERE issue_id = ?",
         "DELETE FROM issue_tags WHERE issue_id = ?",
         "DELETE FROM issue_frames WHERE issue_id = ?",
         "DELETE FROM issue_activity WHERE issue_id = ?",
         "DELETE FROM alert_firings WHERE issue_id = ?",
         "UPDATE events SET issue_id = NULL WHERE issue_id = ?"),
    ),
    "logs": ("timestamp", ()),
    "metrics": ("timestamp", ()),
    "check_ins": ("started", ()),
    "feedback": ("timestamp", ()),
    "attachments": ("received", ()),
    "profiles": ("timestamp", ()),
    "items": ("received", ()),
}  # fmt: skip
_HOURLY = ("outcomes", "session_counts", "issue_hours")
_BLOB_TABLES = ("replay_segments", "attachments", "profiles", "chunks", "artifact_files")


def delete_before(session: WriteSession, cutoff: int, limit: int) -> int:
    """Deletes at most about `limit` rows from before a time (µs since the epoch).

    Returns:
        How many were deleted; 0 when nothing that old is left.
    """
    connection = session.connection
    deleted = 0
    for table, (column, dependents) in _DEPENDENT.items():
        if deleted >= limit:
            return deleted
        rows = connection.execute(
            f"SELECT id FROM {table} WHERE {column} < ? ORDER BY {column} LIMIT ?",  # noqa: S608 - constants
            (cutoff, limit - deleted),
        ).fetchall()
        ids = [(row[0],) for row in rows]
        if table == "spans":
            span_hours.will_delete(connection, [row[0] for row in rows])
        for sql in dependents:
            connection.executemany(sql, ids)
        connection.executemany(f"DELETE FROM {table} WHERE id = ?", ids)  # noqa: S608 - constants
        deleted += len(ids)
    for table in _HOURLY:
        connection.execute(f"DELETE FROM {table} WHERE hour < ?", (cutoff // HOUR,))  # noqa: S608 - constants
    connection.execute("DELETE FROM sessions WHERE started < ?", (cutoff,))
    return deleted


def delete_unused_tags(session: WriteSession, cutoff: int) -> None:
    """Forgets with which values issues were seen before a time (µs), and values nothing has."""
    session.connection.execute("DELETE FROM issue_tags WHERE last_seen < ?", (cutoff,))
    session.connection.execute(
        "DELETE FROM tags WHERE NOT EXISTS (SELECT 1 FROM event_tags WHERE tag_id = tags.id)"
        " AND NOT EXISTS (SELECT 1 FROM issue_tags WHERE tag_id = tags.id)"
    )
    session.forget()


def delete_old_chunks(session: WriteSession, now: int) -> None:
    """Forgets the chunks of uploads that were put together, or never will be."""
    session.connection.execute("DELETE FROM chunks WHERE received < ?", (now - _CHUNK_LIFETIME,))


def oldest(connection: sqlite3.Connection) -> int | None:
    """The time of the oldest thing there is, µs since the epoch."""
    times = [
        connection.execute(f"SELECT min({column}) FROM {table}").fetchone()[0]  # noqa: S608 - constants
        for table, (column, _) in _DEPENDENT.items()
        if table != "issues"
    ]
    return min((at for at in times if at is not None), default=None)


@dataclass(frozen=True, slots=True)
class Usage:
    """Bytes in use: of the database without its free pages, and of the blob store."""

    database: int
    blobs: int

    @property
    def total(self) -> int:
        """Both."""
        return self.database + self.blobs


def usage(connection: sqlite3.Connection, blobs: Blobs) -> Usage:
    """How much the data folder holds."""
    pages, free, size = (
        connection.execute(f"PRAGMA {name}").fetchone()[0]
        for name in ("page_count", "freelist_count", "page_size")
    )
    return Usage((pages - free) * size, sum(stat.st_size for _, stat in blobs.all()))


def referenced_blobs(connection: sqlite3.Connection) -> set[bytes]:
    """The names of all contents that a row refers to."""
    union = " UNION ".join(f"SELECT blob FROM {table}" for table in _BLOB_TABLES)  # noqa: S608 - constants
    return {row[0] for row in connection.execute(union)}


def sweep_blobs(connection: sqlite3.Connection, blobs: Blobs, now: float) -> int:
    """Removes the contents that no row refers to; returns how many.

    Those of the last hour stay: their rows may not be committed yet. `now` is seconds.
    """
    young = now - _SWEEP_AFTER_SECONDS
    blobs.remove_unfinished(young)
    unused = {name for name, stat in blobs.all() if stat.st_mtime < young}
    unused -= referenced_blobs(connection)
    for name in unused:
        blobs.remove(name)
    return len(unused)
