"""What a project does not take in: `…/filters/`, and the globs in its `options`."""

from sqlite3 import Connection

from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import Response

from local_sentry.protocol.lenient_json import Document
from local_sentry.routes.api import resources
from local_sentry.routes.api.exchange import json_response, read, write
from local_sentry.routes.api.places import project_of
from local_sentry.routes.api.problems import NotFoundError
from local_sentry.routes.api.resources import resource, taking
from local_sentry.services import inbound_filters
from local_sentry.store import project_options
from local_sentry.store.session import WriteSession


class FilterBody(BaseModel):
    """The body that switches a filter."""

    active: bool


async def list_filters(request: Request) -> Response:
    """`GET /api/0/projects/{org}/{project}/filters/`."""

    def query(connection: Connection) -> list[Document]:
        _, project = project_of(connection, request)
        options = project_options.of_project(connection, project.id)
        return [
            {"id": name, "active": inbound_filters.is_on(options, name)}
            for name in inbound_filters.SWITCHES
        ]

    return json_response(await read(request, query))


async def set_filter(request: Request, wanted: FilterBody) -> Response:
    """`PUT /api/0/projects/{org}/{project}/filters/{filter}/`."""
    name = request.path_params["filter"]

    def command(session: WriteSession) -> None:
        _, project = project_of(session.connection, request)
        if name not in inbound_filters.SWITCHES:
            raise NotFoundError
        project_options.put(session, project.id, inbound_filters.switched(name, on=wanted.active))

    await write(request, command)
    return Response(status_code=204)


_FILTERS = "/projects/{organization}/{project}/filters"

routes = [
    resource(f"{_FILTERS}/", resources.PROJECT, get=list_filters),
    resource(f"{_FILTERS}/{{filter}}/", resources.PROJECT, put=taking(FilterBody, set_filter)),
]
