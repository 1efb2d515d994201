"""Uploads in chunks, and artifact bundles put together from them, as `sentry-cli` speaks it."""

import zlib
from collections.abc import AsyncGenerator
from sqlite3 import Connection

from pydantic import BaseModel, Field, RootModel
from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import Request
from starlette.responses import Response

from local_sentry.routes.api import resources
from local_sentry.routes.api.exchange import base_url, json_response, read
from local_sentry.routes.api.places import organization_of, project_of
from local_sentry.routes.api.problems import (
    BadParameterError,
    InvalidBodyError,
    TooLargeBodyError,
)
from local_sentry.routes.api.resources import resource, taking
from local_sentry.services.artifact_bundles import (
    MAX_BUNDLE_BYTES,
    MAX_CHUNK_BYTES,
    ArtifactBundles,
    Assemble,
    InvalidChunkError,
)
from local_sentry.store import catalog

_CHUNKS_PER_REQUEST = 64
_LARGEST_REQUEST = 32 * 1024 * 1024
_MOST_CHUNKS = 100_000
_ACCEPTED = (
    "debug_files", "release_files", "sources", "artifact_bundles", "artifact_bundles_v2",
)  # fmt: skip


async def get_upload(request: Request) -> Response:
    """`GET …/chunk-upload/`: where and how to upload."""
    await read(request, lambda connection: organization_of(connection, request))
    return json_response(
        {
            "url": f"{base_url(request)}{request.url.path}",
            "chunkSize": MAX_CHUNK_BYTES,
            "chunksPerRequest": _CHUNKS_PER_REQUEST,
            "maxFileSize": MAX_BUNDLE_BYTES,
            "maxRequestSize": _LARGEST_REQUEST,
            "concurrency": 4,
            "hashAlgorithm": "sha1",
            "compression": ["gzip"],
            "accept": list(_ACCEPTED),
        }
    )


async def _bounded(request: Request) -> AsyncGenerator[bytes, None]:
    size = 0
    async for piece in request.stream():
        size += len(piece)
        # The parts' headers come on top of the chunks.
        if size > _LARGEST_REQUEST + 1024 * 1024:
            raise TooLargeBodyError(f"A request may have {_LARGEST_REQUEST} bytes of chunks.")
        yield piece


def _unzipped(data: bytes) -> bytes:
    """A gzip chunk's content, of which more than a chunk may have is not even unpacked."""
    stream = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
    try:
        content = stream.decompress(data, MAX_CHUNK_BYTES + 1)
    except zlib.error as error:
        raise BadParameterError(f"A chunk is no gzip: {error}") from error
    if len(content) > MAX_CHUNK_BYTES:
        raise BadParameterError(f"A chunk may have {MAX_CHUNK_BYTES} bytes.")
    if not stream.eof:
        raise BadParameterError("A chunk's gzip ends too early.")
    return content


async def upload(request: Request) -> Response:
    """`POST …/chunk-upload/`: parts named `file` or `file_gzip`, called by their SHA-1."""
    await read(request, lambda connection: organization_of(connection, request))
    bundles: ArtifactBundles = request.app.state.bundles
    if "multipart/form-data" not in request.headers.get("content-type", ""):
        raise BadParameterError("Chunks come as multipart/form-data.")
    try:
        parser = MultiPartParser(
            request.headers, _bounded(request), max_files=_CHUNKS_PER_REQUEST, max_fields=10
        )
        form = await parser.parse()
    except (MultiPartException, KeyError, ValueError) as error:
        raise BadParameterError(f"The multipart body is broken: {error}") from error
    try:
        for field, part in form.multi_items():
            if not isinstance(part, UploadFile):
                continue
            data = await part.read()
            content = _unzipped(data) if field == "file_gzip" else data
            await bundles.add_chunk(part.filename or "", content)
    except InvalidChunkError as error:
        raise BadParameterError(str(error)) from error
    finally:
        await form.close()
    return Response(status_code=200)


class AssembleBody(BaseModel):
    """Which chunks make up a bundle, and what it is for."""

    checksum: str = Field(pattern="^[0-9a-f]{40}$")
    chunks: list[str] = Field(max_length=_MOST_CHUNKS)
    projects: list[str] = Field(min_length=1, max_length=100)
    version: str | None = Field(default=None, max_length=250)
    dist: str | None = Field(default=None, max_length=64)


async def assemble(request: Request, wanted: AssembleBody) -> Response:
    """`POST …/artifactbundle/assemble/`: puts a bundle together, or says what is missing."""
    bundles: ArtifactBundles = request.app.state.bundles

    def query(connection: Connection) -> list[int]:
        owner = organization_of(connection, request)
        found = [catalog.project(connection, owner.id, name) for name in wanted.projects]
        if None in found:
            raise InvalidBodyError({"projects": ["One or more projects are invalid"]})
        return [project.id for project in found if project is not None]

    project_ids = await read(request, query)
    done = await bundles.assemble(
        Assemble(
            wanted.checksum,
            tuple(wanted.chunks),
            tuple(project_ids),
            wanted.version or "",
            wanted.dist or "",
        )
    )
    return json_response(
        {"state": done.state, "missingChunks": list(done.missing), "detail": done.detail}
    )


class DebugFiles(RootModel[dict[str, dict[str, object]]]):
    """Debug files by their checksum."""


async def assemble_debug_files(request: Request, wanted: DebugFiles) -> Response:
    """`POST …/files/difs/assemble/`: no native code runs here, so no debug file is kept."""
    await read(request, lambda connection: project_of(connection, request))
    detail = "local-sentry keeps no debug files. Upload sources with: sentry-cli sourcemaps upload"
    return json_response(
        {
            checksum: {"state": "error", "missingChunks": [], "detail": detail}
            for checksum in list(wanted.root)[:1000]
        }
    )


_ORGANIZATION = "/organizations/{organization}"

routes = [
    resource(f"{_ORGANIZATION}/chunk-upload/", resources.RELEASE, get=get_upload, post=upload),
    resource(
        f"{_ORGANIZATION}/artifactbundle/assemble/",
        resources.RELEASE,
        post=taking(AssembleBody, assemble),
    ),
    resource(
        "/projects/{organization}/{project}/files/difs/assemble/",
        resources.RELEASE,
        post=taking(DebugFiles, assemble_debug_files),
    ),
]
