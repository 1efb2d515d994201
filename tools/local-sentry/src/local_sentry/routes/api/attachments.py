"""Attachments of events: listed and downloaded."""

from sqlite3 import Connection
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response

from local_sentry.protocol.lenient_json import Document
from local_sentry.routes.api import resources
from local_sentry.routes.api.exchange import blobs_of, json_response, one_page, read
from local_sentry.routes.api.places import project_of
from local_sentry.routes.api.problems import NotFoundError
from local_sentry.routes.api.resources import resource
from local_sentry.services import ids
from local_sentry.services.timestamps import isoformat
from local_sentry.store import attachments
from local_sentry.store.blobs import BlobMissingError


def _shape(found: attachments.Attachment) -> Document:
    return {
        "id": str(found.id),
        "event_id": found.event_id.hex(),
        "type": found.type,
        "name": found.name,
        "mimetype": found.content_type or "application/octet-stream",
        "dateCreated": isoformat(found.received),
        "size": found.size,
        "headers": {"Content-Type": found.content_type or "application/octet-stream"},
        "sha1": found.sha1.hex(),
    }


def _of_event(connection: Connection, request: Request) -> list[attachments.Attachment]:
    _, project = project_of(connection, request)
    event_id = ids.event_id(request.path_params["event"])
    if event_id is None:
        raise NotFoundError
    return attachments.of_event(connection, project.id, event_id)


async def list_attachments(request: Request) -> Response:
    """`GET /api/0/projects/{org}/{project}/events/{event}/attachments/`."""
    found = await read(request, lambda connection: _of_event(connection, request))
    return one_page(request, [_shape(each) for each in found])


async def get_attachment(request: Request) -> Response:
    """`GET …/attachments/{attachment}/`; with `download`, its bytes, never shown inline."""
    blobs = blobs_of(request)
    wanted = request.path_params["attachment"]
    found = await read(request, lambda connection: _of_event(connection, request))
    one = next((each for each in found if str(each.id) == wanted), None)
    if one is None:
        raise NotFoundError
    if "download" not in request.query_params:
        return json_response(_shape(one))
    try:
        content = await read(request, lambda _: blobs.get(one.blob))
    except BlobMissingError as error:
        raise NotFoundError(str(error)) from error
    disposition = f"attachment; filename*=UTF-8''{quote(one.name, safe='')}"
    return Response(
        content,
        headers={"content-disposition": disposition},
        media_type="application/octet-stream",
    )


_EVENT = "/projects/{organization}/{project}/events/{event}"

routes = [
    resource(f"{_EVENT}/attachments/", resources.EVENT, get=list_attachments),
    resource(f"{_EVENT}/attachments/{{attachment}}/", resources.EVENT, get=get_attachment),
]
