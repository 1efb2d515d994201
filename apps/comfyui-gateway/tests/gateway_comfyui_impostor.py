"""A server in ComfyUI's place that answers with the bytes a test gives, be they HTTP or not."""

import asyncio
import socket
import struct
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from types import TracebackType
from typing import Literal, Self

Then = Literal["keep", "close", "reset", "hang"]


@dataclass(frozen=True)
class Reply:
    """What is answered, and what becomes of the connection.

    Attributes:
        content: The bytes of the answer, head and all.
        then: Keep the connection for more requests, close it, reset it, or say nothing more.
        drip: Seconds before each byte; 0 sends all at once.
        deaf: Answer after the request's head, and read nothing of its body.
        endless: Say this again and again, until the client has had enough.
    """

    content: bytes
    then: Then = "keep"
    drip: float = 0.0
    deaf: bool = False
    endless: bytes = b""


def http(
    body: bytes = b"",
    *,
    status: str = "200 OK",
    media: str = "application/json",
    length: int | Literal["right"] | None = "right",
    fields: Mapping[str, str] | None = None,
) -> bytes:
    """An answer in HTTP/1.1; its length may be wrong, or missing with None."""
    lines = [f"HTTP/1.1 {status}", f"Content-Type: {media}"]
    if length is not None:
        lines.append(f"Content-Length: {len(body) if length == 'right' else length}")
    lines += [f"{name}: {value}" for name, value in (fields or {}).items()]
    return "\r\n".join([*lines, "", ""]).encode() + body


def chunked(*chunks: bytes, whole: bool = True) -> bytes:
    """An answer in chunks, with or without the last one."""
    head = http(media="image/png", length=None, fields={"Transfer-Encoding": "chunked"})
    coded = b"".join(b"%x\r\n%s\r\n" % (len(chunk), chunk) for chunk in chunks)
    return head + coded + (b"0\r\n\r\n" if whole else b"")


NOT_FOUND = Reply(http(status="404 Not Found"))


class Impostor:
    """Answers each path with its reply, or `other`.

    Attributes:
        replies: By path, without the query.
        requests: The first line of each request so far, without its version.
        bodies: The body of each request, in the same order.
    """

    def __init__(
        self, replies: Mapping[str, Reply] | None = None, *, other: Reply = NOT_FOUND
    ) -> None:
        self.replies = dict(replies or {})
        self.other = other
        self.requests: list[str] = []
        self.bodies: list[bytes] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None
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

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            with suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
                while await self._serve(reader, writer):
                    pass
        finally:
            self._tasks.discard(task)
            writer.close()
            with suppress(ConnectionError):
                await writer.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Answers one request; whether there may be another."""
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        method, target, _ = head[0].split(" ")
        fields = dict(line.lower().split(": ", 1) for line in head[1:] if ": " in line)
        path = target.partition("?")[0]
        reply = self.replies.get(path, self.other)
        self.requests.append(f"{method} {target}")
        body = b""
        if not reply.deaf:
            body = await reader.readexactly(int(fields.get("content-length", "0")))
        self.bodies.append(body)
        if reply.drip:
            for number in range(len(reply.content)):
                await asyncio.sleep(reply.drip)
                writer.write(reply.content[number : number + 1])
        else:
            writer.write(reply.content)
        await writer.drain()
        while reply.endless:
            writer.write(reply.endless)
            await writer.drain()
        if reply.then == "hang":
            await asyncio.Event().wait()
        if reply.then == "reset":
            reset(writer)
        return reply.then == "keep"


def reset(writer: asyncio.StreamWriter) -> None:
    """End a connection as a crash does: with an RST, and with what was not sent yet lost."""
    raw = writer.get_extra_info("socket")
    if raw is not None and raw.fileno() >= 0:
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()
