"""The worker of a process: takes jobs from the queue, runs them, and looks after dead workers'."""

import asyncio
import contextvars
import itertools
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal
from uuid import UUID

import structlog

from comfyui_gateway.models import ClaimedJob, JobChange
from comfyui_gateway.services.comfyui_backends import Backend
from comfyui_gateway.services.job_feed import JobFeed
from comfyui_gateway.services.job_run import JobRun, Workshop
from comfyui_gateway.store.database import DATABASE_ERRORS
from comfyui_gateway.store.queue import JobQueue, Taken

log = structlog.get_logger(__name__)

_SWEEPS_PER_REPAIR = 5
_SWEEPS_PER_PRUNING = 3600
_STOP_SECONDS = 10.0


@dataclass(slots=True)
class _Running:
    entry: int
    work: asyncio.Task[timedelta | None]
    why: Literal["cancel", "stop"] | None = None

    def stop(self, why: Literal["cancel", "stop"]) -> None:
        if self.why is None and not self.work.done():
            self.why = why
            self.work.cancel()


@dataclass(slots=True)
class _Place:
    """See `job_intake.Place`."""

    owner: "JobWorker"
    worker: UUID
    backend: Backend

    def begin(self, claimed: ClaimedJob, entry: int) -> None:
        self.owner.begin(claimed, self.backend, entry)

    def free(self) -> None:
        self.owner.free_place()


class JobWorker:
    """Runs jobs until it is stopped; at most as many at once as the settings say."""

    def __init__(self, shop: Workshop, queue: JobQueue, feed: JobFeed) -> None:
        self._shop = shop
        self._queue = queue
        self._running: dict[UUID, _Running] = {}
        self._attendants: set[asyncio.Task[None]] = set()
        self._reserved = 0
        self._backlog = True
        self._wake = asyncio.Event()
        self._stopping = False
        self._tasks: list[asyncio.Task[None]] = []
        # A job that a request begins runs apart from it: what is logged and traced of the job would
        # carry the request's name and tags.
        self._context = contextvars.copy_context()
        queue.on_work(self._wake.set)
        feed.on_change(self._changed)

    def start(self) -> None:
        """Begin to take jobs."""
        self._tasks = [
            asyncio.create_task(self._take_jobs(), name="take jobs"),
            asyncio.create_task(self._keep_jobs(), name="keep jobs"),
            asyncio.create_task(self._sweep(), name="sweep"),
        ]

    async def stop(self) -> None:
        """Take no more jobs and give back those that run; ComfyUI goes on with them."""
        self._stopping = True
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for running in self._running.values():
            running.stop("stop")
        if self._attendants:
            await asyncio.wait(self._attendants, timeout=_STOP_SECONDS)
        for attendant in self._attendants:
            attendant.cancel()
        await asyncio.gather(*self._attendants, return_exceptions=True)

    def reserve(self) -> _Place | None:
        """Room for a job that is being accepted, unless others wait for it already."""
        if self._stopping or self._backlog or self._free() <= 0:
            return None
        backend = self._shop.backends.least_busy()
        if backend is None:
            return None
        self._reserved += 1
        return _Place(self, self._shop.worker, backend)

    def free_place(self) -> None:
        """Give back what `reserve` gave."""
        self._reserved -= 1
        self._wake.set()

    def begin(self, claimed: ClaimedJob, backend: Backend, entry: int) -> None:
        """Run a job that was claimed as it was accepted."""
        self._reserved -= 1
        run = JobRun(self._shop, claimed.job.id, claimed=claimed, backend=backend)
        self._attend(Taken(entry, claimed.job.id), run)

    def look(self) -> None:
        """Look at the queue now."""
        self._wake.set()

    def _free(self) -> int:
        return self._shop.settings.concurrency - len(self._running) - self._reserved

    async def _take_jobs(self) -> None:
        while True:
            # Cleared before looking: what is enqueued during the look wakes the next one.
            self._wake.clear()
            room = self._free()
            if room > 0:
                try:
                    taken = await self._queue.take(room)
                except DATABASE_ERRORS as error:
                    log.warning("queue_unavailable", reason=str(error))
                    self._backlog = True
                else:
                    self._backlog = len(taken) == room
                    for one in taken:
                        # An entry that went stale under a stalled loop may come back to us.
                        if one.job_id not in self._running:
                            self._attend(one, JobRun(self._shop, one.job_id))
            with suppress(TimeoutError):
                async with asyncio.timeout(self._shop.settings.sweep_seconds):
                    await self._wake.wait()

    def _attend(self, taken: Taken, run: JobRun) -> None:
        context = self._context.copy()
        work = asyncio.create_task(run.run(), name=f"job {taken.job_id}", context=context)
        running = self._running[taken.job_id] = _Running(taken.entry, work)
        if self._stopping:
            running.stop("stop")
        attendant = asyncio.create_task(self._see_through(taken, run, running), context=context)
        self._attendants.add(attendant)
        attendant.add_done_callback(self._attendants.discard)

    async def _see_through(self, taken: Taken, run: JobRun, running: _Running) -> None:
        try:
            await asyncio.wait([running.work])
            if running.why == "stop":
                await run.give_back()
            elif running.why == "cancel":
                await run.end_cancelled()
                await self._queue.drop(taken.entry)
            elif (pause := running.work.result()) is not None:
                loop = asyncio.get_running_loop()
                loop.call_later(pause.total_seconds() + 0.01, self._wake.set)
            elif not run.ended_here:
                await self._queue.drop(taken.entry)
        except DATABASE_ERRORS as error:
            # The job is not lost: its entry goes stale, or is missed, and is found by a sweep.
            log.warning("postgres_unavailable", job_id=str(taken.job_id), reason=str(error))
        except Exception:
            log.exception("job_dropped", job_id=str(taken.job_id))
        finally:
            self._running.pop(taken.job_id, None)
            if self._backlog:
                self._wake.set()

    def _changed(self, change: JobChange) -> None:
        if change.cancel_requested or change.status == "cancelled":
            running = self._running.get(change.id)
            if running is not None:
                running.stop("cancel")

    async def _keep_jobs(self) -> None:
        while True:
            await asyncio.sleep(self._shop.settings.heartbeat_seconds / 3)
            try:
                await self._queue.keep([running.entry for running in self._running.values()])
            except DATABASE_ERRORS as error:
                log.warning("heartbeat_failed", reason=str(error))

    async def _sweep(self) -> None:
        """Find what died: workers, queue entries, notifications of a cancellation."""
        for number in itertools.count():
            try:
                found = await self._queue.take_from_the_dead()
                if number % _SWEEPS_PER_REPAIR == 0:
                    found += await self._shop.store.requeue_missing()
                    await self._stop_cancelled()
                if number % _SWEEPS_PER_PRUNING == 0:
                    await self._queue.prune_log()
                if found:
                    log.info("jobs_taken_over", count=found)
                    self._wake.set()
            except DATABASE_ERRORS as error:
                log.warning("sweep_failed", reason=str(error))
            await asyncio.sleep(self._shop.settings.sweep_seconds)

    async def _stop_cancelled(self) -> None:
        """A cancellation whose notification was missed still reaches its job."""
        for job_id in await self._shop.store.cancelled_among(list(self._running)):
            running = self._running.get(job_id)
            if running is not None:
                running.stop("cancel")
