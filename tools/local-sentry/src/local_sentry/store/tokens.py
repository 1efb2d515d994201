"""Tokens of the API: only hashes are kept."""

import hashlib
import secrets
import sqlite3
import time
from dataclasses import dataclass

import orjson

PREFIX = "sntryu_"
READ_SCOPES = (
    "org:read", "project:read", "project:releases", "event:read", "team:read", "alerts:read",
)  # fmt: skip
# All that a token can be allowed, by Sentry's names.
SCOPES = frozenset(
    f"{name}:{verb}"
    for name in ("org", "project", "team", "event", "alerts")
    for verb in ("read", "write", "admin")
) | {"project:releases", "org:ci", "member:read"}


@dataclass(frozen=True, slots=True)
class Token:
    """A token as it can be listed; the secret itself is shown once, when it is made."""

    id: int
    name: str
    hint: str
    scopes: tuple[str, ...]
    date_created: int


def _digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode("utf-8", "replace")).digest()


def create(connection: sqlite3.Connection, name: str, scopes: tuple[str, ...]) -> str:
    """Makes a token and returns its secret."""
    secret = PREFIX + secrets.token_hex(32)
    connection.execute(
        "INSERT INTO tokens (hash, hint, name, scopes, date_created) VALUES (?, ?, ?, ?, ?)",
        (
            _digest(secret),
            secret[-4:],
            name,
            orjson.dumps(scopes).decode(),
            time.time_ns() // 1000,
        ),
    )
    return secret


def find(connection: sqlite3.Connection, secret: str) -> Token | None:
    """The token of a secret.

    The secret is compared by its SHA-256 in an index: what timing could tell about the hash says
    nothing about the secret.
    """
    row = connection.execute(
        "SELECT id, name, hint, scopes, date_created FROM tokens WHERE hash = ?",
        (_digest(secret),),
    ).fetchone()
    return _from_row(row) if row is not None else None


def listed(connection: sqlite3.Connection) -> list[Token]:
    """All tokens."""
    rows = connection.execute("SELECT id, name, hint, scopes, date_created FROM tokens ORDER BY id")
    return [_from_row(row) for row in rows]


def revoke(connection: sqlite3.Connection, token_id: int) -> bool:
    """Deletes a token; False when there is none of that id."""
    return connection.execute("DELETE FROM tokens WHERE id = ?", (token_id,)).rowcount > 0


def _from_row(row: tuple[int, str, str, str, int]) -> Token:
    id_, name, hint, scopes, created = row
    return Token(id_, name, hint, tuple(orjson.loads(scopes)), created)
