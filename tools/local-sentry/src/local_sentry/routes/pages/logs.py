"""The page of logs: searched, filtered by level, newest first and live."""

import time
from sqlite3 import Connection

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from local_sentry.routes import api
from local_sentry.routes.api.periods import project_ids_of
from local_sentry.routes.pages.places import first_organization, page_number
from local_sentry.routes.rendering import render
from local_sentry.services.event_view import shown
from local_sentry.services.search import InvalidQueryError, parse_query
from local_sentry.store import catalog, log_search
from local_sentry.store.logs import StoredLog

PAGE_SIZE = 100


async def log_list(request: Request) -> Response:
    """`/explore/logs/`: `query`, `level` and all above it, `project`."""
    parameters = request.query_params
    page = page_number(request)
    level = parameters.get("level", "")

    def query(connection: Connection) -> Response:
        owner = first_organization(connection)
        found: list[StoredLog] = []
        more, problem = False, None
        try:
            wanted = log_search.LogQuery(
                condition=parse_query(parameters.get("query", "")),
                now=time.time_ns() // 1000,
                at_least=log_search.LEVELS.get(level, 0),
                project_ids=project_ids_of(connection, request, owner),
                limit=PAGE_SIZE,
                offset=(page - 1) * PAGE_SIZE,
            )
            found, more = log_search.find(connection, wanted)
        except (InvalidQueryError, api.BadParameterError) as error:
            problem = str(error)
        return render(
            "logs.html",
            status=200 if problem is None else 400,
            logs=[
                (each, [(key, shown(value)) for key, value in sorted(each.log.attributes.items())])
                for each in found
            ],
            levels=list(log_search.LEVELS),
            level=level,
            query=parameters.get("query", ""),
            project=parameters.get("project", ""),
            projects=catalog.projects(connection, owner.id),
            page=page,
            more=more,
            problem=problem,
        )

    return await api.read(request, query)


routes = [Route("/explore/logs/", log_list)]
