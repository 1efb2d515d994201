"""Waits for what a server takes in."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from sentry_api import NotFound

DEADLINE = 240.0
_T = TypeVar("_T")


async def eventually(ask: Callable[[], Awaitable[_T | None]], what: str) -> _T:
    """The first answer that is something; fails when there is none in time."""
    loop = asyncio.get_running_loop()
    end = loop.time() + DEADLINE
    while True:
        try:
            if answer := await ask():
                return answer
        except NotFound:
            pass
        assert loop.time() < end, f"{what} did not come in {DEADLINE} s"
        await asyncio.sleep(0.05)
