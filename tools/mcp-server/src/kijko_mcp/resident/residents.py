"""The residents of this user, for those who look at them: how they are, and how to end them."""

import os
import socket
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from kijko_mcp.errors import Trouble
from kijko_mcp.resident import place, wire

_STATUS_SECONDS = 5.0
_STOP_SECONDS = 20.0


class WillNotStop(Trouble):
    """A resident does not end when it is asked to."""


def counted(sessions: int) -> str:
    """A number of sessions, in words."""
    return f"{sessions} session{'' if sessions == 1 else 's'}"


@dataclass(frozen=True, slots=True)
class Running:
    """A resident that answers.

    Attributes:
        name: its name in the folder.
        sessions: how many it holds.
        since: when it started.
        log: its file.
    """

    name: str
    pid: int
    sessions: int
    since: datetime
    log: Path


def running(environment: Mapping[str, str]) -> list[Running]:
    """The residents that run, the newest first.

    Raises:
        NoPlace: the folder cannot be used.
    """
    found = []
    for name, where in _names(environment):
        connection = _asked(where, name, "status")
        if connection is None:
            continue
        with connection:
            try:
                match wire.received(connection):
                    case ["status", pid, sessions, since]:
                        began = datetime.fromtimestamp(float(since), UTC)
                        log = Path(where) / f"{name}.log"
                        found.append(Running(name, int(pid), int(sessions), began, log))
            except TimeoutError:
                continue
    return sorted(found, key=lambda each: each.since, reverse=True)


def stop(environment: Mapping[str, str]) -> list[Running]:
    """Ends all residents; those that were there.

    Raises:
        NoPlace: the folder cannot be used.
        WillNotStop: one is still there.
    """
    found = running(environment)
    where = place.folder(environment)
    for each in found:
        connection = _asked(where, each.name, "stop")
        if connection is None:
            continue
        with connection:
            connection.settimeout(_STOP_SECONDS)
            try:
                wire.received(connection)  # nothing comes but the end
            except TimeoutError:
                raise WillNotStop(
                    f"The resident server {each.pid} does not end.", f"Run: kill -9 {each.pid}"
                ) from None
    return found


def _names(environment: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    where = place.folder(environment)
    if not os.path.lexists(where):
        return
    place.secured(where)
    for each in sorted(Path(where).glob("*.sock")):
        yield each.stem, where


def _asked(where: str, name: str, question: str) -> socket.socket | None:
    try:
        connection = place.connected(where, name)
    except OSError:
        return None
    if connection is None:
        return None
    try:
        if not wire.is_ours(connection):
            raise BrokenPipeError
        connection.settimeout(_STATUS_SECONDS)
        connection.sendall(wire.packed(question))
    except OSError:
        connection.close()
        return None
    return connection
