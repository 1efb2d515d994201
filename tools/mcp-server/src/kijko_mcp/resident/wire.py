"""What a front and a resident say to each other: lists of words, each with its length before it.

=============  ====================================  ==========================================
the front      ``serve FOLDER WORKSPACE OPTION…``    with its stdin and stdout beside it
the resident   ``taken PID``                         from here on it alone reads the client
the resident   ``log TEXT``                          for the session's stderr
the resident   ``end STATUS``                        the session is over
the doctor     ``status``                            is answered ``status PID SESSIONS SINCE``
`stop`         ``stop``                              the connection ends with the resident
=============  ====================================  ==========================================

This is imported by every start of the program: the standard library only, and little of that.
"""

import os
import socket
import struct

LARGEST = 1 << 20  # bytes of a message
LENGTH = 4  # bytes
# The exit status of a session that should be started again: sysexits' EX_TEMPFAIL.
AGAIN = 75


def packed(*words: str) -> bytes:
    """Words as they travel."""
    body = "\0".join(words).encode(errors="surrogateescape")
    return len(body).to_bytes(LENGTH, "big") + body


def unpacked(body: bytes) -> list[str]:
    """The words of a message, without its length."""
    return body.decode(errors="surrogateescape").split("\0")


def received(connection: socket.socket) -> list[str] | None:
    """The next message; None when the other side is gone.

    Raises:
        TimeoutError: it did not come in the connection's time.
    """
    try:
        length = _exactly(connection, LENGTH)
        body = length and _exactly(connection, int.from_bytes(length, "big"))
    except ConnectionError:
        return None
    return unpacked(body) if body else None


def _exactly(connection: socket.socket, size: int) -> bytes | None:
    found = b""
    while len(found) < size:
        more = connection.recv(size - len(found))
        if not more:
            return None
        found += more
    return found


def peer(connection: socket.socket) -> tuple[int, int] | None:
    """The process and the user on the other side; None where the system does not tell."""
    if not hasattr(socket, "SO_PEERCRED"):
        return None
    said = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
    process, user, _ = struct.unpack("3i", said)
    return process, user


def is_ours(connection: socket.socket) -> bool:
    """Whether the other side is of this user; where the system does not tell, the folder does."""
    other = peer(connection)
    return other is None or other[1] == os.geteuid()
