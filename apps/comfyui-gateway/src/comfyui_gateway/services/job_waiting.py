"""Waiting for a job's end, and watching its way there."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import suppress
from dataclasses import dataclass
from uuid import UUID

from comfyui_gateway.models import Job, JobChange
from comfyui_gateway.services.job_feed import JobFeed
from comfyui_gateway.store.jobs import JobStore

_LOOK_AGAIN = 15.0
"""Seconds after which a waiter asks the store even though it has heard nothing."""


@dataclass(frozen=True, slots=True)
class Sight:
    """A job as a watcher sees it at one moment."""

    job: Job
    change: JobChange | None

    @property
    def event_id(self) -> str:
        """Names this state; a watcher that reconnects says which one it saw last."""
        if self.job.finished:
            return "end"
        if self.change is not None and self.change.attempt == self.job.attempt:
            return f"{self.job.attempt}-{self.change.sequence}"
        return f"{self.job.attempt}-0"


class JobWatch:
    """Answers "tell me when it is done" and "tell me how it goes"."""

    def __init__(self, store: JobStore, feed: JobFeed) -> None:
        self._store = store
        self._feed = feed

    async def wait(self, job: Job, seconds: float) -> Job:
        """The job when it has ended, or as it stands after `seconds`."""
        if job.finished or seconds <= 0:
            return job
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                async for sight in self.watch(job.id, known=job):
                    job = sight.job
        return job

    async def watch(
        self, job_id: UUID, *, seen: str | None = None, known: Job | None = None
    ) -> AsyncGenerator[Sight, None]:
        """The job now and after every change, until it has ended or the feed is closed.

        Args:
            job_id: the job.
            known: the job as it was a moment ago; the store is asked only if it has ended since.
            seen: the `event_id` a watcher saw last; that state is not told again.

        Raises:
            JobUnknown: there is no such job.
        """
        with self._feed.subscribe(job_id) as subscription:
            if known is None or self._feed.has_ended(job_id):
                known = await self._store.get(job_id)
            sight = Sight(known, self._feed.latest(job_id))
            if sight.event_id != seen:
                yield sight
            while not (sight.job.finished or self._feed.closed):
                change: JobChange | None = None
                with suppress(TimeoutError):
                    async with asyncio.timeout(_LOOK_AGAIN):
                        change = await subscription.next()
                following = await self._follow(sight, change)
                if following is not None:
                    sight = following
                    yield sight

    async def _follow(self, sight: Sight, change: JobChange | None) -> Sight | None:
        """The next sight, from what was heard when that is enough, else from the store."""
        job = sight.job
        if change is not None and change.job is not None:
            return Sight(change.job, change)
        if change is not None and (change.status, change.attempt) == (job.status, job.attempt):
            return Sight(job, change)
        current = await self._store.get(job.id)
        if change is None and current == job:
            return None
        return Sight(current, change or self._feed.latest(job.id))
