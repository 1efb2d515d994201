"""Jobs: how they stand, how they go, stopping them, and running them again."""

from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Header, Request, Response
from sse_starlette import EventSourceResponse, ServerSentEvent
from starlette.types import Receive, Scope, Send

from comfyui_gateway.models import JobDocument
from comfyui_gateway.routes.dependencies import TheGateway, Wait, while_connected
from comfyui_gateway.routes.documents import encode_job, job_answer
from comfyui_gateway.services.gateway import Gateway
from comfyui_gateway.services.job_waiting import Sight

router = APIRouter(prefix="/api/jobs/{job_id}", tags=["jobs"])

_SEND_TIMEOUT = 30.0
_RECONNECT_MS = 1000


@router.get("", summary="Show a job", response_model=JobDocument)
async def show_job(job_id: UUID, request: Request, gateway: TheGateway, wait: Wait) -> Response:
    """The job as it stands; with `?wait=SECONDS`, when it has ended or that time is over."""
    job = await gateway.store.get(job_id)
    if wait and not job.finished:
        job = await while_connected(request, gateway.watch.wait(job, wait)) or job
    return job_answer(job, gateway.feed.latest(job_id))


@router.post("/cancel", summary="Cancel a job", response_model=JobDocument)
async def cancel_job(job_id: UUID, request: Request, gateway: TheGateway, wait: Wait) -> Response:
    """Stop a job. Once this has answered, the job never succeeds, unless it already had.

    A running job is being stopped when the answer is 202; cancelling again changes nothing.
    """
    job = await gateway.cancel(job_id)
    if wait and not job.finished:
        job = await while_connected(request, gateway.watch.wait(job, wait)) or job
    return job_answer(job, gateway.feed.latest(job_id), status=200 if job.finished else 202)


@router.post(
    "/again", summary="Run a job again", status_code=202, response_model=JobDocument,
    responses={200: {"model": JobDocument, "description": "It ended within the time to wait."}},
)  # fmt: skip
async def run_again(job_id: UUID, request: Request, gateway: TheGateway, wait: Wait) -> Response:
    """A new job with the workflow and the parameters of another: does what failed fail again?"""
    job = await gateway.run_again(job_id)
    location = f"/api/jobs/{job.id}"
    if wait:
        job = await while_connected(request, gateway.watch.wait(job, wait)) or job
    status = 200 if job.finished else 202
    return job_answer(job, gateway.feed.latest(job.id), status=status, location=location)


@router.get(
    "/events",
    summary="Watch a job",
    response_class=EventSourceResponse,
    responses={200: {"content": {"text/event-stream": {}}}, 204: {"description": "It has ended."}},
)
async def watch_job(
    job_id: UUID,
    gateway: TheGateway,
    last_event_id: Annotated[
        str | None, Header(description="The id of the last event seen, on reconnecting.")
    ] = None,
) -> Response:
    """Server-sent events named `job`, each with the whole job document, until the job has ended.

    A reader that is too slow misses steps, never the end. An event source that reconnects after
    the end is answered 204, which tells it to stop.
    """
    job = await gateway.store.get(job_id)
    if job.finished and last_event_id == "end":
        return Response(status_code=204)
    return _CountedStream(gateway, _events(gateway, job_id, last_event_id))


class _CountedStream(EventSourceResponse):
    """An event stream that is counted before its head is sent, so that it can still be refused."""

    def __init__(self, gateway: Gateway, events: AsyncIterator[ServerSentEvent]) -> None:
        super().__init__(
            events, ping=gateway.settings.event_heartbeat_seconds, send_timeout=_SEND_TIMEOUT
        )
        self._gateway = gateway

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        with self._gateway.stream():
            await super().__call__(scope, receive, send)


async def _events(
    gateway: Gateway, job_id: UUID, seen: str | None
) -> AsyncIterator[ServerSentEvent]:
    async with aclosing(gateway.watch.watch(job_id, seen=seen)) as sights:
        async for sight in sights:
            yield _event(sight)


def _event(sight: Sight) -> ServerSentEvent:
    return ServerSentEvent(
        data=encode_job(sight.job, sight.change).decode(),
        event="job",
        id=sight.event_id,
        retry=_RECONNECT_MS,
    )
