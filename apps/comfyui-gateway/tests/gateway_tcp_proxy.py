"""A TCP proxy that cuts, stops and slows what runs through it, as networks do."""

import asyncio
from contextlib import suppress
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

from gateway_comfyui_impostor import reset


class TcpProxy:
    """Carries connections to a server until a test says otherwise.

    Attributes:
        connections: How many there have been.
        swallowed: Bytes that arrived from clients while it was stopped.
        piece: At most so many bytes are passed on at once.
        pause: Seconds after each piece; 0 for none.
        budget: Bytes that the next connections pass to their client each before they are cut.
        cuts_left: How many connections `budget` still cuts.
    """

    def __init__(self, url: str) -> None:
        target = urlsplit(url)
        assert target.hostname is not None
        assert target.port is not None
        self._target = (target.hostname, target.port)
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._writers: set[asyncio.StreamWriter] = set()
        self._going = asyncio.Event()
        self._going.set()
        self.connections = 0
        self.swallowed = 0
        self.piece = 65536
        self.pause = 0.0
        self.budget = 0
        self.cuts_left = 0
        self.url = ""

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._connected, "127.0.0.1", 0)
        host, port = self._server.sockets[0].getsockname()
        self.url = f"http://{host}:{port}"
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        assert self._server is not None
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def cut(self, *, by_reset: bool) -> None:
        """End every connection now."""
        for writer in list(self._writers):
            if by_reset:
                reset(writer)
            else:
                writer.close()

    def cut_next(self, connections: int, *, after: int) -> None:
        """Cut each of the next connections once it has passed so many bytes to its client."""
        self.cuts_left, self.budget = connections, after

    def stop(self) -> None:
        """Pass nothing on, and keep every connection: what a dead peer looks like."""
        self._going.clear()
        self.swallowed = 0

    def go_on(self) -> None:
        """Pass everything on again."""
        self._going.set()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self.connections += 1
        budget = self.budget if self.cuts_left > 0 else None
        self.cuts_left = max(0, self.cuts_left - 1)
        ends = [writer]
        try:
            with suppress(OSError, asyncio.CancelledError):
                there, onward = await asyncio.open_connection(*self._target)
                ends.append(onward)
                self._writers.update(ends)
                async with asyncio.TaskGroup() as pumps:
                    pumps.create_task(self._pump(reader, onward, None))
                    pumps.create_task(self._pump(there, writer, budget))
        finally:
            self._tasks.discard(task)
            for end in ends:
                self._writers.discard(end)
                end.close()
                with suppress(OSError):
                    await end.wait_closed()

    async def _pump(
        self, source: asyncio.StreamReader, sink: asyncio.StreamWriter, budget: int | None
    ) -> None:
        with suppress(OSError):
            while piece := await source.read(self.piece):
                if not self._going.is_set():
                    self.swallowed += len(piece)
                    await self._going.wait()
                if budget is not None and len(piece) >= budget:
                    sink.write(piece[:budget])
                    await sink.drain()
                    break
                budget = None if budget is None else budget - len(piece)
                sink.write(piece)
                await sink.drain()
                if self.pause:
                    await asyncio.sleep(self.pause)
        sink.close()
