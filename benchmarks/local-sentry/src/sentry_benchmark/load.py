"""Sends errors: as fast as a server takes them, or at a steady rate with each send timed.

Errors look like those of a web application: 15 frames with source, 20 breadcrumbs, tags, a user,
30 issues. Connections are bare asyncio streams, so that the sender costs little of the machine.
"""

import asyncio
import itertools
import json
import time
import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

CONNECTIONS = 16
_FRAMES = [
    {
        "filename": f"shop/module{n}.py", "module": f"shop.module{n}", "function": f"step{n}",
        "lineno": n + 1, "in_app": n % 3 > 0, "context_line": f"    return step{n}(order)",
        "pre_context": ["    # before"] * 5, "post_context": ["    # after"] * 5,
        "vars": {"order": "<Order 17>", "n": str(n)},
    }
    for n in range(15)
]  # fmt: skip


class RefusedError(Exception):
    """A server did not accept what it was sent."""


def envelopes() -> Iterator[bytes]:
    """Errors, each new, without end."""
    for n in itertools.count():
        event_id = uuid.uuid4().hex
        event = {
            "event_id": event_id, "timestamp": time.time(), "platform": "python", "level": "error",
            "release": "shop@1.2.3", "environment": "production", "server_name": f"web{n % 4}",
            "user": {"id": str(n % 500)}, "tags": {"region": f"eu-{n % 3}", "queue": str(n % 7)},
            "contexts": {"trace": {"trace_id": uuid.uuid4().hex, "span_id": event_id[:16]}},
            "exception": {"values": [{"type": f"Error{n % 30}", "value": f"order {n} failed",
                                      "stacktrace": {"frames": _FRAMES}}]},
            "breadcrumbs": {"values": [
                {"category": "query", "message": f"SELECT {i}", "timestamp": time.time()}
                for i in range(20)
            ]},
        }  # fmt: skip
        payload = json.dumps(event).encode()
        head = json.dumps({"event_id": event_id}).encode()
        item = json.dumps({"type": "event", "length": len(payload)}).encode()
        yield b"\n".join((head, item, payload, b""))


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


async def throughput(url: str, count: int) -> float:
    """Errors a second that a server accepts, `CONNECTIONS` in flight."""
    waiting = iter(list(itertools.islice(envelopes(), count)))

    async def work(connection: Connection) -> None:
        for body in waiting:
            await connection.send(body)

    async with connections(url) as every:
        started = time.perf_counter()
        async with asyncio.TaskGroup() as group:
            for connection in every:
                group.create_task(work(connection))
        return count / (time.perf_counter() - started)


async def latencies(url: str, count: int, rate: float) -> list[float]:
    """Seconds that each send took at a steady rate, from the moment it was due, in order."""
    bodies = list(itertools.islice(envelopes(), count))
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
