"""Verifies every claim of a running stack against what its parts really say."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass

from devstack.demonstration import Demonstration
from devstack.gateway import GatewayClient, Job
from devstack.media import NotDecodableError, describe_picture, describe_video
from devstack.sentry import SentryClient, Trace
from devstack.stack import GATEWAY_PROJECT
from devstack.waiting import seen

_SECONDS_TO_BE_REPORTED = 30.0
TRACED_OPERATIONS = (
    *("http.server", "queue.publish", "queue.process"),
    *("comfyui.api_call", "comfyui.node", "ffmpeg.process"),
)


@dataclass(frozen=True)
class Check:
    """A claim, whether it holds, and what was seen."""

    claim: str
    holds: bool
    evidence: str


async def verify(
    demonstration: Demonstration, gateway: GatewayClient, sentry: SentryClient
) -> AsyncIterator[Check]:
    """Yield one check after another.

    Raises:
        GatewayError: The gateway does not answer as its API says.
        SentryError: Sentry does not answer as its API says.
    """
    for path, good in (("/healthz", "ok"), ("/readyz", "ready")):
        code, status = await gateway.status(path)
        yield Check(
            f"the gateway's {path} says it is {good}",
            code == 200 and status == good,
            f"HTTP {code}, status {status}",
        )
    picture = await _file(gateway, demonstration.image, "image/", describe_picture)
    yield Check("ComfyUI made a picture that decodes", *picture)
    video = await _file(gateway, demonstration.video, "video/", describe_video)
    yield Check("ComfyUI and FFmpeg made a video that decodes", *video)
    thumbnail = await _file(gateway, demonstration.video, "image/", describe_picture)
    yield Check("FFmpeg made a thumbnail that decodes", *thumbnail)
    yield await _traced(demonstration.video, sentry)
    yield _failed(demonstration.failure)
    yield await _reported(demonstration.failure, sentry)


async def _file(
    gateway: GatewayClient, job: Job, media: str, describe: Callable[[bytes], str]
) -> tuple[bool, str]:
    """Say whether a job has a file that is whole and of its kind, and what is in it."""
    if job.status != "succeeded":
        return False, _how_it_ended(job)
    output = job.last_output(media)
    if output is None:
        made = ", ".join(out.media_type for out in job.outputs) or "nothing"
        return False, f"job {job.id} made {made}"
    content = await gateway.content(output)
    if hashlib.sha256(content).hexdigest() != output.sha256:
        return False, f"{output.name} is not the file whose digest the job has"
    try:
        what = await asyncio.to_thread(describe, content)
    except NotDecodableError as error:
        return False, f"{output.name} does not decode: {error}"
    return True, f"{output.name}: {what}, {len(content)} bytes, digest as promised"


async def _traced(job: Job, sentry: SentryClient) -> Check:
    claim = "one trace spans request, queue, worker, ComfyUI nodes and FFmpeg"
    trace_id = job.trace_id
    if not trace_id:
        return Check(claim, False, f"job {job.id} has no trace id")

    def missing(trace: Trace) -> list[str]:
        return [op for op in TRACED_OPERATIONS if not trace.spans(op)]

    trace = await seen(
        lambda: sentry.trace(trace_id),
        enough=lambda trace: not missing(trace),
        within=_SECONDS_TO_BE_REPORTED,
    )
    counts = ", ".join(f"{len(trace.spans(op))} {op}" for op in TRACED_OPERATIONS)
    together = len(trace.roots) == 1
    parts = "in one tree" if together else f"in {len(trace.roots)} pieces"
    return Check(
        claim, together and not missing(trace), f"{trace_id}, {len(trace)} spans {parts}: {counts}"
    )


def _failed(job: Job) -> Check:
    told = job.status == "failed" and job.error is not None
    return Check("the job that must fail fails, and says why", told, _how_it_ended(job))


async def _reported(job: Job, sentry: SentryClient) -> Check:
    claim = "the failure is one issue with the job's id and trace on it"
    issues = await seen(
        lambda: sentry.issues_of_job(job.id), enough=bool, within=_SECONDS_TO_BE_REPORTED
    )
    if len(issues) != 1:
        evidence = f"{GATEWAY_PROJECT} has {len(issues)} issues tagged with job {job.id}"
        return Check(claim, False, evidence)
    (issue,) = issues
    event = await sentry.latest_event(issue)
    evidence = (
        f"{issue.short_id} {issue.title}, job_id {event.tag('job_id')}, "
        f"trace {event.contexts.trace.trace_id}"
    )
    same_job = event.tag("job_id") == job.id
    same_trace = bool(job.trace_id) and event.contexts.trace.trace_id == job.trace_id
    return Check(claim, same_job and same_trace, evidence)


def _how_it_ended(job: Job) -> str:
    why = f": {job.error.title}. {job.error.detail}" if job.error else ""
    return f"job {job.id} {job.status}{why}"
