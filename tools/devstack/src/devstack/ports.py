"""Ports of this machine: which are free, which somebody has."""

import errno
import random
import socket

from devstack.errors import PortTakenError

LOOPBACK = "127.0.0.1"

# Below the range from which systems give ports to outgoing connections and to servers that ask for
# any: what is free there stays free until somebody asks for it by number.
_QUIET_RANGE = range(20_000, 30_000)
_TRIES = 200


def free_port(host: str = LOOPBACK) -> int:
    """Return a free port that others are unlikely to take before it is used."""
    choose = random.SystemRandom().choice
    for _ in range(_TRIES):
        if is_free(port := choose(_QUIET_RANGE), host):
            return port
    raise PortTakenError(
        f"No free port was found on {host}.", "Something holds thousands of them: find out what."
    )


def is_free(port: int, host: str = LOOPBACK) -> bool:
    """Say whether a server could listen on the port now."""
    with socket.socket() as probe:
        # As servers do: a port that only has closed connections lingering on it is free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            if error.errno in (errno.EADDRINUSE, errno.EACCES):
                return False
            raise
    return True


def require_free(port: int, host: str = LOOPBACK) -> int:
    """Return the port.

    Raises:
        PortTakenError: Another program listens on it, or this user may not.
    """
    if not is_free(port, host):
        raise PortTakenError(
            f"Port {port} on {host} is in use, or not yours to use.",
            "Stop the program that has it, or choose another port.",
        )
    return port


def prefer(port: int, host: str = LOOPBACK) -> int:
    """Return the port if it is free, and another free one if not."""
    return port if is_free(port, host) else free_port(host)
