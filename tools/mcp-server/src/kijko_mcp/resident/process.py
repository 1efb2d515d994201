"""The process of a resident, from its first line to its last."""

import asyncio
import gc
import logging
import os
import socket
import time
from pathlib import Path

from kijko_mcp.resident import identity, journal

_LOCK = 3  # the descriptor that `starting` hands over
_OLD = 7 * 24 * 3600.0  # seconds
_BACKLOG = 128
_log = logging.getLogger(__name__)


def main(where: str, name: str) -> None:
    """Runs a resident; the lock is given back as soon as it listens.

    Args:
        where: the folder of this user's residents.
        name: its name there.
    """
    # Nothing of what is imported becomes garbage.
    gc.disable()
    folder = Path(where)
    os.chdir(folder)
    journal.keep(folder / f"{name}.log")
    try:
        _run(folder, name)
    except Exception:
        _log.exception("It failed.")
        raise SystemExit(1) from None
    finally:
        _tidy(folder)


def _run(folder: Path, name: str) -> None:
    roots = identity.roots()
    program = identity.program(roots)
    # Only now, so that a failure of theirs is kept, too.
    import observability
    from kijko_mcp.resident.host import Resident
    from kijko_mcp.settings import McpSettings
    from kijko_mcp.tracing import PROJECT

    async def serve() -> None:
        address = folder / f"{name}.sock"
        with _listening(address) as listener:
            os.close(_LOCK)
            _log.info("It listens.")
            await Resident(
                listener,
                address,
                McpSettings.read().resident_seconds,
                lambda: identity.program(roots) == program,
            ).run()

    observability.init(PROJECT)
    gc.freeze()
    gc.enable()
    try:
        asyncio.run(serve())
    finally:
        observability.close()
        _log.info("It ended.")


def _listening(address: Path) -> socket.socket:
    """Listens under a name whose lock is held: what is there is left from one that died."""
    address.unlink(missing_ok=True)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        listener.bind(address.name)  # from its folder: a path may be too long for a socket
        listener.listen(_BACKLOG)
        listener.setblocking(False)
    except OSError:
        listener.close()
        raise
    return listener


def _tidy(folder: Path) -> None:
    """Takes away what residents of programs that are gone have left."""
    for file in [*folder.glob("*.log*"), *folder.glob("*.lock")]:
        name = file.name.split(".", 1)[0]
        try:
            if time.time() - file.stat().st_mtime > _OLD and not (folder / f"{name}.sock").exists():
                file.unlink()
        except OSError:
            continue
