"""How a full disk shows itself, in files and in SQLite."""

import errno
import sqlite3

_ERRNOS = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def is_full_disk(error: Exception) -> bool:
    """Whether that is what an error means."""
    if isinstance(error, sqlite3.Error):
        code = getattr(error, "sqlite_errorcode", None)
        # A limit on the size of files shows as the latter.
        return code in (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR_WRITE)
    return isinstance(error, OSError) and error.errno in _ERRNOS
