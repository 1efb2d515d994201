"""Looks at metric monitors, the longer their window the more seldom."""

import time
from functools import partial
from sqlite3 import Connection

import structlog

from local_sentry.services.metric_detection import (
    Finding,
    InvalidDetectorError,
    look,
    take,
    window_of,
)
from local_sentry.services.search import InvalidQueryError
from local_sentry.services.timestamps import SECOND
from local_sentry.services.watcher import Watcher
from local_sentry.store import detectors
from local_sentry.store.detectors import Detector
from local_sentry.store.readers import Readers
from local_sentry.store.session import WriteSession
from local_sentry.store.writer import Writer

_SECONDS_BETWEEN_LOOKS = 2.0
_SOONEST, _LATEST = 5, 60  # s between two looks at one monitor
_log = structlog.get_logger(__name__)


def _is_due(detector: Detector, now: int) -> bool:
    seconds = min(max(window_of(detector.query) // 60, _SOONEST), _LATEST)
    return detector.checked <= now - seconds * SECOND


class Detecting:
    """The task."""

    def __init__(self, readers: Readers, writer: Writer) -> None:
        self._readers = readers
        self._writer = writer
        self._watcher = Watcher("detecting", self._look, _SECONDS_BETWEEN_LOOKS)

    def start(self) -> None:
        """Begins to look."""
        self._watcher.start()

    async def close(self) -> None:
        """Stops."""
        await self._watcher.close()

    async def _look(self) -> bool:
        now = time.time_ns() // 1000
        waiting = await self._readers.run(partial(detectors.due, before=now - _SOONEST * SECOND))
        for detector in waiting:
            if _is_due(detector, now):
                await self._look_at(detector)
        return False

    async def _look_at(self, detector: Detector) -> None:
        now = time.time_ns() // 1000

        def query(connection: Connection) -> Finding:
            return look(connection, detector, now)

        try:
            finding = await self._readers.run(query)
        except (InvalidDetectorError, InvalidQueryError) as error:
            _log.error("metric_monitor_unusable", name=detector.name, reason=str(error))
            finding = Finding(detector, 0.0, detector.priority)

        def command(session: WriteSession) -> None:
            take(session, finding, now)

        await self._writer.run(command)
