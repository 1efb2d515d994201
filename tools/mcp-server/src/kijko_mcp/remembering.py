"""What was found out a moment ago, or cannot change: asked once, kept for a while, so many at most.

Nothing that a question is about may be kept here: errors, traces and HEAD are read each time.
"""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


@dataclass(slots=True)
class _Kept(Generic[V]):
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    until: float = 0.0
    found: list[V] = field(default_factory=list)


class Remembered(Generic[K, V]):
    """Answers by what was asked; many calls that want the same wait for one.

    Args:
        most: how many are kept; those that were not wanted for longest go first.
        seconds: how long each is believed; for ever when not given.
    """

    def __init__(self, most: int, seconds: float = float("inf")) -> None:
        self._most = most
        self._seconds = seconds
        self._kept: OrderedDict[K, _Kept[V]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._kept)

    async def get(self, key: K, ask: Callable[[], Awaitable[V]]) -> V:
        """What is known, or what is found now; what fails is asked again next time."""
        kept = self._kept.setdefault(key, _Kept())
        self._kept.move_to_end(key)
        while len(self._kept) > self._most:
            self._kept.popitem(last=False)
        async with kept.turn:
            if not kept.found or time.monotonic() >= kept.until:
                kept.found = [await ask()]
                kept.until = time.monotonic() + self._seconds
            return kept.found[0]


class Lately(Generic[K]):
    """Whether something was so the last time: a guess that may only decide what is asked first.

    Args:
        most: how many are kept.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._was: OrderedDict[K, bool] = OrderedDict()

    def __len__(self) -> int:
        return len(self._was)

    def was(self, key: K) -> bool:
        """Whether it was so; True where nobody knows."""
        return self._was.get(key, True)

    def note(self, key: K, *, so: bool) -> None:
        """Remembers how it was."""
        self._was[key] = so
        self._was.move_to_end(key)
        if len(self._was) > self._most:
            self._was.popitem(last=False)
