"""Starts the real local-sentry, and waits for what it takes in."""

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from pydantic import SecretStr

from local_sentry_program import make_token, serving
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
    with serving(data, *options, deadline=DEADLINE) as (url, _):
        yield LocalSentry(url, data)


def token(data: Path, *scopes: str) -> str:
    """A token of a server that asks for one."""
    return make_token(data, *scopes, deadline=DEADLINE)


async def eventually(ask: Callable[[], Awaitable[_T]], what: str) -> _T:
    """The first true answer; fails when there is none in time."""
    deadline = time.monotonic() + DEADLINE
    while True:
        answer = await ask()
        if answer:
            return answer
        assert time.monotonic() < deadline, f"{what} did not come in {DEADLINE} s"
        await asyncio.sleep(0.05)
