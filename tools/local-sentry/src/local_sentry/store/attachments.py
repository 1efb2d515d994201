"""Attachments of events: names and sizes in the database, contents in the blob store."""

import hashlib
import sqlite3
from dataclasses import dataclass

from local_sentry.store.session import WriteSession


@dataclass(frozen=True, slots=True)
class Attachment:
    """An attachment. `size` is bytes, `received` µs since the epoch, `blob` a name in `Blobs`."""

    id: int
    event_id: bytes
    name: str
    content_type: str
    type: str
    size: int
    sha1: bytes
    blob: bytes
    received: int


def insert(
    session: WriteSession,
    project_id: int,
    event_id: bytes,
    content: bytes | memoryview,
    *,
    name: str,
    content_type: str,
    type: str,  # noqa: A002 - Sentry's word
    received: int,
) -> None:
    """Stores an attachment; the same file for the same event is kept once.

    Raises:
        OSError: the disk refused the content.
    """
    session.connection.execute(
        """
        INSERT INTO attachments (project_id, event_id, name, content_type, type, size, sha1, blob,
            received)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING
        """,
        (
            project_id,
            event_id,
            name,
            content_type,
            type,
            len(content),
            hashlib.sha1(content, usedforsecurity=False).digest(),
            session.blobs.put(content),
            received,
        ),
    )


def of_event(connection: sqlite3.Connection, project_id: int, event_id: bytes) -> list[Attachment]:
    """The attachments of an event, in order of arrival."""
    rows = connection.execute(
        "SELECT id, event_id, name, content_type, type, size, sha1, blob, received"
        " FROM attachments WHERE project_id = ? AND event_id = ? ORDER BY id",
        (project_id, event_id),
    )
    return [Attachment(*row) for row in rows]


def get(connection: sqlite3.Connection, attachment_id: int) -> Attachment | None:
    """An attachment by its row id."""
    row = connection.execute(
        "SELECT id, event_id, name, content_type, type, size, sha1, blob, received"
        " FROM attachments WHERE id = ?",
        (attachment_id,),
    ).fetchone()
    return Attachment(*row) if row is not None else None
