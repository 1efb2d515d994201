"""Starts a resident: a process of nobody's session, terminal or process tree.

This is imported by every start of the program: the standard library only, and little of that.
"""
# Importing pathlib would take as long as all the rest.
# ruff: noqa: PTH118

import os
import sys
from collections.abc import Mapping, Sequence

from kijko_mcp.resident.identity import python_options

_LOCK = 3  # the descriptor under which a resident finds its lock
_PROGRAM = (
    "import sys; sys.path += [each for each in sys.argv[3:] if each not in sys.path];"
    "from kijko_mcp.resident.process import main; main(*sys.argv[1:3])"
)


def start(
    where: str, name: str, environment: Mapping[str, str], roots: Sequence[str], lock: int
) -> None:
    """Starts a resident, which holds the lock until it listens or has failed.

    An editor may end all children of what it started, so the resident is none: its parent is gone
    at once.

    Raises:
        OSError: there can be no more processes.
    """
    child = os.fork()
    if child:
        os.waitpid(child, 0)
        return
    try:
        os.setsid()
        if not os.fork():
            _become(where, name, environment, roots, lock)
    finally:
        os._exit(0)


def _become(
    where: str, name: str, environment: Mapping[str, str], roots: Sequence[str], lock: int
) -> None:
    log = os.open(os.path.join(where, f"{name}.log"), os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    nothing = os.open(os.devnull, os.O_RDONLY)
    kept = [os.dup2(nothing, 0), os.dup2(log, 1), os.dup2(log, 2), os.dup2(lock, _LOCK)]
    os.set_inheritable(_LOCK, True)
    # What an editor left open would stay open with the resident.
    os.closerange(len(kept), os.sysconf("SC_OPEN_MAX"))
    # -P: the folder of the first session has no say in what the others import.
    python = [sys.executable, *python_options(), "-P"]
    command = [*python, "-c", _PROGRAM, where, name, *roots]
    os.execve(sys.executable, command, dict(environment))  # noqa: S606 - no shell is meant
