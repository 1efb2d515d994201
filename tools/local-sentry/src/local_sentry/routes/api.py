"""Sentry's read API, `/api/0/…`."""

import time
from collections.abc import Callable
from functools import partial
from sqlite3 import Connection
from typing import TypeVar
from urllib.parse import urlencode

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from local_sentry.protocol.lenient_json import (
    Document,
    JsonObject,
    as_object,
    dump,
    parse,
    trimmed,
)
from local_sentry.routes import event_shape, shapes, trace_shape
from local_sentry.services import ids
from local_sentry.services.periods import parse_period
from local_sentry.services.search import InvalidQueryError, parse_query
from local_sentry.services.timestamps import isoformat
from local_sentry.services.traces import Trace, build_trace
from local_sentry.store import catalog, events, issue_search, issues, spans
from local_sentry.store.readers import Readers

MAX_TRACE_SPANS = 10_000
_T = TypeVar("_T")


class NotFoundError(Exception):
    """There is nothing at that address; Sentry says so in one sentence."""


class BadParameterError(ValueError):
    """A query parameter cannot be understood."""


def json_response(value: object, headers: dict[str, str] | None = None) -> Response:
    """A JSON answer."""
    return Response(dump(value), media_type="application/json", headers=headers)


def base_url(request: Request) -> str:
    """The address the client used, without a slash at the end."""
    return str(request.base_url).rstrip("/")


async def read(request: Request, query: Callable[[Connection], _T]) -> _T:
    """Runs a reading function for a request, with a connection of the server's readers."""
    readers: Readers = request.app.state.readers
    return await readers.run(query)


def _organization(connection: Connection, request: Request) -> catalog.Organization:
    found = catalog.organization(connection)
    if request.path_params.get("organization") not in (found.slug, str(found.id)):
        raise NotFoundError("The requested resource does not exist")
    return found


async def list_organizations(request: Request) -> Response:
    """`GET /api/0/organizations/`."""
    found = await read(request, catalog.organization)
    return json_response([shapes.organization(found, base_url(request))])


async def list_projects(request: Request) -> Response:
    """`GET /api/0/organizations/{org}/projects/`."""

    def query(connection: Connection) -> list[Document]:
        _organization(connection, request)
        owner = catalog.team(connection)
        return [
            shapes.project(
                found,
                owner,
                catalog.environments(connection, found.id),
                catalog.latest_release(connection, found.id),
            )
            for found in catalog.projects(connection)
        ]

    return json_response(await read(request, query))


async def list_keys(request: Request) -> Response:
    """`GET /api/0/projects/{org}/{project}/keys/`."""

    def query(connection: Connection) -> list[Document]:
        _organization(connection, request)
        project = catalog.project(connection, request.path_params["project"])
        if project is None:
            raise NotFoundError("The requested resource does not exist")
        url = request.base_url
        return [
            shapes.project_key(key, url.scheme, url.netloc)
            for key in catalog.keys(connection, project.id)
        ]

    return json_response(await read(request, query))


def _whole_number(request: Request, name: str, default: int, most: int) -> int:
    text = request.query_params.get(name, "")
    if not text:
        return default
    if not (text.isascii() and text.isdigit()) or len(text) > 6:
        raise BadParameterError(f"{name} must be a whole number")
    return max(1, min(int(text), most))


def _offset(request: Request) -> int:
    """The place that a cursor `0:{offset}:{is previous}` names."""
    cursor = request.query_params.get("cursor", "")
    parts = cursor.split(":")
    if not cursor:
        return 0
    if len(parts) != 3 or not (parts[1].isascii() and parts[1].isdigit()) or len(parts[1]) > 9:
        raise BadParameterError("Invalid cursor parameter.")
    return int(parts[1])


def link_header(request: Request, offset: int, limit: int, *, more: bool) -> str:
    """Sentry's `Link` header, by which clients turn pages."""
    links = []
    for rel, cursor, results in (
        ("previous", f"0:{max(0, offset - limit)}:1", offset > 0),
        ("next", f"0:{offset + limit}:0", more),
    ):
        parameters = [(k, v) for k, v in request.query_params.multi_items() if k != "cursor"]
        url = (
            f"{base_url(request)}{request.url.path}?{urlencode([*parameters, ('cursor', cursor)])}"
        )
        found = "true" if results else "false"
        links.append(f'<{url}>; rel="{rel}"; results="{found}"; cursor="{cursor}"')
    return ", ".join(links)


def issue_query(
    connection: Connection, request: Request, *, default: str, limit: int, offset: int
) -> issue_search.IssueQuery:
    """The search that a request's parameters describe.

    Raises:
        InvalidQueryError: the search text cannot be understood.
        BadParameterError: another parameter cannot be.
    """
    parameters = request.query_params
    now = time.time_ns() // 1000
    projects = []
    for name in [*parameters.getlist("project"), *parameters.getlist("projectSlug")]:
        if name in ("-1", ""):
            continue
        project = catalog.project(connection, name)
        if project is None:
            raise BadParameterError(f"There is no project {name!r}.")
        projects.append(project.id)
    period = parameters.get("statsPeriod", "")
    length = parse_period(period) if period else None
    if period and length is None:
        raise BadParameterError("Invalid statsPeriod. It is written like 24h or 14d.")
    sort = parameters.get("sort") or "date"
    if sort not in issue_search.SORTS:
        raise BadParameterError(f"Invalid sort. It may be one of {', '.join(issue_search.SORTS)}.")
    return issue_search.IssueQuery(
        condition=parse_query(parameters.get("query", default)),
        now=now,
        project_ids=tuple(projects),
        environments=tuple(filter(None, parameters.getlist("environment"))),
        since=now - abs(length) if length is not None else None,
        sort=sort,
        offset=offset,
        limit=limit,
    )


async def list_issues(request: Request) -> Response:
    """`GET /api/0/organizations/{org}/issues/`."""
    limit = _whole_number(request, "limit", _whole_number(request, "per_page", 25, 100), 100)
    offset = _offset(request)

    def query(connection: Connection) -> tuple[list[Document], bool]:
        _organization(connection, request)
        wanted = issue_query(
            connection, request, default="is:unresolved", limit=limit, offset=offset
        )
        found, more = issue_search.find(connection, wanted)
        since = wanted.now // issues.HOUR - 24
        hours = issues.hourly(connection, [issue.id for issue in found], since)
        return [
            shapes.issue(issue, base_url(request))
            | {
                "stats": {"24h": shapes.hourly_stats(hours[issue.id], wanted.now, 24)},
                "lifetime": {
                    "count": str(issue.times_seen),
                    "userCount": issue.users_seen,
                    "firstSeen": isoformat(issue.first_seen),
                    "lastSeen": isoformat(issue.last_seen),
                    "stats": {},
                },
                "filtered": None,
            }
            for issue in found
        ], more

    found, more = await read(request, query)
    return json_response(
        found,
        {"link": link_header(request, offset, limit, more=more), "x-max-hits": "1000"},
    )


def find_issue(connection: Connection, request: Request) -> issues.Issue:
    """The issue that the address names.

    Raises:
        NotFoundError: there is none.
    """
    found = issues.get(connection, request.path_params["issue"])
    if found is None:
        raise NotFoundError("The requested resource does not exist")
    return found


async def get_issue(request: Request) -> Response:
    """`GET /api/0/organizations/{org}/issues/{issue}/`, also without the organization."""

    def query(connection: Connection) -> Document:
        found = find_issue(connection, request)
        now = time.time_ns() // 1000
        hours = issues.hourly(connection, [found.id], now // issues.HOUR - 24 * 30)[found.id]
        keys = dict.fromkeys(t.key for t in issues.tag_values(connection, found.id, per_key=1))
        first, last = found.first_release, found.last_release
        return shapes.issue(found, base_url(request)) | {
            "activity": [
                {
                    "id": "0",
                    "type": "first_seen",
                    "user": None,
                    "data": {},
                    "dateCreated": isoformat(found.first_seen),
                }
            ],
            "firstRelease": {"version": first} if first else None,
            "lastRelease": {"version": last} if last else None,
            "tags": [{"key": key, "name": key, "totalValues": found.times_seen} for key in keys],
            "stats": {
                "24h": shapes.hourly_stats(hours, now, 24),
                "30d": shapes.daily_stats(hours, now, 30),
            },
            "seenBy": [],
            "participants": [],
            "userReportCount": 0,
            "pluginActions": [],
            "pluginIssues": [],
            "pluginContexts": [],
        }

    return json_response(await read(request, query))


def find_event(
    connection: Connection, issue_id: int, name: str
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
    data = events.payload(connection, found.row)
    return found, as_object(trimmed(parse(data))), len(data)


async def get_issue_event(request: Request) -> Response:
    """`GET /api/0/organizations/{org}/issues/{issue}/events/{event}/`."""

    def query(connection: Connection) -> Document:
        issue = find_issue(connection, request)
        found, payload, size = find_event(connection, issue.id, request.path_params["event"])
        previous, following = events.neighbours(connection, found)
        shape = event_shape.event(
            found,
            payload,
            events.tags(connection, found.row),
            size=size,
            previous=previous,
            following=following,
        )
        return shape | {"metadata": issue.metadata, "culprit": issue.culprit}

    return json_response(await read(request, query))


def load_trace(connection: Connection, trace_id: bytes, limit: int) -> Trace:
    """A trace with all its spans and errors, up to a limit of each."""
    return build_trace(
        trace_id.hex(),
        spans.of_trace(connection, trace_id, limit),
        events.errors_of_trace(connection, trace_id, limit),
    )


def requested_trace(request: Request) -> bytes:
    """The trace id of the address.

    Raises:
        NotFoundError: it is no trace id.
    """
    found = ids.trace_id(request.path_params["trace"])
    if found is None:
        raise NotFoundError("A trace id is 32 hexadecimal digits")
    return found


async def get_trace(request: Request) -> Response:
    """`GET /api/0/organizations/{org}/trace/{trace_id}/`."""
    trace_id = requested_trace(request)

    def query(connection: Connection) -> bytes:
        return trace_shape.trace(load_trace(connection, trace_id, MAX_TRACE_SPANS))

    return Response(await read(request, query), media_type="application/json")


async def get_trace_meta(request: Request) -> Response:
    """`GET /api/0/organizations/{org}/trace-meta/{trace_id}/`."""
    trace_id = requested_trace(request)
    found = await read(request, partial(load_trace, trace_id=trace_id, limit=MAX_TRACE_SPANS))
    by_op: dict[str, int] = {}
    children: dict[str, int] = {}
    for node in found.rows:
        by_op[node.span.op] = by_op.get(node.span.op, 0) + 1
        children[node.span.segment_id] = children.get(node.span.segment_id, 0) + 1
    return json_response(
        {
            "errorsCount": len(found.loose_errors) + sum(len(n.errors) for n in found.rows),
            "logsCount": 0,
            "metricsCount": 0,
            "performanceIssuesCount": 0,
            "uptimeCount": 0,
            "spansCount": len(found.rows),
            "spansCountMap": by_op,
            "transactionChildCountMap": [
                {"transaction.event_id": segment, "count()": count}
                for segment, count in children.items()
            ],
        }
    )


async def not_implemented(request: Request) -> Response:
    """Any other address below `/api/0/`."""
    raise NotFoundError("The requested resource does not exist")


def on_api_error(request: Request, error: Exception) -> Response:
    """Errors of the API in Sentry's shape, `{"detail": …}`."""
    status = 404 if isinstance(error, NotFoundError) else 400
    body = orjson.dumps({"detail": str(error)})
    return Response(body, status_code=status, media_type="application/json")


_ORGANIZATION = "/api/0/organizations/{organization}"

routes = [
    Route("/api/0/organizations/", list_organizations),
    Route(f"{_ORGANIZATION}/projects/", list_projects),
    Route("/api/0/projects/{organization}/{project}/keys/", list_keys),
    Route(f"{_ORGANIZATION}/issues/", list_issues),
    Route(f"{_ORGANIZATION}/issues/{{issue}}/", get_issue),
    Route("/api/0/issues/{issue}/", get_issue),
    Route(f"{_ORGANIZATION}/issues/{{issue}}/events/{{event}}/", get_issue_event),
    Route("/api/0/issues/{issue}/events/{event}/", get_issue_event),
    Route(f"{_ORGANIZATION}/trace/{{trace}}/", get_trace),
    Route(f"{_ORGANIZATION}/trace-meta/{{trace}}/", get_trace_meta),
    Route("/api/0/{rest:path}", not_implemented),
]
exception_handlers = {
    NotFoundError: on_api_error,
    BadParameterError: on_api_error,
    InvalidQueryError: on_api_error,
}
