"""One job in one worker's hands: claimed, carried out, ended once; or given back to wait."""

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TypeVar
from uuid import UUID

import structlog

import observability
from comfyui_gateway.clients.comfyui import ComfyUIError
from comfyui_gateway.models import ClaimedJob, Job, Progress, StoredOutput
from comfyui_gateway.problems import JobAbandoned, JobStatus, JobTimedOut, Problem
from comfyui_gateway.services.comfyui_backends import Backend, BackendPool
from comfyui_gateway.services.job_failures import Failure, judge
from comfyui_gateway.services.job_feed import JobFeed
from comfyui_gateway.services.job_outputs import OutputStore
from comfyui_gateway.services.job_progress import JobProgress, ProgressTeller
from comfyui_gateway.services.video_step import VideoStep
from comfyui_gateway.services.workflow_executor import InComfyUI, execute_workflow
from comfyui_gateway.settings import Settings
from comfyui_gateway.store.database import DATABASE_ERRORS
from comfyui_gateway.store.jobs import JobStore, change_of

log = structlog.get_logger(__name__)

T = TypeVar("T")

QUEUE_NAME = "jobs"
_LONGEST_PAUSE = 30.0
_STORE_PATIENCE = 60.0
_CANCEL_PATIENCE = 15.0


@dataclass(frozen=True, slots=True)
class Workshop:
    """All that running jobs needs."""

    settings: Settings
    worker: UUID
    store: JobStore
    feed: JobFeed
    backends: BackendPool
    outputs: OutputStore
    progress: ProgressTeller
    video: VideoStep


class JobRun:
    """Carries out one job until it has ended or has to wait.

    `run` may be cancelled at any moment; call `end_cancelled` or `give_back` afterwards.
    """

    def __init__(
        self,
        shop: Workshop,
        job_id: UUID,
        *,
        claimed: ClaimedJob | None = None,
        backend: Backend | None = None,
    ) -> None:
        """`claimed` and `backend` are given when the job was claimed as it was accepted."""
        self._shop = shop
        self._job_id = job_id
        self._held = claimed
        self._backend = backend
        self._where = InComfyUI()
        self.ended_here = False

    async def run(self) -> timedelta | None:
        """Carry the job out.

        Returns:
            None when the job has ended, else how long it is back on the queue.
        """
        if self._held is not None and self._backend is not None:
            claimed, backend = self._held, self._backend
        else:
            backend = self._backend = await self._shop.backends.ready()
            taken = await self._shop.store.claim(self._job_id, self._shop.worker, backend.name)
            self._held = taken
            if taken is None:
                return None
            claimed = taken
            if claimed.job.cancel_requested:
                self._where.prompt = claimed.job.attempt > 1
                await self.end_cancelled()
                return None
            self._shop.feed.publish(change_of(claimed.job))
        with (
            backend.busy(),
            structlog.contextvars.bound_contextvars(
                job_id=str(self._job_id),
                trace_id=claimed.job.trace_id,
                attempt=claimed.job.attempt,
            ),
        ):
            return await self._attempt(claimed, backend)

    async def end_cancelled(self) -> None:
        """End the job as cancelled, in ComfyUI first."""
        if self._held is None:
            self._held = await self._patiently(
                lambda: self._shop.store.claim(self._job_id, self._shop.worker, "none")
            )
        if self._held is None:
            return
        if self._backend is not None and self._where.prompt:
            await self._stop_prompt(self._held, self._backend)
        await self._finish(self._held.job, "cancelled")

    async def give_back(self) -> None:
        """Let the job wait for another worker; ComfyUI goes on with it meanwhile."""
        if self._held is not None:
            with suppress(*DATABASE_ERRORS):
                await self._shop.store.release(self._held.job)

    async def _attempt(self, claimed: ClaimedJob, backend: Backend) -> timedelta | None:
        job = claimed.job
        with observability.queue_process(
            QUEUE_NAME,
            message_id=str(job.id),
            headers=dict(claimed.trace),
            enqueued_at=job.created_at,
            retry_count=job.attempt - 1,
        ) as span:
            observability.tag_job(str(job.id))
            try:
                outputs = await self._within_limits(claimed, backend)
            except Exception as error:  # judged, told and logged: nothing is swallowed
                pause = await self._after(judge(error), error, job, backend)
                span.set_status(_ended(error) if pause is None else "aborted")
                return pause
            await self._finish(job, "succeeded", outputs=outputs)
            return None

    async def _within_limits(self, claimed: ClaimedJob, backend: Backend) -> list[StoredOutput]:
        settings, job = self._shop.settings, claimed.job
        if job.attempt > settings.max_pickups:
            raise JobAbandoned(
                f"The job was picked up {job.attempt - 1} times and never ended; it may be what "
                "ends its workers. Look at the gateway's log before running it again."
            )
        try:
            async with asyncio.timeout(settings.job_timeout_seconds) as limit:
                return await execute_workflow(
                    claimed,
                    backend,
                    outputs=self._shop.outputs,
                    video=self._shop.video,
                    progress=JobProgress(self._shop.progress, job),
                    where=self._where,
                )
        except TimeoutError:
            if not limit.expired():
                raise
            if self._where.prompt:
                await self._stop_prompt(claimed, backend)
            raise JobTimedOut(
                f"The job ran longer than {settings.job_timeout_seconds:.0f} s and was stopped; "
                "ask for less, or raise GATEWAY_JOB_TIMEOUT_SECONDS."
            ) from None

    async def _after(
        self, failure: Failure, error: Exception, job: Job, backend: Backend
    ) -> timedelta | None:
        if failure.trouble is not None:
            self._shop.backends.report_trouble(backend, failure.trouble)
        used_up = failure.counted and job.failures + 1 >= self._shop.settings.max_failures
        if not failure.passing or used_up:
            observability.capture_exception(
                error
            )  # first: then the log line of it counts as the same
            log.error("job_failed", reason=str(error), exc_info=error)
            await self._finish(job, "failed", error=failure.problem)
            return None
        log.warning("job_waits", reason=str(error))
        pause = timedelta(
            seconds=min(self._shop.settings.retry_seconds * 2**job.failures, _LONGEST_PAUSE)
        )
        released = await self._patiently(
            lambda: self._shop.store.release(job, failed=failure.counted, pause=pause)
        )
        if released is None:
            await self._finish(job, "cancelled")
            return None
        self._held = None
        self._shop.progress.forget(job.id)
        told = self._shop.feed.latest(job.id)
        why = replace(
            change_of(released),
            sequence=1 if told is None else told.sequence + 1,
            progress=Progress(fraction=0, stage="waiting", detail=failure.problem.title),
        )
        self._shop.feed.publish(why)
        return pause

    async def _finish(
        self,
        job: Job,
        status: JobStatus,
        *,
        outputs: list[StoredOutput] | None = None,
        error: Problem | None = None,
    ) -> None:
        """End the job, unless somebody else has; leave no file behind that nobody will ask for."""
        store = self._shop.store
        ended: Job | None = await self._patiently(
            lambda: store.finish(job, status, outputs=outputs or (), error=error)
        )
        if ended is None and status != "cancelled":
            ended = await self._patiently(lambda: store.finish(job, "cancelled"))
        self.ended_here = ended is not None
        self._shop.progress.forget(job.id)
        current = await self._patiently(lambda: store.get(job.id)) if ended is None else ended
        if ended is None and current.attempt != job.attempt:
            log.warning("job_lost_to_another_worker", job_id=str(job.id), attempt=job.attempt)
            return
        self._shop.feed.publish(change_of(current))
        if current.status != "succeeded" or job.attempt > 1:
            keep = job.attempt if current.status == "succeeded" else None
            await self._shop.outputs.forget(job.id, keep=keep)
        log.info("job_ended", job_id=str(job.id), status=current.status, attempt=job.attempt)

    async def _stop_prompt(self, claimed: ClaimedJob, backend: Backend) -> None:
        with suppress(ComfyUIError, TimeoutError):
            async with asyncio.timeout(_CANCEL_PATIENCE):
                await backend.comfy.cancel(str(claimed.prompt_id))
        self._where.prompt = False

    async def _patiently(self, write: Callable[[], Coroutine[object, object, T]]) -> T:
        """Do a write on a Postgres that may be restarting; each of them can be done twice."""
        pause = 0.05
        try:
            async with asyncio.timeout(_STORE_PATIENCE):
                while True:
                    try:
                        return await write()
                    except DATABASE_ERRORS as error:
                        log.warning("postgres_unavailable", reason=str(error))
                        await asyncio.sleep(pause)
                        pause = min(pause * 2, 2.0)
        except TimeoutError:
            return await write()


def _ended(error: Exception) -> str:
    """How a failed attempt stands in its trace; one that is repeated is ``aborted`` instead."""
    return "deadline_exceeded" if isinstance(error, JobTimedOut) else "internal_error"
