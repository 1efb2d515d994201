"""Completes the frames of an event from what was uploaded for its release or its debug ids.

Done when an event arrives, so that it is grouped by what was written, and again when it is read,
so that an upload that came later helps the events that were there before.
"""

import sqlite3

from local_sentry.protocol.lenient_json import JsonObject
from local_sentry.services.source_context import add_source_context
from local_sentry.services.symbolication import symbolicate
from local_sentry.store.blobs import Blobs


def complete_frames(
    connection: sqlite3.Connection, blobs: Blobs, project_id: int, event: JsonObject
) -> bool:
    """Completes an event's frames in place; returns whether anything was found."""
    written = symbolicate(connection, blobs, project_id, event)
    return add_source_context(connection, blobs, project_id, event) or written
