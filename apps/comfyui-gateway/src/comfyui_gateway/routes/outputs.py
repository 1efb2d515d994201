"""Finished files, served with ranges and validators."""

import asyncio
from collections.abc import Mapping
from typing import Annotated
from urllib.parse import quote
from uuid import UUID

from fastapi import APIRouter, Header, Query, Request, Response
from starlette.responses import FileResponse

from comfyui_gateway.models import Job, StoredOutput
from comfyui_gateway.problems import OutputUnknown
from comfyui_gateway.routes.dependencies import TheGateway
from comfyui_gateway.services.gateway import Gateway

router = APIRouter(prefix="/api/jobs/{job_id}/outputs", tags=["outputs"])

_IN_ONE_PIECE = 1024 * 1024
_SHOWN_IN_PLACE = ("image/png", "image/jpeg", "image/webp", "image/gif", "image/avif")
_SHOWN_PREFIXES = ("video/", "audio/")


@router.api_route(
    "/{name}",
    methods=["GET", "HEAD"],
    summary="Fetch a finished file",
    response_class=FileResponse,
    operation_id="fetch_output",
)
async def fetch_output(
    job_id: UUID,
    name: str,
    gateway: TheGateway,
    request: Request,
    if_none_match: Annotated[str | None, Header()] = None,
    download: Annotated[bool, Query(description="Save it instead of showing it.")] = False,
) -> Response:
    """The bytes of an output. It never changes; its ETag is its SHA-256."""
    output = _output_of(await gateway.store.get(job_id), name)
    if if_none_match is not None and _matches(if_none_match, output.sha256):
        return Response(status_code=304, headers=_headers(output, download=download))
    return await output_answer(
        gateway, output, whole="range" not in request.headers, download=download
    )


async def output_answer(
    gateway: Gateway,
    output: StoredOutput,
    *,
    whole: bool,
    download: bool = False,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """The bytes of an output as a response.

    Args:
        gateway: Who keeps it.
        output: Which.
        whole: No range of it is asked for.
        download: To be saved rather than shown.
        headers: Further ones.

    Raises:
        OutputMissing: it is not where it was put.
    """
    path = gateway.outputs.locate(output)
    headers = {**_headers(output, download=download), **(headers or {})}
    if output.bytes <= _IN_ONE_PIECE and whole:
        # One trip to a thread instead of one for each of stat, open, read and close.
        content = await asyncio.to_thread(path.read_bytes)
        return Response(content, media_type=output.media_type, headers=headers)
    return FileResponse(path, media_type=output.media_type, headers=headers)


def _headers(output: StoredOutput, *, download: bool) -> dict[str, str]:
    return {
        "etag": f'"{output.sha256}"',
        "cache-control": "private, max-age=31536000, immutable",
        "x-content-type-options": "nosniff",
        "content-security-policy": "default-src 'none'; sandbox",
        "content-disposition": _disposition(output, download=download),
        "accept-ranges": "bytes",
    }


def _output_of(job: Job, name: str) -> StoredOutput:
    for output in job.outputs:
        if output.name == name:
            return output
    raise OutputUnknown(
        f"The job has no output called {name!r}; its document lists those it has, "
        "once it has succeeded."
    )


def _disposition(output: StoredOutput, *, download: bool) -> str:
    shown = output.media_type in _SHOWN_IN_PLACE or output.media_type.startswith(_SHOWN_PREFIXES)
    kind = "inline" if shown and not download else "attachment"
    return f"{kind}; filename=\"{output.name}\"; filename*=UTF-8''{quote(output.name)}"


def _matches(header: str, sha256: str) -> bool:
    tags = [tag.strip().removeprefix("W/").strip('"') for tag in header.split(",")]
    return "*" in tags or sha256 in tags
