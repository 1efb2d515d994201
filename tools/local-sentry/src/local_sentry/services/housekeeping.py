"""Keeps the data folder within its age and its size, while the server runs."""

import time
from functools import partial

import structlog

from local_sentry.services.watcher import Watcher
from local_sentry.settings import Settings
from local_sentry.store import retention
from local_sentry.store.blobs import Blobs
from local_sentry.store.readers import Readers
from local_sentry.store.writer import Writer

_SECONDS_BETWEEN_RUNS = 600.0
_ROWS_AT_ONCE = 500
_DAY = 24 * retention.HOUR
_MIN_STEP = 60_000_000  # µs
_log = structlog.get_logger(__name__)


class Housekeeping:
    """A task that deletes what retention says; `run_once` is one round of it."""

    def __init__(self, settings: Settings, readers: Readers, writer: Writer) -> None:
        self._settings = settings
        self._readers = readers
        self._writer = writer
        self._blobs = Blobs(settings.data)
        self._watcher = Watcher("housekeeping", self.run_once, _SECONDS_BETWEEN_RUNS)

    def start(self) -> None:
        """Starts the task."""
        self._watcher.start()

    async def close(self) -> None:
        """Stops the task."""
        await self._watcher.close()

    async def run_once(self) -> bool:
        """Deletes by age, then by size, then the contents nobody refers to; False: all is done."""
        now = time.time_ns() // 1000
        await self._writer.run(partial(retention.delete_old_chunks, now=now))
        cutoff = now - self._settings.retention_days * _DAY
        deleted = await self._delete_before(cutoff)
        await self._sweep()
        while await self._is_too_large():
            oldest = await self._readers.run(retention.oldest)
            if oldest is None or oldest >= now - _MIN_STEP:
                break
            # A tenth of the time there is, so that little more goes than must.
            cutoff = oldest + max(_MIN_STEP, (now - oldest) // 10)
            deleted += await self._delete_before(cutoff)
            await self._sweep()
        if deleted:
            _log.info("retention", deleted=deleted)
        return False

    async def _delete_before(self, cutoff: int) -> int:
        total = 0
        while deleted := await self._writer.run(
            partial(retention.delete_before, cutoff=cutoff, limit=_ROWS_AT_ONCE)
        ):
            total += deleted
        if total:
            await self._writer.run(partial(retention.delete_unused_tags, cutoff=cutoff))
        return total

    async def _is_too_large(self) -> bool:
        used = await self._readers.run(partial(retention.usage, blobs=self._blobs))
        return used.total > self._settings.max_store_bytes

    async def _sweep(self) -> None:
        await self._readers.run(partial(retention.sweep_blobs, blobs=self._blobs, now=time.time()))
