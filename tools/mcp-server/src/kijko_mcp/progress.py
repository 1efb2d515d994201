"""Long questions say how far they are; who listens is set for each call."""

from collections.abc import Awaitable, Callable
from contextvars import ContextVar

Listener = Callable[[float, float, str], Awaitable[None]]
_listener: ContextVar[Listener | None] = ContextVar("progress_listener", default=None)


def listen(listener: Listener | None) -> None:
    """Sets who is told about the progress of the current call."""
    _listener.set(listener)


async def step(done: float, total: float, doing: str) -> None:
    """Says that `done` of `total` steps are done and what is done now."""
    listener = _listener.get()
    if listener is not None:
        await listener(done, total, doing)
