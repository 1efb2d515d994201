"""The residents of this user, for those who look at them: how they are, and how to end them."""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from kijko_mcp.errors import Trouble
from kijko_mcp.resident import place, wire

_STATUS_SECONDS = 20.0
_STOP_SECONDS = 60.0


class Stuck(Trouble):
    """A resident is there and neither answers nor ends."""


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
        Stuck: one does not answer.
    """
    found = []
    for name, where in _names(environment):
        match _answer(where, name, "status", _STATUS_SECONDS):
            case ["status", pid, sessions, since]:
                began = datetime.fromtimestamp(float(since), UTC)
                log = Path(where) / f"{name}.log"
                found.append(Running(name, int(pid), int(sessions), began, log))
    return sorted(found, key=lambda each: each.since, reverse=True)


def stop(environment: Mapping[str, str]) -> list[Running]:
    """Ends all residents; those that were there.

    Raises:
        NoPlace: the folder cannot be used.
        Stuck: one does not answer, or is still there.
    """
    found = running(environment)
    for each in found:
        _answer(place.folder(environment), each.name, "stop", _STOP_SECONDS)  # which is the end
    return found


def _names(environment: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    where = place.folder(environment)
    if not os.path.lexists(where):
        return
    place.secured(where)
    for each in sorted(Path(where).glob("*.sock")):
        yield each.stem, where


def _answer(where: str, name: str, question: str, seconds: float) -> list[str] | None:
    """What a resident answers; None when it is gone."""
    try:
        connection = place.connected(where, name)
    except OSError:
        connection = None
    if connection is None:
        return None
    with connection:
        if not wire.is_ours(connection):
            return None
        connection.settimeout(seconds)
        try:
            connection.sendall(wire.packed(question))
            return wire.received(connection)
        except TimeoutError:
            process, _ = wire.peer(connection) or ("PID", 0)
            raise Stuck(
                f"The resident server {process} does not answer.", f"Run: kill -9 {process}"
            ) from None
        except ConnectionError:
            return None
