"""The task that finds check-ins which did not come, and runs which did not end."""

import asyncio
import contextlib
import time
from collections.abc import Callable
from functools import partial
from sqlite3 import Connection

import structlog

from local_sentry.services import crons
from local_sentry.store import monitors
from local_sentry.store.journal import Position
from local_sentry.store.readers import QueryTimeoutError, Readers
from local_sentry.store.writer import Writer, WriterStoppedError

_SECONDS_BETWEEN_LOOKS = 2.0
_SECONDS_BEHIND = 0.1
_GRACE = 2_000_000  # µs: what was sent in time may still be on its way to the journal.
_log = structlog.get_logger(__name__)


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
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begins to look."""
        self._task = asyncio.create_task(self._watch(), name="monitoring")

    async def close(self) -> None:
        """Stops."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _watch(self) -> None:
        do = crons.forgive_pause
        while True:
            try:
                with contextlib.suppress(WriterStoppedError):
                    await self._look(do)
                do = crons.find_overdue
            except (QueryTimeoutError, TimeoutError) as error:
                _log.warning("monitoring_postponed", reason=str(error))
            except Exception as error:
                # Whatever one monitor trips over must not silence the others for good.
                _log.error("monitoring_failed", exc_info=error)
            await asyncio.sleep(_SECONDS_BETWEEN_LOOKS)

    async def _look(self, do: Callable[..., None]) -> None:
        now = time.time_ns() // 1000 - _GRACE
        target = self._durable()
        while self._stored() < target:  # noqa: ASYNC110 - it happens in another process
            await asyncio.sleep(_SECONDS_BEHIND)

        def is_due(connection: Connection) -> bool:
            return bool(monitors.overdue(connection, now) or monitors.too_long(connection, now))

        if await self._readers.run(is_due):
            await self._writer.run(partial(do, now=now))
