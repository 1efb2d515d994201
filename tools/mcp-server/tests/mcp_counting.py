"""Counts what a server starts and asks: a git that notes each start, a way to Sentry that notes."""

import contextlib
import os
import shlex
import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web

DEADLINE = 240.0
_OF_ONE_WAY = ("host", "connection", "content-length", "transfer-encoding", "content-encoding")


@dataclass(frozen=True)
class Gits:
    """The gits that were started since the beginning."""

    log: Path

    @property
    def started(self) -> list[str]:
        """What each was asked, the oldest first."""
        return self.log.read_text(encoding="utf-8").splitlines() if self.log.exists() else []


def noted_git(aside: Path, monkeypatch: pytest.MonkeyPatch) -> Gits:
    """From now on each git of this process is noted, and does what it always does."""
    real, log = shutil.which("git"), aside / "gits.log"
    assert real is not None
    folder = aside / "bin"
    folder.mkdir()
    program = folder / "git"
    program.write_text(
        f'#!/bin/sh\necho "$*" >> {shlex.quote(str(log))}\nexec {shlex.quote(real)} "$@"\n'
    )
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    return Gits(log)


@dataclass
class Way:
    """A way to a server, and what went over it."""

    url: str = ""
    asked: list[str] = field(default_factory=list)


@contextlib.asynccontextmanager
async def noted_way(to: str) -> AsyncIterator[Way]:
    """A server on this machine that hands on what it is asked, and notes the addresses."""
    way = Way()
    async with aiohttp.ClientSession(
        timeout=aiohttp.ClientTimeout(total=DEADLINE), auto_decompress=False
    ) as session:

        async def hand_on(request: web.Request) -> web.Response:
            way.asked.append(request.path_qs)
            headers = {k: v for k, v in request.headers.items() if k.lower() not in _OF_ONE_WAY}
            async with session.request(
                request.method,
                f"{to}{request.path_qs}",
                headers=headers,
                data=await request.read(),
                allow_redirects=False,
            ) as answer:
                kept = {k: v for k, v in answer.headers.items() if k.lower() not in _OF_ONE_WAY}
                return web.Response(body=await answer.read(), status=answer.status, headers=kept)

        app = web.Application()
        app.router.add_route("*", "/{path:.*}", hand_on)
        runner = web.AppRunner(app)
        await runner.setup()
        try:
            site = web.TCPSite(runner, "127.0.0.1", 0)
            await site.start()
            host, port = runner.addresses[0][:2]
            way.url = f"http://{host}:{port}"
            yield way
        finally:
            await runner.cleanup()
