"""Jobs as JSON documents."""

from urllib.parse import quote

import orjson
from fastapi import Response

from comfyui_gateway.models import (
    Job,
    JobChange,
    JobDocument,
    OutputDocument,
    Progress,
    StoredOutput,
)

JSON_HEADERS = {"cache-control": "no-store"}


def job_document(job: Job, change: JobChange | None = None) -> JobDocument:
    """The document of a job, with the newest progress heard of it."""
    return JobDocument.model_construct(
        id=job.id,
        workflow_id=job.workflow_id,
        status=job.status,
        progress=_progress(job, change),
        outputs=[
            OutputDocument.model_construct(
                name=output.name,
                media_type=output.media_type,
                bytes=output.bytes,
                sha256=output.sha256,
                url=output_url(job, output),
            )
            for output in job.outputs
        ],
        error=job.error,
        trace_id=job.trace_id,
        created_at=job.created_at,
        started_at=job.started_at,
        finished_at=job.finished_at,
    )


def output_url(job: Job, output: StoredOutput) -> str:
    """Where an output of a job is fetched."""
    return f"/api/jobs/{job.id}/outputs/{quote(output.name)}"


def encode_job(job: Job, change: JobChange | None = None) -> bytes:
    """The document of a job as JSON."""
    document = job_document(job, change)
    return orjson.dumps(
        {
            "id": str(document.id),
            "workflow_id": document.workflow_id,
            "status": document.status,
            "progress": {
                "fraction": document.progress.fraction,
                "stage": document.progress.stage,
                "detail": document.progress.detail,
            },
            "outputs": [vars(output) for output in document.outputs],
            "error": None if document.error is None else document.error.as_json(),
            "trace_id": document.trace_id,
            "created_at": document.created_at,
            "started_at": document.started_at,
            "finished_at": document.finished_at,
        }
    )


def job_answer(
    job: Job, change: JobChange | None = None, *, status: int = 200, **headers: str
) -> Response:
    """The document of a job as a response."""
    return Response(
        encode_job(job, change),
        status_code=status,
        media_type="application/json",
        headers={**JSON_HEADERS, **headers},
    )


def _progress(job: Job, change: JobChange | None) -> Progress:
    if job.finished:
        fraction = 1.0 if job.status == "succeeded" else 0.0
        return Progress(fraction=fraction, stage="done")
    if change is not None and change.progress is not None and change.attempt == job.attempt:
        return change.progress
    if job.status == "running":
        return Progress(fraction=0.0, stage="comfyui")
    if job.attempt:
        return Progress(fraction=0.0, stage="waiting", detail="Waits for another attempt")
    return Progress(fraction=0.0, stage="queued")
