"""Group commit: all requests that arrive while the disk is busy share the next sync."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from local_sentry.protocol.errors import ThrottledError
from local_sentry.store.full_disk import is_full_disk
from local_sentry.store.journal import JournalWriter, Position, Record

_BATCH_BYTES = 8 * 1024 * 1024


class Appender:
    """Puts records into the journal on behalf of the event loop, without blocking it."""

    def __init__(self, journal: JournalWriter, *, on_durable: Callable[[Position], None]) -> None:
        """Starts without work.

        Args:
            journal: owned by this object from now on.
            on_durable: called, in the appending thread, with the new end of the journal.
        """
        self._journal = journal
        self._on_durable = on_durable
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="journal")
        self._waiting: list[tuple[Record, asyncio.Future[None]]] = []
        self._flusher: asyncio.Task[None] | None = None

    async def append(self, record: Record) -> None:
        """Returns when the record is on the disk.

        Raises:
            ThrottledError: the disk is full or failing; the record was not accepted.
        """
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((record, future))
        if self._flusher is None or self._flusher.done():
            self._flusher = asyncio.create_task(self._flush())
        await future

    async def _flush(self) -> None:
        loop = asyncio.get_running_loop()
        while self._waiting:
            batch = self._next_batch()
            try:
                await loop.run_in_executor(self._thread, self._write, [r for r, _ in batch])
            except OSError as error:
                full = is_full_disk(error)
                refusal = ThrottledError(
                    "the disk is full" if full else f"the disk failed: {error.strerror}",
                    retry_after=60,
                    reason="disk_full" if full else "disk_failed",
                )
                for _, future in batch:
                    if not future.done():
                        future.set_exception(refusal)
            else:
                for _, future in batch:
                    if not future.done():
                        future.set_result(None)

    def _next_batch(self) -> list[tuple[Record, asyncio.Future[None]]]:
        size = count = 0
        while count < len(self._waiting) and size < _BATCH_BYTES:
            size += len(self._waiting[count][0].body)
            count += 1
        batch, self._waiting = self._waiting[:count], self._waiting[count:]
        return batch

    def _write(self, records: list[Record]) -> None:
        self._on_durable(self._journal.append(records))

    async def close(self) -> None:
        """Writes what waits, then closes the journal."""
        if self._flusher is not None:
            await self._flusher
        await asyncio.to_thread(self._thread.shutdown)
        self._journal.close()
