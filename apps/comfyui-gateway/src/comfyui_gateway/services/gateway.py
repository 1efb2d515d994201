"""The gateway put together: what is started, in which order, and how it ends."""

from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID, uuid4

import observability
from comfyui_gateway.models import ExecuteRequest, Job, ReadyCheck
from comfyui_gateway.problems import DatabaseUnavailable, StartRefused, TooManyStreams
from comfyui_gateway.services.comfyui_backends import BackendPool
from comfyui_gateway.services.job_feed import JobFeed
from comfyui_gateway.services.job_intake import JobIntake, JobStarter, NoWorkerHere
from comfyui_gateway.services.job_outputs import OutputStore
from comfyui_gateway.services.job_progress import ProgressTeller
from comfyui_gateway.services.job_run import Workshop
from comfyui_gateway.services.job_waiting import JobWatch
from comfyui_gateway.services.job_worker import JobWorker
from comfyui_gateway.services.video_step import VideoStep
from comfyui_gateway.services.workflow_templates import WorkflowCatalog, load_catalog
from comfyui_gateway.settings import Settings
from comfyui_gateway.store.database import Database, open_database
from comfyui_gateway.store.jobs import JobStore, change_of
from comfyui_gateway.store.notifications import NotificationHub
from comfyui_gateway.store.queue import JobQueue

SENTRY_PROJECT = "kijko-api"


@dataclass
class Gateway:
    """A running gateway, as routes and commands use it."""

    settings: Settings
    catalog: WorkflowCatalog
    database: Database
    store: JobStore
    feed: JobFeed
    watch: JobWatch
    intake: JobIntake
    outputs: OutputStore
    backends: BackendPool
    release: str | None = None
    streams: int = 0

    async def cancel(self, job_id: UUID) -> Job:
        """Cancel a job, and tell whoever waits for it here.

        Raises:
            JobUnknown: there is no such job.
        """
        job = await self.store.cancel(job_id)
        self.feed.publish(change_of(job))
        return job

    async def run_again(self, job_id: UUID) -> Job:
        """A new job: the workflow of another with the same parameters, by today's template.

        Raises:
            JobUnknown: there is no such job.
            WorkflowUnknown: its workflow is gone.
            ParametersInvalid: its workflow takes other parameters now.
        """
        workflow, parameters = await self.store.request_of(job_id)
        request = ExecuteRequest(parameters=parameters)
        job, _ = await self.intake.accept(workflow, request, idempotency_key=None)
        return job

    @contextmanager
    def stream(self) -> Iterator[None]:
        """Count an event stream within the block.

        Raises:
            TooManyStreams: as many as the settings allow are open.
        """
        if self.streams >= self.settings.max_event_streams:
            raise TooManyStreams(
                "As many event streams are open as this gateway allows; ask for the job instead, "
                "try again later, or raise GATEWAY_MAX_EVENT_STREAMS.",
                headers={"Retry-After": "5"},
            )
        self.streams += 1
        try:
            yield
        finally:
            self.streams -= 1

    async def checks(self) -> list[ReadyCheck]:
        """What the gateway needs, asked now."""
        try:
            await self.database.ping()
            postgres = ReadyCheck(name="postgres", ok=True, detail="Postgres answers")
        except DatabaseUnavailable as error:
            postgres = ReadyCheck(name="postgres", ok=False, detail=error.detail)
        return [postgres, *await self.backends.check()]


@asynccontextmanager
async def open_gateway(settings: Settings, *, worker: bool) -> AsyncIterator[Gateway]:
    """Start a gateway, with or without a worker in this process, and stop it at the block's end.

    Raises:
        StartRefused: it cannot start; the sentence says why.
    """
    catalog = load_catalog(settings.workflow_dirs)
    outputs = OutputStore(settings.outputs_dir)
    try:
        outputs.prepare()
    except OSError as error:
        raise StartRefused(
            f"The data folder cannot be used: {error}. Give another one with GATEWAY_DATA_DIR."
        ) from error
    async with AsyncExitStack() as stack:
        database = await stack.enter_async_context(open_database(settings))
        worker_id = uuid4()
        hub = NotificationHub(database, worker_id)
        heartbeat = timedelta(seconds=settings.heartbeat_seconds)
        queue = JobQueue(database, hub, worker_id, heartbeat)
        feed, store = JobFeed(hub), JobStore(database)
        backends = await stack.enter_async_context(BackendPool(settings.comfyui_urls))
        release = observability.stamped_release(SENTRY_PROJECT)
        starter: JobStarter = NoWorkerHere()
        await hub.start()
        stack.push_async_callback(hub.stop)
        if worker:
            progress = ProgressTeller(store, feed)
            progress.start()
            stack.push_async_callback(progress.stop)
            shop = Workshop(
                settings=settings,
                worker=worker_id,
                store=store,
                feed=feed,
                backends=backends,
                outputs=outputs,
                progress=progress,
                video=VideoStep(settings.ffmpeg_concurrency, settings.job_timeout_seconds),
            )
            starter = job_worker = JobWorker(shop, queue, feed)
            job_worker.start()
            stack.push_async_callback(job_worker.stop)
        yield Gateway(
            settings=settings,
            catalog=catalog,
            database=database,
            store=store,
            feed=feed,
            watch=JobWatch(store, feed),
            intake=JobIntake(catalog, store, starter),
            outputs=outputs,
            backends=backends,
            release=None if release is None else str(release),
        )
