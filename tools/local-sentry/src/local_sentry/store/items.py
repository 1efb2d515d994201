"""Items that have no tables of their own yet, kept as they came."""

import hashlib
import sqlite3

import orjson

from local_sentry.protocol.envelope import Item
from local_sentry.store.compression import compress, decompress
from local_sentry.store.journal import Record
from local_sentry.store.session import WriteSession

UNPROCESSED = "local_sentry.unprocessed_envelope"

_INSERT = """
    INSERT INTO items (project_id, type, event_id, received, headers, payload, digest, problem)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING
"""


def insert_item(
    session: WriteSession, record: Record, item: Item, problem: str | None = None
) -> None:
    """Keeps an item; the same bytes for the same event are kept once.

    Args:
        session: the open transaction.
        record: the envelope it came in.
        item: the item.
        problem: why the item could not be used, if that is why it is here.
    """
    session.connection.execute(
        _INSERT,
        (
            record.project_id,
            item.type,
            bytes.fromhex(record.event_id),
            record.received,
            orjson.dumps(item.headers).decode(),
            compress(item.payload),
            _digest(item.payload),
            problem,
        ),
    )


def insert_envelope(session: WriteSession, record: Record, problem: str) -> None:
    """Keeps a whole envelope that could not be processed."""
    session.connection.execute(
        _INSERT,
        (
            record.project_id,
            UNPROCESSED,
            bytes.fromhex(record.event_id),
            record.received,
            "{}",
            compress(record.body),
            _digest(record.body),
            problem,
        ),
    )


def _digest(payload: bytes | memoryview) -> bytes:
    return hashlib.blake2b(payload, digest_size=16).digest()


def payloads(connection: sqlite3.Connection, type: str) -> list[bytes]:  # noqa: A002 - Sentry's word
    """The payloads of all items of a type, oldest first."""
    rows = connection.execute("SELECT payload FROM items WHERE type = ? ORDER BY id", (type,))
    return [decompress(row[0]) for row in rows]


def counts_by_type(connection: sqlite3.Connection) -> dict[str, int]:
    """How many items of each type there are."""
    rows = connection.execute("SELECT type, count(*) FROM items GROUP BY type ORDER BY type")
    return {row[0]: row[1] for row in rows}
