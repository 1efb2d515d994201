"""Counts what ingest refuses, and hands the counts to the store now and then."""

import asyncio
import contextlib
import time
from collections import Counter
from collections.abc import Iterable
from functools import partial

import structlog

from local_sentry.protocol.envelope import Item
from local_sentry.store import outcomes
from local_sentry.store.session import WriteSession
from local_sentry.store.writer import Writer, WriterStoppedError

_SECONDS = 5.0
_MAX_KINDS = 1000  # Of different counts kept between two writes.
_log = structlog.get_logger(__name__)

_Kind = tuple[int, str, str, str]


class Refusals:
    """Counts in memory; a task writes them every few seconds."""

    def __init__(self, writer: Writer) -> None:
        self._writer = writer
        self._counts: Counter[_Kind] = Counter()
        self._task: asyncio.Task[None] | None = None

    def count(self, project_id: int, outcome: str, reason: str, items: Iterable[Item] = ()) -> None:
        """Counts a refused envelope: its items by category, or one of no known category."""
        categories = [
            category for item in items if (category := outcomes.CATEGORIES.get(item.type))
        ]
        for category in categories or ["default"]:
            kind = (project_id, outcome, category, reason)
            if kind in self._counts or len(self._counts) < _MAX_KINDS:
                self._counts[kind] += 1
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._write_soon())

    async def _write_soon(self) -> None:
        await asyncio.sleep(_SECONDS)
        await self._write()

    async def _write(self) -> None:
        counts, self._counts = self._counts, Counter()
        try:
            await self._writer.run(partial(_add, counts=counts, at=time.time_ns() // 1000))
        except (OSError, WriterStoppedError, TimeoutError) as error:
            _log.warning("refusals_not_counted", reason=str(error))

    async def close(self) -> None:
        """Writes what was counted; call it before the writer stops."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
            if self._counts:
                await self._write()


def _add(session: WriteSession, counts: Counter[_Kind], at: int) -> None:
    for (project_id, outcome, category, reason), quantity in counts.items():
        outcomes.count(
            session, project_id, at,
            outcome=outcome, category=category, reason=reason, quantity=quantity,
        )  # fmt: skip
