"""A task that looks at something again and again until the server stops."""

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable

import structlog

from local_sentry.store.readers import QueryTimeoutError
from local_sentry.store.writer import WriterStoppedError

_log = structlog.get_logger(__name__)


class Watcher:
    """Owns the task; whatever one look trips over does not end the looking."""

    def __init__(self, name: str, look: Callable[[], Awaitable[bool]], seconds: float) -> None:
        """Prepares the task; `start()` starts it.

        Args:
            name: of the task, for the log.
            look: does what there is to do; True when there is more to do already.
            seconds: between two looks.
        """
        self._name = name
        self._look = look
        self._seconds = seconds
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begins to look."""
        self._task = asyncio.create_task(self._watch(), name=self._name)

    async def close(self) -> None:
        """Stops; what was not looked at waits in the store."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _watch(self) -> None:
        while True:
            more = False
            try:
                more = await self._look()
            except (QueryTimeoutError, TimeoutError, WriterStoppedError) as error:
                _log.warning(f"{self._name}_postponed", reason=str(error))
            except (OSError, sqlite3.OperationalError) as error:  # A full disk, say.
                _log.warning(f"{self._name}_postponed", reason=str(error))
            except Exception as error:
                _log.error(f"{self._name}_failed", exc_info=error)
            if not more:
                await asyncio.sleep(self._seconds)
