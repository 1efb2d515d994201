"""The pages of replays: the list, and one played with what happened in it beside."""

import time
from sqlite3 import Connection

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from local_sentry.routes import api
from local_sentry.routes.access import SECURITY_HEADERS
from local_sentry.routes.api.periods import DAY, project_ids_of
from local_sentry.routes.pages.places import first_organization, page_number
from local_sentry.routes.rendering import render
from local_sentry.services import ids
from local_sentry.services.search import InvalidQueryError, parse_query
from local_sentry.store import catalog, replay_moments, replay_search, replays

PAGE_SIZE = 50
_PERIOD = 90 * DAY
_SHOWN_ERRORS = 500
_SHOWN_TRACES = 20
_SORTS = (
    ("-started_at", "Newest"),
    ("-count_errors", "Errors"),
    ("-duration", "Longest"),
    ("-activity", "Activity"),
)
# What was recorded has styles of its own. No script of it runs: the player's frame is sandboxed,
# and scripts come from this server alone. Nothing is loaded from elsewhere.
_POLICY = SECURITY_HEADERS["content-security-policy"].replace(
    "style-src 'self'", "style-src 'self' 'unsafe-inline'; font-src data:; media-src data:"
)


async def replay_list(request: Request) -> Response:
    """`/explore/replays/`: `query`, `project`, `sort`."""
    parameters = request.query_params
    page = page_number(request)
    sort = parameters.get("sort", "")
    sort = sort if sort in dict(_SORTS) else _SORTS[0][0]
    now = time.time_ns() // 1000

    def query(connection: Connection) -> Response:
        owner = first_organization(connection)
        found: list[replays.Replay] = []
        more, problem = False, None
        try:
            wanted = replay_search.ReplayQuery(
                condition=parse_query(parameters.get("query", "")),
                now=now,
                since=now - _PERIOD,
                until=now + DAY,
                project_ids=project_ids_of(connection, request, owner),
                sort=sort,
                limit=PAGE_SIZE,
                offset=(page - 1) * PAGE_SIZE,
            )
            found, more = replay_search.find(connection, wanted)
        except (InvalidQueryError, api.BadParameterError) as error:
            problem = str(error)
        return render(
            "replays.html",
            status=200 if problem is None else 400,
            replays=found,
            sorts=_SORTS,
            sort=sort,
            query=parameters.get("query", ""),
            project=parameters.get("project", ""),
            projects=catalog.projects(connection, owner.id),
            page=page,
            more=more,
            problem=problem,
        )

    return await api.read(request, query)


async def replay_page(request: Request) -> Response:
    """`/explore/replays/{replay}/`; `?t=12` begins 12 seconds in, `?event={id}` at an error."""
    replay_id = ids.event_id(request.path_params["replay"])

    def query(connection: Connection) -> Response:
        found = replays.get(connection, replay_id) if replay_id is not None else None
        if found is None:
            raise api.NotFoundError("Nothing has been received of this replay (yet).")
        return render(
            "replay.html",
            replay=found,
            errors=replay_moments.of_replay(connection, found.row, _SHOWN_ERRORS),
            first_recorded=replay_moments.first_recorded(connection, found.row),
            traces=[trace.hex() for trace in replays.trace_ids(connection, found.row)],
            shown_traces=_SHOWN_TRACES,
        )

    response = await api.read(request, query)
    response.headers["content-security-policy"] = _POLICY
    return response


routes = [
    Route("/explore/replays/", replay_list),
    Route("/explore/replays/{replay}/", replay_page),
    Route("/organizations/{organization}/explore/replays/{replay}/", replay_page),
    Route("/organizations/{organization}/replays/{replay}/", replay_page),
]
