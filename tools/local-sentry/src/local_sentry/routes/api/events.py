"""Events: of an issue, of a project, by their id; in full and as rows of a list."""

from sqlite3 import Connection

from starlette.requests import Request
from starlette.responses import Response

from local_sentry.protocol.lenient_json import (
    Document,
    JsonObject,
    as_object,
    parse,
    trimmed,
)
from local_sentry.routes import event_shape
from local_sentry.routes.api import resources
from local_sentry.routes.api.exchange import blobs_of, json_response, link_header, page_of, read
from local_sentry.routes.api.periods import environments_of, period_of
from local_sentry.routes.api.places import find_issue, organization_of, project_of
from local_sentry.routes.api.problems import NotFoundError
from local_sentry.routes.api.resources import resource
from local_sentry.services import ids
from local_sentry.services.completion import complete_frames
from local_sentry.services.search import parse_query
from local_sentry.store import catalog, event_search, events, issues
from local_sentry.store.blobs import Blobs


def find_event(
    connection: Connection, blobs: Blobs, issue_id: int, name: str
) -> tuple[events.StoredEvent, JsonObject, int]:
    """An event of an issue by id, or `latest`, `oldest`, `recommended`; its payload and its size.

    Raises:
        NotFoundError: there is none.
    """
    found: events.StoredEvent | None = None
    if name in ("latest", "recommended"):
        found = events.latest(connection, issue_id)
    elif name == "oldest":
        found = events.oldest(connection, issue_id)
    elif (event_id := ids.event_id(name)) is not None:
        found = events.of_issue(connection, issue_id, event_id)
    if found is None:
        raise NotFoundError("Event not found")
    payload, size = _payload(connection, blobs, found)
    return found, payload, size


def _payload(
    connection: Connection, blobs: Blobs | None, found: events.StoredEvent
) -> tuple[JsonObject, int]:
    data = events.payload(connection, found.row)
    payload = as_object(trimmed(parse(data)))
    if blobs is not None:
        complete_frames(connection, blobs, found.project_id, payload)
    return payload, len(data)


def in_full(connection: Connection, blobs: Blobs | None, found: events.StoredEvent) -> Document:
    """An event with everything it holds; without `blobs`, its frames as they were stored."""
    payload, size = _payload(connection, blobs, found)
    previous, following = None, None
    shape: Document = {}
    if found.issue_id is not None:
        previous, following = events.neighbours(connection, found)
        issue = issues.get(connection, str(found.issue_id))
        if issue is not None:
            shape = {"metadata": issue.metadata, "culprit": issue.culprit}
    return (
        event_shape.event(
            found,
            payload,
            events.tags(connection, found.row),
            size=size,
            previous=previous,
            following=following,
        )
        | shape
    )


def in_list(
    connection: Connection, blobs: Blobs, found: events.StoredEvent, *, full: bool
) -> Document:
    """An event as lists show it; with `full`, as it is by itself."""
    shape = in_full(connection, blobs if full else None, found)
    if full:
        return shape
    names = (
        "id", "groupID", "eventID", "projectID", "message", "title", "location", "culprit",
        "user", "tags", "platform", "dateCreated", "crashFile", "metadata",
    )  # fmt: skip
    return {"event.type": found.kind} | {name: shape[name] for name in names}


async def get_issue_event(request: Request) -> Response:
    """`GET /api/0/organizations/{org}/issues/{issue}/events/{event}/`."""
    blobs = blobs_of(request)

    def query(connection: Connection) -> Document:
        issue = find_issue(connection, request)
        found, _, _ = find_event(connection, blobs, issue.id, request.path_params["event"])
        return in_full(connection, blobs, found)

    return json_response(await read(request, query))


async def list_events(request: Request) -> Response:
    """`GET …/issues/{issue}/events/` and `GET /api/0/projects/{org}/{project}/events/`."""
    limit, offset = page_of(request)
    full = request.query_params.get("full", "").lower() in ("1", "true")
    period, blobs = period_of(request), blobs_of(request)

    def query(connection: Connection) -> tuple[list[Document], bool]:
        issue_id, project_id = None, None
        if "issue" in request.path_params:
            issue_id = find_issue(connection, request).id
        else:
            project_id = project_of(connection, request)[1].id
        wanted = event_search.EventQuery(
            condition=parse_query(request.query_params.get("query", "")),
            now=period.now,
            issue_id=issue_id,
            project_id=project_id,
            environments=environments_of(request),
            since=period.since,
            until=period.until,
            limit=limit,
            offset=offset,
        )
        found, more = event_search.find(connection, wanted)
        return [in_list(connection, blobs, each, full=full) for each in found], more

    found, more = await read(request, query)
    return json_response(found, {"link": link_header(request, offset, limit, more=more)})


def _named_event(
    connection: Connection, request: Request, project_ids: list[int]
) -> events.StoredEvent:
    event_id = ids.event_id(request.path_params["event"])
    for project_id in project_ids:
        if event_id is not None:
            found = events.of_project(connection, project_id, event_id)
            if found is not None:
                return found
    raise NotFoundError("Event not found")


def event_of_project(
    connection: Connection, blobs: Blobs, request: Request
) -> tuple[events.StoredEvent, JsonObject]:
    """The event that the address names by project and id, with its payload.

    Raises:
        NotFoundError: there is none.
    """
    _, project = project_of(connection, request)
    found = _named_event(connection, request, [project.id])
    return found, _payload(connection, blobs, found)[0]


async def get_project_event(request: Request) -> Response:
    """`GET /api/0/projects/{org}/{project}/events/{event}/`."""
    blobs = blobs_of(request)

    def query(connection: Connection) -> Document:
        _, project = project_of(connection, request)
        return in_full(connection, blobs, _named_event(connection, request, [project.id]))

    return json_response(await read(request, query))


async def get_event_id(request: Request) -> Response:
    """`GET /api/0/organizations/{org}/eventids/{event}/`: where an event is."""
    blobs = blobs_of(request)

    def query(connection: Connection) -> Document:
        owner = organization_of(connection, request)
        numbers = [project.id for project in catalog.projects(connection, owner.id)]
        found = _named_event(connection, request, numbers)
        if found.issue_id is None:
            raise NotFoundError("Event not found")
        return {
            "organizationSlug": owner.slug,
            "projectSlug": found.project_slug,
            "groupId": str(found.issue_id),
            "eventId": found.event_id,
            "event": in_full(connection, blobs, found),
        }

    return json_response(await read(request, query))


_ORGANIZATION = "/organizations/{organization}"
_PROJECT = "/projects/{organization}/{project}"

routes = [
    *(
        route
        for where in (_ORGANIZATION, "")
        for route in (
            resource(f"{where}/issues/{{issue}}/events/", resources.EVENT, get=list_events),
            resource(
                f"{where}/issues/{{issue}}/events/{{event}}/", resources.EVENT, get=get_issue_event
            ),
        )
    ),
    resource(f"{_PROJECT}/events/", resources.EVENT, get=list_events),
    resource(f"{_PROJECT}/events/{{event}}/", resources.EVENT, get=get_project_event),
    resource(
        f"{_ORGANIZATION}/events/{{project}}:{{event}}/", resources.EVENT, get=get_project_event
    ),
    resource(f"{_ORGANIZATION}/eventids/{{event}}/", resources.EVENT, get=get_event_id),
]
