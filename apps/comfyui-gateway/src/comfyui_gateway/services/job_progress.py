"""Tells of a running job's progress: here at once, to other processes a few times a second."""

import asyncio
from contextlib import suppress
from uuid import UUID

import structlog

from comfyui_gateway.models import Job, JobChange, Progress, Stage
from comfyui_gateway.services.job_feed import JobFeed
from comfyui_gateway.store.database import DATABASE_ERRORS
from comfyui_gateway.store.jobs import JobStore

log = structlog.get_logger(__name__)

_PAUSE = 0.2


class ProgressTeller:
    """Collects progress of all jobs of this process and sends the newest of each."""

    def __init__(self, store: JobStore, feed: JobFeed) -> None:
        self._store = store
        self._feed = feed
        self._pending: dict[UUID, JobChange] = {}
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to send."""
        self._task = asyncio.create_task(self._send(), name="progress")

    async def stop(self) -> None:
        """Stop sending; progress that was not sent is of no use any more."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    def tell(self, change: JobChange) -> None:
        """Publish here, and soon elsewhere."""
        self._feed.publish(change)
        self._pending[change.id] = change
        self._wake.set()

    def forget(self, job_id: UUID) -> None:
        """Send nothing more of a job that this process no longer runs."""
        self._pending.pop(job_id, None)

    async def _send(self) -> None:
        while True:
            await self._wake.wait()
            await asyncio.sleep(_PAUSE)
            self._wake.clear()
            changes, self._pending = self._pending, {}
            try:
                await self._store.tell(list(changes.values()))
            except DATABASE_ERRORS as error:
                log.warning("progress_not_sent", reason=str(error))


class JobProgress:
    """The progress of one attempt: never falls, numbers its steps."""

    def __init__(self, teller: ProgressTeller, job: Job) -> None:
        self._teller = teller
        self._job = job
        self._sequence = 0
        self._fraction = 0.0
        self._told: Progress | None = None

    def report(self, stage: Stage, fraction: float, detail: str = "") -> None:
        """Tell where the job is; `fraction` of the whole job, 0 to 1."""
        self._fraction = max(self._fraction, min(fraction, 1.0))
        progress = Progress(fraction=round(self._fraction, 4), stage=stage, detail=detail)
        if progress == self._told:
            return
        self._told = progress
        self._sequence += 1
        self._teller.tell(
            JobChange(
                id=self._job.id,
                status=self._job.status,
                attempt=self._job.attempt,
                sequence=self._sequence,
                progress=progress,
                cancel_requested=self._job.cancel_requested,
            )
        )
