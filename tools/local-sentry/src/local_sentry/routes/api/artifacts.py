"""What was uploaded: the artifact bundles of a project, their files, and where a file is found.

Shapes and meaning are those of Sentry's `artifact_bundles`, `artifact_bundle_files` and
`artifact_lookup` endpoints (https://github.com/getsentry/sentry, `src/sentry/api/endpoints`).
"""

import base64
import uuid
from sqlite3 import Connection

from starlette.requests import Request
from starlette.responses import Response

from local_sentry.protocol.lenient_json import Document
from local_sentry.routes.api import resources
from local_sentry.routes.api.exchange import (
    base_url,
    json_response,
    link_header,
    one_page,
    page_of,
    read,
)
from local_sentry.routes.api.places import project_of
from local_sentry.routes.api.problems import NotFoundError
from local_sentry.routes.api.resources import resource
from local_sentry.services.bundle_archive import parse_debug_id
from local_sentry.services.timestamps import isoformat
from local_sentry.store import artifacts
from local_sentry.store.artifacts import ArtifactFile, BundleSummary

# Sentry's numbers for the types of files.
_TYPES = {"source": 1, "minified_source": 2, "source_map": 3, "indexed_ram_bundle": 4}


async def list_bundles(request: Request) -> Response:
    """`GET …/files/artifact-bundles/`: `query` is part of a release or of a bundle's id."""
    wanted = request.query_params.get("query", "")

    def query(connection: Connection) -> list[Document]:
        _, project = project_of(connection, request)
        return [_bundle(each) for each in artifacts.bundles(connection, project.id, wanted)]

    return one_page(request, await read(request, query), default=10)


async def list_files(request: Request) -> Response:
    """`GET …/artifact-bundles/{bundle}/files/`: a page of a bundle's files."""
    limit, offset = page_of(request)
    wanted = parse_debug_id(request.path_params["bundle"])

    def query(connection: Connection) -> tuple[Document, bool]:
        _, project = project_of(connection, request)
        known = artifacts.bundles(connection, project.id, "")
        found = next((each for each in known if each.bundle_id == wanted), None)
        if found is None:
            raise NotFoundError
        files = artifacts.files(connection, found.id)
        page = [_file(each) for each in files[offset : offset + limit]]
        return _bundle(found) | {"files": page}, len(files) > offset + limit

    shape, more = await read(request, query)
    return json_response(shape, {"link": link_header(request, offset, limit, more=more)})


async def look_up(request: Request) -> Response:
    """`GET …/artifact-lookup/`: bundles with a file, by `debug_id`, or by `url` and `release`."""
    parameters = request.query_params
    debug_id = parse_debug_id(parameters.get("debug_id"))

    def query(connection: Connection) -> list[Document]:
        _, project = project_of(connection, request)
        found = artifacts.holding(
            connection,
            project.id,
            debug_id=debug_id,
            url=parameters.get("url", ""),
            version=parameters.get("release", ""),
            dist=parameters.get("dist", ""),
        )
        here = f"{base_url(request)}{request.url.path}"
        return [
            {
                "id": f"artifact_bundle/{number}",
                "type": "bundle",
                "url": f"{here}?download=artifact_bundle/{number}",
                "resolved_with": "debug-id" if debug_id is not None else "release",
            }
            for number in found
        ]

    return json_response(await read(request, query))


def _bundle(found: BundleSummary) -> Document:
    moment = isoformat(found.received)
    return {
        "bundleId": str(uuid.UUID(bytes=found.bundle_id)),
        "associations": [
            {"release": version, "dist": dist or None}
            for version, dist in found.associations
            if version
        ],
        "fileCount": found.file_count,
        "dateModified": moment,
        "date": moment,
    }


def _file(found: ArtifactFile) -> Document:
    return {
        "id": base64.urlsafe_b64encode(found.path.encode()).decode(),
        "debugId": str(uuid.UUID(bytes=found.debug_id)) if found.debug_id else None,
        "filePath": found.url,
        "fileSize": found.size,
        "fileType": _TYPES.get(found.type, 0),
        "sourcemap": found.source_map or None,
    }


_PROJECT = "/projects/{organization}/{project}"

routes = [
    resource(f"{_PROJECT}/files/artifact-bundles/", resources.RELEASE, get=list_bundles),
    resource(f"{_PROJECT}/artifact-bundles/{{bundle}}/files/", resources.RELEASE, get=list_files),
    resource(f"{_PROJECT}/artifact-lookup/", resources.RELEASE, get=look_up),
]
