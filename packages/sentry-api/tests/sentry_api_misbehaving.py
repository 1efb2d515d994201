"""A real HTTP server that misbehaves as a test tells it to, byte by byte."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field

from pydantic import SecretStr

from sentry_api import SentrySettings

TOKEN = "sntryu_0123456789abcdef"  # a token's form, nobody's token


@dataclass(frozen=True)
class Asked:
    """A request that came."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes


Reply = Callable[[Asked, asyncio.StreamWriter], Awaitable[None]]


@dataclass
class Misbehaving:
    """A server that answers each request with the next reply; the last one is given again."""

    url: str
    replies: list[Reply]
    asked: list[Asked] = field(default_factory=list)

    def settings(self, **more: object) -> SentrySettings:
        """A client's settings, with little patience unless a test says otherwise."""
        given: dict[str, object] = {
            "url": self.url,
            "org": "kijko",
            "auth_token": SecretStr(TOKEN),
            "api_timeout": 120.0,
            "api_patience": 120.0,
            "api_tries": 3,
        }
        return SentrySettings.model_validate(given | more)


def answer(status: int, body: bytes = b"[]", **headers: str) -> Reply:
    """A complete answer; ``_`` in the names of headers is ``-``."""

    async def reply(asked: Asked, writer: asyncio.StreamWriter) -> None:
        lines = {"content-type": "application/json", "content-length": str(len(body))}
        lines |= {name.replace("_", "-"): value for name, value in headers.items()}
        head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
        writer.write(f"HTTP/1.1 {status} Status\r\n{head}\r\n".encode() + body)
        await writer.drain()

    return reply


def raw(data: bytes) -> Reply:
    """These bytes, and the connection ends."""

    async def reply(asked: Asked, writer: asyncio.StreamWriter) -> None:
        writer.write(data)
        await writer.drain()
        writer.close()

    return reply


async def silence(asked: Asked, writer: asyncio.StreamWriter) -> None:
    """No answer, for as long as the client stays."""
    await asyncio.Event().wait()


def dribble(piece: bytes) -> Reply:
    """A body that never ends, piece by piece, so that no single read is slow."""

    async def reply(asked: Asked, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n")
        writer.write(b"transfer-encoding: chunked\r\n\r\n")
        chunk = f"{len(piece):x}\r\n".encode() + piece + b"\r\n"
        with contextlib.suppress(ConnectionError):
            while not writer.is_closing():
                writer.write(chunk)
                await writer.drain()
                await asyncio.sleep(0.01)

    return reply


@contextlib.asynccontextmanager
async def misbehaving(*replies: Reply) -> AsyncIterator[Misbehaving]:
    """Runs the server on a free port of this machine."""
    tasks: set[asyncio.Task[None]] = set()
    running = Misbehaving("", list(replies))

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        try:
            while (asked := await _request(reader)) is not None:
                running.asked.append(asked)
                place = min(len(running.asked), len(running.replies)) - 1
                await running.replies[place](asked, writer)
                if writer.is_closing():
                    return
        except (asyncio.CancelledError, ConnectionError):
            pass  # the test is over, or the client is gone
        finally:
            tasks.discard(task)
            writer.close()
            with contextlib.suppress(ConnectionError, asyncio.CancelledError):
                await writer.wait_closed()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    running.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield running
    finally:
        server.close()
        open_tasks = tuple(tasks)
        for task in open_tasks:
            task.cancel()
        await asyncio.gather(*open_tasks, return_exceptions=True)
        await server.wait_closed()


async def _request(reader: asyncio.StreamReader) -> Asked | None:
    try:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    except asyncio.IncompleteReadError:
        return None
    first, *lines = head.strip().split("\r\n")
    headers = {
        name.strip().lower(): value.strip() for name, _, value in (x.partition(":") for x in lines)
    }
    method, target, _ = first.split(" ")
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    return Asked(method, target, headers, body)
