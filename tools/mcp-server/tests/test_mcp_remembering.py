"""What is remembered: for a while, so much of it, and never what failed."""

import asyncio

import pytest

from kijko_mcp.remembering import Lately, Remembered


class Asked:
    """Answers with how often it was asked."""

    def __init__(self) -> None:
        self.times = 0

    async def __call__(self) -> int:
        """How often it was asked, this time included."""
        self.times += 1
        await asyncio.sleep(0)
        return self.times


async def test_the_same_is_asked_once() -> None:
    known: Remembered[str, int] = Remembered(8)
    ask = Asked()
    assert await asyncio.gather(*(known.get("a", ask) for _ in range(50))) == [1] * 50
    assert await known.get("b", ask) == 2


async def test_what_is_older_is_asked_again() -> None:
    known: Remembered[str, int] = Remembered(8, seconds=0)
    ask = Asked()
    assert [await known.get("a", ask), await known.get("a", ask)] == [1, 2]


async def test_only_so_many_are_kept_and_the_unused_go_first() -> None:
    known: Remembered[str, int] = Remembered(2)
    ask = Asked()
    for key in ("a", "b", "a", "c", "a"):
        await known.get(key, ask)
    assert (len(known), ask.times) == (2, 3)
    assert await known.get("b", ask) == 4


async def test_nothing_that_failed_is_kept() -> None:
    known: Remembered[str, int] = Remembered(2)

    async def fail() -> int:
        raise OSError("gone")

    with pytest.raises(OSError, match="gone"):
        await known.get("a", fail)
    assert await known.get("a", Asked()) == 1


async def test_who_waits_is_answered_when_the_first_gives_up() -> None:
    known: Remembered[str, int] = Remembered(2)
    never = asyncio.Event()

    async def wait() -> int:
        await never.wait()
        return 0

    first = asyncio.create_task(known.get("a", wait))
    await asyncio.sleep(0)
    second = asyncio.create_task(known.get("a", Asked()))
    await asyncio.sleep(0)
    first.cancel()
    assert await second == 1
    with pytest.raises(asyncio.CancelledError):
        await first


def test_what_was_so_lately_is_a_guess_of_so_many() -> None:
    lately: Lately[str] = Lately(2)
    assert lately.was("a")
    for key in ("a", "b", "c"):
        lately.note(key, so=False)
    assert (len(lately), lately.was("a"), lately.was("b")) == (2, True, False)
    lately.note("b", so=True)
    assert lately.was("b")
