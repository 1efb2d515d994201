"""The resident: meets fronts, holds their sessions, ends when nobody has needed it for a while."""

import asyncio
import contextlib
import logging
import os
import signal
import socket
import time
from collections.abc import Callable
from contextvars import Context
from pathlib import Path

import anyio

from kijko_mcp.resident import wire
from kijko_mcp.resident.desks import Desks
from kijko_mcp.resident.session import Session

_MEETING_SECONDS = 10.0
_LOOK_SECONDS = 20.0  # between two looks at whether it is still needed
_FULL_SECONDS = 0.5  # to wait where there are no more descriptors
_log = logging.getLogger(__name__)


class Resident:
    """Serves the sessions of one user.

    Args:
        listener: the socket on which fronts come.
        address: its file.
        idle_seconds: how long it stays without a session.
        is_current: whether the code that runs is still what a new start would run.
    """

    def __init__(
        self,
        listener: socket.socket,
        address: Path,
        idle_seconds: float,
        is_current: Callable[[], bool],
    ) -> None:
        self._listener = listener
        self._address = address
        self._file = address.stat()
        self._idle_seconds = idle_seconds
        self._is_current = is_current
        self._desks = Desks()
        self._since = time.time()
        self._needed = time.monotonic()
        self._sessions = 0
        self._meetings: set[asyncio.Task[None]] = set()
        self._stop = asyncio.Event()
        self._waiting_for_the_end: list[socket.socket] = []

    async def run(self) -> None:
        """Serves until it is told to stop, or nobody needs it any more."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            loop.add_signal_handler(number, self._stop.set)
        accepting = loop.create_task(self._accept())
        try:
            await self._until_nobody_needs_it()
        finally:
            # First the name, then the socket: who finds no name starts another resident.
            if self._is_reachable():
                self._address.unlink()
            accepting.cancel()
            self._listener.close()
            for each in self._meetings:
                each.cancel()
            await asyncio.gather(accepting, *self._meetings, return_exceptions=True)
            await self._desks.tidy(unused_for=0)

    async def _until_nobody_needs_it(self) -> None:
        look = min(_LOOK_SECONDS, self._idle_seconds)
        while not self._stop.is_set():
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(look):
                    await self._stop.wait()
            await self._desks.tidy()
            if self._meetings:
                continue
            if not (self._is_reachable() and self._runs_the_newest()):
                _log.info("No new session would come here.")
                return
            if time.monotonic() - self._needed >= self._idle_seconds:
                _log.info("Nobody needed it for %.0f s.", self._idle_seconds)
                return

    def _is_reachable(self) -> bool:
        try:
            return os.path.samestat(self._address.stat(), self._file)
        except OSError:
            return False

    def _runs_the_newest(self) -> bool:
        try:
            return self._is_current()
        except OSError:  # its files are just being replaced
            return False

    async def _accept(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            try:
                front, _ = await loop.sock_accept(self._listener)
            except OSError as error:
                _log.warning("No front can be met: %s.", error.strerror)
                await asyncio.sleep(_FULL_SECONDS)
                continue
            meeting = loop.create_task(self._meet(front), context=Context())
            self._meetings.add(meeting)
            meeting.add_done_callback(self._meetings.discard)

    async def _meet(self, front: socket.socket) -> None:
        front.setblocking(False)
        try:
            await self._answer(front)
        except (OSError, TimeoutError, ValueError):
            _log.info("A front went away.")
        except Exception:
            _log.exception("A front could not be answered.")
        finally:
            if front not in self._waiting_for_the_end:
                front.close()

    async def _answer(self, front: socket.socket) -> None:
        if not wire.is_ours(front):
            _log.warning("Another user came.")
            return
        async with asyncio.timeout(_MEETING_SECONDS):
            words, descriptors = await _received(front)
        match words, descriptors:
            case ["serve", folder, workspace, *options], [stdin, stdout]:
                await self._hold(Session(front, stdin, stdout), folder, workspace, *options)
                return
            case ["status"], []:
                said = (str(os.getpid()), str(self._sessions), str(self._since))
                front.send(wire.packed("status", *said))
            case ["stop"], []:
                self._waiting_for_the_end.append(front)  # the process's end closes it
                self._stop.set()
        for each in descriptors:
            os.close(each)

    async def _hold(self, session: Session, *request: str) -> None:
        self._sessions += 1
        try:
            await session.serve(self._desks, *request)
        finally:
            self._sessions -= 1
            self._needed = time.monotonic()


async def _received(front: socket.socket) -> tuple[list[str], list[int]]:
    """The first message of a front, and the descriptors that came with it."""
    found = b""
    descriptors: list[int] = []
    try:
        while len(found) < wire.LENGTH or len(found) < wire.LENGTH + _length(found):
            await anyio.wait_readable(front)
            piece, more, _, _ = socket.recv_fds(front, wire.LARGEST, 2)
            descriptors += more
            if not piece:
                raise ConnectionResetError("it went away")
            found += piece
    except BaseException:
        for each in descriptors:
            os.close(each)
        raise
    for each in descriptors:
        os.set_inheritable(each, False)
    return wire.unpacked(found[wire.LENGTH :]), descriptors


def _length(found: bytes) -> int:
    length = int.from_bytes(found[: wire.LENGTH], "big")
    if length > wire.LARGEST:
        raise ValueError("nobody sends so much")
    return length
