"""Whose turn it is to write: two processes do, and SQLite itself is not fair to them.

A turnstile of two file locks. Who waits for the database holds the door, so the one that just
wrote cannot get in again before. The kernel opens both when their holder dies.
"""

import contextlib
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path


class Turns:
    """One process's (and one thread's) way to the database of a data folder."""

    def __init__(self, data: Path) -> None:
        self._door = _open(data / "door.lock")
        self._desk = _open(data / "desk.lock")

    @contextlib.contextmanager
    def taken(self) -> Iterator[None]:
        """Waits for the turn and holds it."""
        fcntl.flock(self._door, fcntl.LOCK_EX)
        try:
            fcntl.flock(self._desk, fcntl.LOCK_EX)
        finally:
            fcntl.flock(self._door, fcntl.LOCK_UN)
        try:
            yield
        finally:
            fcntl.flock(self._desk, fcntl.LOCK_UN)

    def close(self) -> None:
        """Closes the locks' files."""
        os.close(self._door)
        os.close(self._desk)


def _open(path: Path) -> int:
    return os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
