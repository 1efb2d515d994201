"""Where residents are found: a folder of this user alone, with a socket and a lock for each name.

This is imported by every start of the program: the standard library only, and little of that.
"""
# Importing pathlib would take as long as all the rest.
# ruff: noqa: PTH103, PTH111, PTH112, PTH116, PTH117, PTH118

import fcntl
import os
import socket
import stat
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress

from kijko_mcp.errors import Trouble

_LONGEST = 100  # bytes of a socket's path; Linux allows 107, others 103
_LOCK_SECONDS = 60.0
_LOOK_AGAIN = 0.01  # seconds
_CONNECT_SECONDS = 10.0


class NoPlace(Trouble):
    """There can be no resident here."""


def folder(environment: Mapping[str, str]) -> str:
    """The folder of this user's residents, whether it is there or not."""
    running = environment.get("XDG_RUNTIME_DIR", "")
    if os.path.isabs(running) and os.path.isdir(running):
        return os.path.join(running, "kijko-mcp")
    cache = environment.get("XDG_CACHE_HOME", "")
    if not os.path.isabs(cache):
        cache = os.path.join(os.path.expanduser("~"), ".cache")
    return os.path.join(cache, "kijko", "mcp")


def secured(where: str) -> str:
    """The folder, made if need be, and for sure nobody else's.

    Raises:
        NoPlace: it is not a folder, others own it or may look into it.
        OSError: it cannot be made.
    """
    with suppress(FileExistsError):
        os.makedirs(where, mode=0o700)
    state = os.lstat(where)
    if not stat.S_ISDIR(state.st_mode):
        raise NoPlace(f"{where} is no folder.", "Take it away.")
    if state.st_uid != os.geteuid():
        raise NoPlace(f"{where} belongs to another user.", "Take it away.")
    if stat.S_IMODE(state.st_mode) & 0o077:
        raise NoPlace(f"{where} is open to other users.", f"Run: chmod 700 {where}")
    return where


def connected(where: str, name: str) -> socket.socket | None:
    """A connection to the resident of a name; None when none listens.

    Raises:
        OSError: one listens and does not answer.
    """
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    connection.settimeout(_CONNECT_SECONDS)
    try:
        with _reachable(where, f"{name}.sock") as address:
            connection.connect(address)
    except (FileNotFoundError, ConnectionError):
        connection.close()
        return None
    except BaseException:
        connection.close()
        raise
    return connection


@contextmanager
def _reachable(where: str, file: str) -> Iterator[str]:
    """The address of a socket: its path, or its name in the folder where the path is too long."""
    path = os.path.join(where, file)
    if len(os.fsencode(path)) <= _LONGEST:
        yield path
        return
    here = os.open(".", os.O_RDONLY)
    try:
        os.chdir(where)
        yield file
    finally:
        os.fchdir(here)
        os.close(here)


def locked(where: str, name: str) -> int:
    """Locks a name; whoever closes the descriptor last, unlocks it.

    Raises:
        NoPlace: it stays locked.
        OSError: the folder cannot be written to.
    """
    path = os.path.join(where, f"{name}.lock")
    end = time.monotonic() + _LOCK_SECONDS
    while True:
        lock = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if _is_still(path, lock):
                return lock
        except BlockingIOError:
            pass
        except BaseException:
            os.close(lock)
            raise
        os.close(lock)
        if time.monotonic() > end:
            raise NoPlace(f"{path} stays locked.", "Run: mcp-server stop")
        time.sleep(_LOOK_AGAIN)


def _is_still(path: str, descriptor: int) -> bool:
    """Whether a path names the file that is open: it may have been tidied away meanwhile."""
    try:
        return os.path.samestat(os.stat(path), os.fstat(descriptor))
    except FileNotFoundError:
        return False
