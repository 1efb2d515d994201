"""Sends envelopes: as fast as a server takes them, or at a steady rate with each send timed.

Sender and servers share the machine, so the sender is to cost little and to be on time: bare
asyncio streams over `select`, whose waits end within microseconds (those of epoll are rounded to
milliseconds), with every envelope made and the garbage collector switched off beforehand.
"""

import asyncio
import gc
import selectors
import time
from collections.abc import AsyncIterator, Coroutine, Sequence
from contextlib import asynccontextmanager
from typing import TypeVar
from urllib.parse import urlsplit

_T = TypeVar("_T")
CONNECTIONS = 16


class RefusedError(Exception):
    """A server did not accept what it was sent."""


class Connection:
    """One connection that stays open."""

    def __init__(
        self, url: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        parts = urlsplit(url)
        self._head = f"POST {parts.path}?{parts.query} HTTP/1.1\r\nHost: {parts.netloc}\r\n"
        self._url, self._reader, self._writer = url, reader, writer

    async def send(self, body: bytes) -> None:
        """Sends an envelope and waits for the answer.

        Raises:
            RefusedError: the answer is not 200.
        """
        if self._reader.at_eof():  # Gunicorn closes after each answer.
            await self._again()
        self._writer.write(f"{self._head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
        head = (await self._reader.readuntil(b"\r\n\r\n")).lower()
        if b" 200 " not in head.split(b"\r\n", 1)[0]:
            raise RefusedError(f"{self._url} answered {head[:60]!r}")
        await self._rest(head)
        if b"connection: close" in head:
            await self._again()

    async def _rest(self, head: bytes) -> None:
        length = next(
            (int(line.split(b":")[1]) for line in head.split(b"\r\n")
             if line.startswith(b"content-length:")),
            None,
        )  # fmt: skip
        if length is not None:
            await self._reader.readexactly(length)
            return
        while size := int(await self._reader.readline(), 16):
            await self._reader.readexactly(size + 2)
        await self._reader.readexactly(2)

    async def _again(self) -> None:
        self._writer.close()
        parts = urlsplit(self._url)
        self._reader, self._writer = await asyncio.open_connection(parts.hostname, parts.port)

    def close(self) -> None:
        """Closes it."""
        self._writer.close()


@asynccontextmanager
async def connections(url: str) -> AsyncIterator[list[Connection]]:
    """`CONNECTIONS` connections to a server."""
    parts = urlsplit(url)
    every = [
        Connection(url, *await asyncio.open_connection(parts.hostname, parts.port))
        for _ in range(CONNECTIONS)
    ]
    try:
        yield every
    finally:
        for each in every:
            each.close()


def on_time(work: Coroutine[None, None, _T]) -> _T:
    """Runs a measurement on a loop that keeps time well."""

    def loop() -> asyncio.AbstractEventLoop:
        return asyncio.SelectorEventLoop(selectors.SelectSelector())

    gc.collect()
    gc.disable()
    try:
        with asyncio.Runner(loop_factory=loop) as runner:
            return runner.run(work)
    finally:
        gc.enable()


async def throughput(url: str, bodies: Sequence[bytes]) -> float:
    """Envelopes a second that a server accepts, `CONNECTIONS` in flight."""
    waiting = iter(bodies)

    async def work(connection: Connection) -> None:
        for body in waiting:
            await connection.send(body)

    async with connections(url) as every:
        started = time.perf_counter()
        async with asyncio.TaskGroup() as group:
            for connection in every:
                group.create_task(work(connection))
        return len(bodies) / (time.perf_counter() - started)


async def latencies(url: str, bodies: Sequence[bytes], rate: float) -> list[float]:
    """Seconds that each send took at a steady rate, from the moment it was due, in order."""
    taken: list[float] = []
    async with connections(url) as every:
        free: asyncio.Queue[Connection] = asyncio.Queue()
        for connection in every:
            free.put_nowait(connection)

        async def send(body: bytes, due: float) -> None:
            connection = await free.get()
            await connection.send(body)
            taken.append(time.perf_counter() - due)
            free.put_nowait(connection)

        started = time.perf_counter()
        async with asyncio.TaskGroup() as group:
            for number, body in enumerate(bodies):
                due = started + number / rate
                await asyncio.sleep(max(0.0, due - time.perf_counter()))
                group.create_task(send(body, due))
    return taken
