"""Profiles: what transaction they belong to in the database, the samples in the blob store."""

import sqlite3
from dataclasses import dataclass

from local_sentry.store.session import WriteSession


@dataclass(frozen=True, slots=True)
class Profile:
    """A profile, or a chunk of a continuous one. `timestamp` is µs since the epoch.

    `event_id` is the transaction it belongs to, `profiler_id` what its chunks have in common.
    """

    profile_id: bytes
    profiler_id: bytes | None
    platform: str
    transaction: str
    trace_id: bytes | None
    event_id: bytes | None
    timestamp: int


def insert(
    session: WriteSession,
    project_id: int,
    profile: Profile,
    payload: bytes | memoryview,
    *,
    release_id: int | None,
    environment_id: int | None,
) -> None:
    """Stores a profile with its payload as sent; one that is there already is left alone.

    Raises:
        OSError: the disk refused the payload.
    """
    session.connection.execute(
        """
        INSERT INTO profiles (project_id, profile_id, profiler_id, platform, transaction_id,
            trace_id, event_id, release_id, environment_id, timestamp, blob, size)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING
        """,
        (
            project_id,
            profile.profile_id,
            profile.profiler_id,
            profile.platform,
            session.string(profile.transaction) if profile.transaction else None,
            profile.trace_id,
            profile.event_id,
            release_id,
            environment_id,
            profile.timestamp,
            session.blobs.put(payload),
            len(payload),
        ),
    )


def blob_of(connection: sqlite3.Connection, project_id: int, profile_id: bytes) -> bytes | None:
    """The name in `Blobs` of a profile's JSON."""
    row = connection.execute(
        "SELECT blob FROM profiles WHERE project_id = ? AND profile_id = ?",
        (project_id, profile_id),
    ).fetchone()
    return bytes(row[0]) if row is not None else None


def of_event(connection: sqlite3.Connection, event_id: bytes) -> list[bytes]:
    """The ids of the profiles of a transaction."""
    rows = connection.execute("SELECT profile_id FROM profiles WHERE event_id = ?", (event_id,))
    return [row[0] for row in rows]
