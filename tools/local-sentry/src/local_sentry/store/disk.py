"""What a full disk says: the system's numbers for it, and SQLite's words."""

import errno
import sqlite3

# EFBIG and EDQUOT: a limit of the process or of the user, which is the same to whoever writes.
FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


def is_full(error: Exception) -> bool:
    """Whether an error says that there is no room to write."""
    if isinstance(error, sqlite3.OperationalError):
        return "disk" in str(error)  # "database or disk is full", "disk I/O error"
    return isinstance(error, OSError) and error.errno in FULL
