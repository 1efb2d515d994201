"""Starts the real local-sentry, and waits for what it takes in."""

import asyncio
import contextlib
import json
import os
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from pydantic import SecretStr

from sentry_api import SentrySettings

DEADLINE = 240.0
_T = TypeVar("_T")


@dataclass(frozen=True)
class LocalSentry:
    """A running server."""

    url: str
    data: Path

    def settings(self, token: str | None = None, **more: object) -> SentrySettings:
        """What a client needs to reach it."""
        given: dict[str, object] = {
            "url": self.url,
            "org": "kijko",
            "auth_token": SecretStr(token) if token else None,
            "api_timeout": 120.0,
        }
        return SentrySettings.model_validate(given | more)


@contextlib.contextmanager
def local_sentry(data: Path, *options: str) -> Iterator[LocalSentry]:
    """Runs ``local-sentry serve`` on a free port."""
    process = subprocess.Popen(
        [*_PROGRAM, "serve", "--port", "0", "--data", str(data), "--quiet", *options],
        stdout=subprocess.PIPE,
        text=True,
        env=_environment(),
    )
    assert process.stdout is not None
    try:
        yield LocalSentry(json.loads(_first_line(process))["url"], data)
    finally:
        process.terminate()
        process.wait(DEADLINE)
        process.stdout.close()


def token(data: Path, *scopes: str) -> str:
    """A token of a server that asks for one."""
    given = [part for scope in scopes for part in ("--scope", scope)]
    answer = subprocess.run(
        [*_PROGRAM, "token", "--data", str(data), "--name", "test", *given],
        stdout=subprocess.PIPE,
        text=True,
        check=True,
        timeout=DEADLINE,
        env=_environment(),
    )
    return answer.stdout.split()[-1]


_PROGRAM = (sys.executable, "-m", "local_sentry")


def _environment() -> dict[str, str]:
    return os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}


def _first_line(process: "subprocess.Popen[str]") -> str:
    lines: queue.Queue[str] = queue.Queue()
    assert process.stdout is not None
    readline = process.stdout.readline
    reader = threading.Thread(target=lambda: lines.put(readline()))
    reader.start()
    line = lines.get(timeout=DEADLINE)
    reader.join()
    assert line, f"local-sentry did not start (exit code {process.wait(DEADLINE)})"
    return line


async def eventually(ask: Callable[[], Awaitable[_T]], what: str) -> _T:
    """The first true answer; fails when there is none in time."""
    deadline = time.monotonic() + DEADLINE
    while True:
        answer = await ask()
        if answer:
            return answer
        assert time.monotonic() < deadline, f"{what} did not come in {DEADLINE} s"
        await asyncio.sleep(0.05)
