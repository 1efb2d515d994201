"""Waits for something to be seen that another process is still writing down."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

T = TypeVar("T")
_SECONDS_BETWEEN_LOOKS = 0.1


async def seen(
    look: Callable[[], Awaitable[T]], *, enough: Callable[[T], bool], within: float
) -> T:
    """Look until what is seen is enough or the time is over, and return what was seen last.

    Args:
        look: Looks once.
        enough: Judges what it saw.
        within: Seconds.
    """
    deadline = asyncio.get_running_loop().time() + within
    while True:
        found = await look()
        if enough(found) or asyncio.get_running_loop().time() >= deadline:
            return found
        await asyncio.sleep(_SECONDS_BETWEEN_LOOKS)
