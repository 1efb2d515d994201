"""The writing side's view of the database: its connection and the ids of words it has seen."""

import sqlite3
from collections.abc import Callable, Hashable
from typing import TypeVar

from local_sentry.store.blobs import Blobs

_K = TypeVar("_K", bound=Hashable)
_CACHED = 20_000


class WriteSession:
    """One connection that writes, with bounded caches of interned words.

    The caches are only as good as the transaction they were filled in: call `catch_up()` at the
    beginning of each, and `forget()` after a rollback.
    """

    def __init__(self, connection: sqlite3.Connection, blobs: Blobs) -> None:
        self.connection = connection
        self.blobs = blobs
        self._strings: dict[str, int] = {}
        self._tags: dict[tuple[str, str], int] = {}
        self._releases: dict[str, int] = {}
        self._environments: dict[str, int] = {}
        self.item_types: dict[int, set[str]] = {}
        self.attribute_keys: dict[tuple[int, str], set[tuple[str, str]]] = {}
        self._stacks: set[int] = set()
        self._data_version = -1

    def catch_up(self) -> None:
        """Empties the caches if another connection has changed the database meanwhile."""
        version = self.connection.execute("PRAGMA data_version").fetchone()[0]
        if version != self._data_version:
            self._data_version = version
            self.forget()

    def forget(self) -> None:
        """Empties the caches."""
        for cache in (self._strings, self._tags, self._releases, self._environments):
            cache.clear()
        self.item_types.clear()
        self.attribute_keys.clear()
        self._stacks.clear()

    def is_new_stack(self, key: int) -> bool:
        """Whether a hash of an issue's frames was not seen of late; from now on it was."""
        if key in self._stacks:
            return False
        if len(self._stacks) >= _CACHED:
            self._stacks.clear()
        self._stacks.add(key)
        return True

    def string(self, value: str) -> int:
        """The id of a repeated word."""
        return self._intern(
            self._strings,
            value,
            lambda: self._find_or_add(
                "SELECT id FROM strings WHERE value = ?",
                "INSERT INTO strings (value) VALUES (?) RETURNING id",
                (value,),
            ),
        )

    def tag(self, key: str, value: str) -> int:
        """The id of a tag, that is of a key with a value."""
        return self._intern(
            self._tags,
            (key, value),
            lambda: self._find_or_add(
                "SELECT id FROM tags WHERE key = ? AND value = ?",
                "INSERT INTO tags (key, value) VALUES (?, ?) RETURNING id",
                (key, value),
            ),
        )

    def environment(self, name: str) -> int | None:
        """The id of an environment; None for no name."""
        if not name:
            return None
        return self._intern(
            self._environments,
            name,
            lambda: self._find_or_add(
                "SELECT id FROM environments WHERE name = ?",
                "INSERT INTO environments (name) VALUES (?) RETURNING id",
                (name,),
            ),
        )

    def release(self, version: str, now: int) -> int | None:
        """The id of a release, which begins to exist with its first event; None for no version."""
        if not version:
            return None
        return self._intern(
            self._releases,
            version,
            lambda: self._find_or_add(
                "SELECT id FROM releases WHERE version = ?",
                "INSERT INTO releases (version, organization_id, date_created)"
                " VALUES (?, 1, ?2) RETURNING id",
                (version,),
                now,
            ),
        )

    def _intern(self, cache: dict[_K, int], key: _K, find: Callable[[], int]) -> int:
        known = cache.get(key)
        if known is None:
            if len(cache) >= _CACHED:
                cache.clear()
            known = cache[key] = find()
        return known

    def _find_or_add(self, find: str, add: str, key: tuple[str, ...], *more: int) -> int:
        row = self.connection.execute(find, key).fetchone()
        if row is None:
            row = self.connection.execute(add, (*key, *more)).fetchone()
        return int(row[0])
