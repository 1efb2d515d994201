"""Replays: searched, shown, their recordings, and in which of them issues were seen."""

from sqlite3 import Connection

from starlette.requests import Request
from starlette.responses import Response

from local_sentry.protocol.lenient_json import Document
from local_sentry.routes import replay_shape
from local_sentry.routes.api import resources
from local_sentry.routes.api.exchange import blobs_of, json_response, link_header, page_of, read
from local_sentry.routes.api.periods import DAY, environments_of, period_of, project_ids_of
from local_sentry.routes.api.places import organization_of, project_of
from local_sentry.routes.api.problems import BadParameterError, NotFoundError
from local_sentry.routes.api.resources import resource
from local_sentry.services import ids
from local_sentry.services.search import All, Condition, Filter, parse_query
from local_sentry.store import replay_search, replays
from local_sentry.store.blobs import BlobMissingError

_DEFAULT_PERIOD = 90 * DAY
_MOST_COUNTED = 25


def _replay_of(connection: Connection, request: Request) -> replays.Replay:
    replay_id = ids.event_id(request.path_params["replay"])
    found = replays.get(connection, replay_id) if replay_id is not None else None
    if found is None:
        raise NotFoundError
    if "project" in request.path_params:
        _, project = project_of(connection, request)
        if project.id != found.project_id:
            raise NotFoundError
    else:
        organization_of(connection, request)
    return found


def _shape(connection: Connection, found: replays.Replay) -> Document:
    return replay_shape.replay(
        found, replays.error_ids(connection, found.row), replays.trace_ids(connection, found.row)
    )


async def list_replays(request: Request) -> Response:
    """`GET /api/0/organizations/{org}/replays/`."""
    limit, offset = page_of(request, default=10)
    parameters = request.query_params
    sort = parameters.get("sort") or parameters.get("orderBy") or "-started_at"
    if sort.removeprefix("-") not in replay_search.SORTS:
        known = ", ".join(replay_search.SORTS)
        raise BadParameterError(f"Invalid sort. It may be one of {known}.")
    period = period_of(request)
    since, until = period.closed(_DEFAULT_PERIOD)
    fields = parameters.getlist("field")

    def query(connection: Connection) -> tuple[list[Document], bool]:
        owner = organization_of(connection, request)
        wanted = replay_search.ReplayQuery(
            condition=parse_query(parameters.get("query", "")),
            now=period.now,
            since=since,
            until=until + 60_000_000,
            project_ids=project_ids_of(connection, request, owner),
            environments=environments_of(request),
            sort=sort,
            limit=limit,
            offset=offset,
        )
        found, more = replay_search.find(connection, wanted)
        return [replay_shape.only(_shape(connection, each), fields) for each in found], more

    found, more = await read(request, query)
    return json_response({"data": found}, {"link": link_header(request, offset, limit, more=more)})


async def get_replay(request: Request) -> Response:
    """`GET /api/0/organizations/{org}/replays/{replay}/`, also below a project."""

    def query(connection: Connection) -> Document:
        return {"data": _shape(connection, _replay_of(connection, request))}

    return json_response(await read(request, query))


def _segment_shape(found: replays.Replay, segment: replays.Segment) -> Document:
    return {
        "replayId": found.replay_id.hex(),
        "segmentId": segment.segment_id,
        "projectId": str(found.project_id),
        "dateAdded": None,
    }


async def list_segments(request: Request) -> Response:
    """`GET …/replays/{replay}/recording-segments/`: with `download`, the rrweb events."""
    limit, offset = page_of(request)
    downloads = request.query_params.get("download", "false").lower() not in ("false", "0", "no")
    blobs = blobs_of(request)

    def query(connection: Connection) -> tuple[bytes | list[Document], bool]:
        found = _replay_of(connection, request)
        segments = replays.segments(connection, found.row)
        page, more = segments[offset : offset + limit], len(segments) > offset + limit
        if not downloads:
            return [_segment_shape(found, segment) for segment in page], more
        # Each segment is JSON already: put together without being parsed.
        return b"[" + b",".join(blobs.get(segment.blob) for segment in page) + b"]", more

    try:
        answer, more = await read(request, query)
    except BlobMissingError as error:
        raise NotFoundError(str(error)) from error
    headers = {"link": link_header(request, offset, limit, more=more)}
    if isinstance(answer, bytes):
        return Response(answer, headers=headers, media_type="application/json")
    return json_response({"data": answer}, headers)


async def get_segment(request: Request) -> Response:
    """`GET …/replays/{replay}/recording-segments/{segment}/`."""
    blobs = blobs_of(request)

    def query(connection: Connection) -> Document | bytes:
        found = _replay_of(connection, request)
        for segment in replays.segments(connection, found.row):
            if str(segment.segment_id) == request.path_params["segment"]:
                if "download" in request.query_params:
                    return blobs.get(segment.blob)
                return {"data": _segment_shape(found, segment)}
        raise NotFoundError

    try:
        answer = await read(request, query)
    except BlobMissingError as error:
        raise NotFoundError(str(error)) from error
    if isinstance(answer, bytes):
        return Response(answer, media_type="application/json")
    return json_response(answer)


def _filters(condition: Condition) -> list[Filter]:
    if isinstance(condition, Filter):
        return [condition]
    if isinstance(condition, All):
        return [found for inner in condition.conditions for found in _filters(inner)]
    return []


async def count_replays(request: Request) -> Response:
    """`GET …/replay-count/`: how many replays (with `returnIds`, which) show what `query` names.

    The query names `issue.id:[…]`, `replay_id:[…]` or `transaction:[…]`.
    """
    parameters = request.query_params
    returns_ids = parameters.get("returnIds", "").lower() in ("1", "true")
    named = [f for f in _filters(parse_query(parameters.get("query", ""))) if f.values]
    wanted = next((f for f in named if f.key in ("issue.id", "replay_id", "transaction")), None)
    if wanted is None or len(wanted.values) > _MOST_COUNTED:
        raise BadParameterError(
            f"The query names up to {_MOST_COUNTED} of issue.id, replay_id or transaction."
        )

    def query(connection: Connection) -> dict[str, list[str]]:
        organization_of(connection, request)
        if wanted.key == "replay_id":
            known = {name: ids.event_id(name) for name in wanted.values}
            return {
                name: [name]
                for name, replay_id in known.items()
                if replay_id is not None and replays.get(connection, replay_id) is not None
            }
        if wanted.key == "transaction":
            return {}
        numbers = [int(name) for name in wanted.values if name.isascii() and name.isdigit()]
        found = replays.of_issues(connection, [n for n in numbers if n < 2**63])
        return {
            str(number): [replay_id.hex() for replay_id in replay_ids]
            for number, replay_ids in found.items()
            if replay_ids
        }

    found = await read(request, query)
    if returns_ids:
        return json_response(found)
    return json_response({name: len(replay_ids) for name, replay_ids in found.items()})


_ORGANIZATION = "/organizations/{organization}"
_REPLAY = "/projects/{organization}/{project}/replays/{replay}"

routes = [
    resource(f"{_ORGANIZATION}/replays/", resources.EVENT, get=list_replays),
    resource(f"{_ORGANIZATION}/replays/{{replay}}/", resources.EVENT, get=get_replay),
    resource(f"{_ORGANIZATION}/replay-count/", resources.EVENT, get=count_replays),
    resource(f"{_REPLAY}/", resources.EVENT, get=get_replay),
    resource(f"{_REPLAY}/recording-segments/", resources.EVENT, get=list_segments),
    resource(f"{_REPLAY}/recording-segments/{{segment}}/", resources.EVENT, get=get_segment),
]
