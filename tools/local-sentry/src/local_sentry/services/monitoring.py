"""The task that finds check-ins which did not come, and runs which did not end."""

import asyncio
import time
from collections.abc import Callable
from functools import partial
from sqlite3 import Connection

from local_sentry.services import crons
from local_sentry.services.watcher import Watcher
from local_sentry.store import monitors
from local_sentry.store.journal import Position
from local_sentry.store.readers import Readers
from local_sentry.store.writer import Writer

_SECONDS_BETWEEN_LOOKS = 2.0
_SECONDS_BEHIND = 0.1
_GRACE = 2_000_000  # µs: what was sent in time may still be on its way to the journal.


class Monitoring:
    """Looks every few seconds; only as far as the journal is processed."""

    def __init__(
        self,
        readers: Readers,
        writer: Writer,
        durable: Callable[[], Position],
        stored: Callable[[], Position],
    ) -> None:
        """Connects the task to the store.

        Args:
            readers: to look.
            writer: to write what was found.
            durable: up to where the journal is on disk.
            stored: up to where it is processed.
        """
        self._readers = readers
        self._writer = writer
        self._durable = durable
        self._stored = stored
        self._do: Callable[..., None] = crons.forgive_pause
        self._watcher = Watcher("monitoring", self._look, _SECONDS_BETWEEN_LOOKS)

    def start(self) -> None:
        """Begins to look."""
        self._watcher.start()

    async def close(self) -> None:
        """Stops."""
        await self._watcher.close()

    async def _look(self) -> bool:
        now = time.time_ns() // 1000 - _GRACE
        target = self._durable()
        while self._stored() < target:  # noqa: ASYNC110 - it happens in another process
            await asyncio.sleep(_SECONDS_BEHIND)

        def is_due(connection: Connection) -> bool:
            return bool(monitors.overdue(connection, now) or monitors.too_long(connection, now))

        if await self._readers.run(is_due):
            await self._writer.run(partial(self._do, now=now))
        self._do = crons.find_overdue
        return False
