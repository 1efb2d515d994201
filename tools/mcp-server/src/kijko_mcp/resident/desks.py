"""The desks of a resident: sessions about the same checkout with the same options share one.

So a session finds connections open, and what was asked lately known. A desk stays for a while after
its last session.
"""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from contextvars import Context
from typing import Any

from mcp.server.mcpserver import MCPServer

from kijko_mcp.desk import Desk, open_desk
from kijko_mcp.server import build_server
from kijko_mcp.settings import McpSettings

_KEPT_SECONDS = 300.0


class _Kept:
    """A desk and its server, opened and closed by a task of its own."""

    def __init__(self, settings: McpSettings) -> None:
        self.sessions = 0
        self.unused_since = time.monotonic()
        self._ready: asyncio.Future[tuple[Desk, MCPServer[Any]]] = asyncio.Future()
        self._done = asyncio.Event()
        # Of no session's context: it outlives the one that opens it.
        self._task = asyncio.get_running_loop().create_task(self._open(settings), context=Context())

    async def _open(self, settings: McpSettings) -> None:
        try:
            async with open_desk(settings) as desk:
                self._ready.set_result((desk, build_server(desk)))
                await self._done.wait()
        except Exception as error:
            if self._ready.done():
                raise
            self._ready.set_exception(error)

    async def server(self) -> MCPServer[Any]:
        """The server, once it is there.

        Raises:
            Trouble: it cannot be opened.
        """
        _, server = await asyncio.shield(self._ready)
        return server

    def is_current(self) -> bool:
        """Whether a new session would get the same: the checkout is still there."""
        if not self._ready.done():
            return True
        if self._ready.exception():
            return False
        checkout = self._ready.result()[0].checkout
        return checkout is not None and (checkout.root / ".git").exists()

    async def close(self) -> None:
        """Closes it."""
        self._done.set()
        await asyncio.gather(self._task, return_exceptions=True)


class Desks:
    """The desks that are open, by what their sessions have in common."""

    def __init__(self) -> None:
        self._open: dict[McpSettings, _Kept] = {}
        self._outdated: list[_Kept] = []

    @asynccontextmanager
    async def server(self, settings: McpSettings) -> AsyncIterator[MCPServer[Any]]:
        """The server for these settings, which may serve other sessions too.

        Raises:
            Trouble: it cannot be opened.
        """
        kept = self._open.get(settings)
        if kept is not None and not kept.is_current():
            self._outdated.append(self._open.pop(settings))
            kept = None
        if kept is None:
            kept = self._open[settings] = _Kept(settings)
        kept.sessions += 1
        try:
            yield await kept.server()
        finally:
            kept.sessions -= 1
            kept.unused_since = time.monotonic()

    async def tidy(self, unused_for: float = _KEPT_SECONDS) -> None:
        """Closes the desks that no session has used for some seconds."""
        now = time.monotonic()
        over = [each for each in self._outdated if not each.sessions]
        self._outdated = [each for each in self._outdated if each.sessions]
        for settings, kept in list(self._open.items()):
            if not kept.sessions and now - kept.unused_since >= unused_for:
                over.append(self._open.pop(settings))
        for kept in over:
            await kept.close()
