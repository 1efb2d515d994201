"""One session of a resident: a client's pipes, served until the client or its front is gone."""

import asyncio
import logging
import os
import socket
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import cast

import anyio

from kijko_mcp.errors import Trouble
from kijko_mcp.resident import journal, wire
from kijko_mcp.resident.desks import Desks
from kijko_mcp.resident.pipes import ClientPipe, unblocked
from kijko_mcp.server import serve_files
from kijko_mcp.settings import McpSettings
from sentry_api import SentryApiError

_FAREWELL_SECONDS = 5.0
_LONGEST_LINE = 16_000  # characters, which a socket takes at once or not at all
_log = logging.getLogger(__name__)


class Session:
    """A client, and the front that waits for its end."""

    def __init__(self, front: socket.socket, stdin: int, stdout: int) -> None:
        self._front = front
        self._pipes = (stdin, stdout)

    async def serve(self, desks: Desks, folder: str, workspace: str, *options: str) -> None:
        """Serves the client to its end, and tells the front how it ended."""
        journal.tell(self.say)
        status = wire.AGAIN
        try:
            self._tell("taken", str(os.getpid()))
            with unblocked(*self._pipes):
                async with anyio.create_task_group() as both:
                    both.start_soon(self._until_the_front_is_gone, both.cancel_scope)
                    status = await self._answered(desks, folder, workspace, options)
                    both.cancel_scope.cancel()
        except ConnectionError:
            pass  # the front did not wait
        except asyncio.CancelledError:
            self.say("mcp-server: The resident server was stopped. Start the session again.")
            raise
        finally:
            for each in self._pipes:
                os.close(each)
            await self._end(status)

    async def _answered(
        self, desks: Desks, folder: str, workspace: str, options: Sequence[str]
    ) -> int:
        pipes = [cast("anyio.AsyncFile[str]", ClientPipe(each)) for each in self._pipes]
        try:
            settings = _settings(folder, workspace, options)
            async with desks.server(settings) as server:
                await serve_files(server, *pipes)
        except Exception as error:
            return self._failed(_innermost(error))
        return 0

    def _failed(self, error: BaseException) -> int:
        match error:
            case Trouble() | SentryApiError():
                self.say(f"mcp-server: {error.problem} {error.advice}")
                return 2
            case ConnectionError():
                return 0  # the client is gone, and with it who would want to know
        self.say(f"mcp-server: This session failed ({type(error).__name__}).")
        journal.tell(None)  # what else there is to say is for the resident's own
        _log.error("A session failed.", exc_info=error)
        return 1

    async def _until_the_front_is_gone(self, scope: anyio.CancelScope) -> None:
        while True:
            await anyio.wait_readable(self._front)
            try:
                if not self._front.recv(1):
                    break
            except BlockingIOError:
                continue
            except OSError:
                break
        scope.cancel()

    def say(self, text: str) -> None:
        """Writes a line to the session's stderr; it is lost where nobody reads that."""
        with suppress(OSError):
            self._tell("log", f"{text}\n".replace("\0", "\\0")[:_LONGEST_LINE])

    def _tell(self, *words: str) -> None:
        message = wire.packed(*words)
        sent = self._front.send(message)
        if sent < len(message):
            # Half a message would make nonsense of all that follow.
            self._front.shutdown(socket.SHUT_RDWR)
            raise BrokenPipeError("the front does not read")

    async def _end(self, status: int) -> None:
        with suppress(OSError, TimeoutError):
            async with asyncio.timeout(_FAREWELL_SECONDS):
                while True:
                    try:
                        return self._tell("end", str(status))
                    except BlockingIOError:
                        await anyio.wait_writable(self._front)


def _settings(folder: str, workspace: str, options: Sequence[str]) -> McpSettings:
    """The settings of a session: paths are from its folder, not from the resident's."""
    settings = McpSettings.read().offering(write="--allow-write" in options)
    graph = settings.graph and Path(folder) / settings.graph
    return settings.model_copy(update={"workspace": Path(folder) / workspace, "graph": graph})


def _innermost(error: BaseException) -> BaseException:
    while isinstance(error, BaseExceptionGroup) and len(error.exceptions) == 1:
        error = error.exceptions[0]
    return error
