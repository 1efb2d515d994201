"""The thin front of `serve`: hands a session over to the user's resident, and waits for its end.

No byte of the client passes through here: the resident gets the pipes themselves. What takes time,
the imports and the connection to Sentry, is there from an earlier session.

This is imported by every start of the program: the standard library only, and little of that.
"""
# Importing pathlib would take as long as all the rest.
# ruff: noqa: PTH109

import os
import socket
import stat
import sys
from contextlib import suppress

from kijko_mcp.resident import identity, place, starting, wire

_PATIENCE = 30.0  # seconds for a resident that listens to take a session
_DEFAULT_SECONDS = "900"


def handed_over(options: list[str]) -> int | None:
    """Serves by a resident, started if need be; the exit status.

    Returns:
        None where this process must serve the session itself: the system has no such sockets, the
        client is no pipe, nobody wants a resident, or none can be had.
    """
    if not (_is_possible() and _is_wanted()):
        return None
    try:
        connection = _taken([os.getcwd(), os.environ.get("MCP_WORKSPACE", ""), *options])
    except (OSError, place.NoPlace):
        return None
    with connection:
        try:
            return _until_the_end(connection)
        except KeyboardInterrupt:
            return 130


def _is_possible() -> bool:
    if not (hasattr(socket, "send_fds") and hasattr(os, "fork") and sys.executable):
        return False
    try:
        modes = [os.fstat(descriptor).st_mode for descriptor in (0, 1)]
    except OSError:
        return False
    return all(stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode) for mode in modes)


def _is_wanted() -> bool:
    """Whether there is a time to stay; one that cannot be read is refused where settings are."""
    said = os.environ.get("MCP_RESIDENT_SECONDS") or _DEFAULT_SECONDS
    return said.isascii() and said.isdigit() and int(said) > 0


def _taken(session: list[str]) -> socket.socket:
    """A connection to the resident that has taken the session."""
    shared = identity.environment(os.environ)
    roots = identity.roots()
    name = identity.name(shared, identity.program(roots))
    where = place.secured(place.folder(os.environ))
    is_started = False
    while True:
        if connection := _given_to(where, name, session):
            return connection
        # One that is just starting holds the lock until it listens.
        lock = place.locked(where, name)
        try:
            if connection := _given_to(where, name, session):
                return connection
            if is_started:
                raise place.NoPlace("No resident can be started.", f"Read {where}/{name}.log.")
            starting.start(where, name, shared, roots, lock)
            is_started = True
        finally:
            os.close(lock)


def _given_to(where: str, name: str, session: list[str]) -> socket.socket | None:
    """The connection to a resident that took the session; None when there is none that does.

    Raises:
        OSError: it is there and does not answer.
        NoPlace: it is of another user.
    """
    connection = place.connected(where, name)
    if connection is None:
        return None
    try:
        if not wire.is_ours(connection):
            raise place.NoPlace(f"Another user listens in {where}.", "Take it away.")
        connection.settimeout(_PATIENCE)
        socket.send_fds(connection, [wire.packed("serve", *session)], [0, 1])
        if _is_taken(connection):
            connection.settimeout(None)
            return connection
    except ConnectionError:
        pass  # it was just ending
    except BaseException:
        connection.close()
        raise
    connection.close()
    return None


def _is_taken(connection: socket.socket) -> bool:
    try:
        answer = wire.received(connection)
    except TimeoutError:
        # Nobody can take it from here on; but it may have been taken just now.
        connection.shutdown(socket.SHUT_RDWR)
        answer = wire.received(connection)
        if answer is None:
            raise
    return answer is not None and answer[0] == "taken"


def _until_the_end(connection: socket.socket) -> int:
    while True:
        match wire.received(connection):
            case ["log", text]:
                _complain(text)
            case ["end", status]:
                return int(status)
            case _:
                _complain(
                    "mcp-server: The resident server of this session ended unexpectedly."
                    " Start the session again; `mcp-server doctor` names its log.\n"
                )
                return wire.AGAIN


def _complain(text: str) -> None:
    with suppress(OSError):  # the client may have closed it
        os.write(2, text.encode(errors="replace"))
