"""How sessions of releases ended, over time."""

from sqlite3 import Connection

from starlette.requests import Request
from starlette.responses import Response

from local_sentry.routes.api import resources
from local_sentry.routes.api.exchange import json_response, read
from local_sentry.routes.api.periods import DAY, environments_of, period_of, project_ids_of
from local_sentry.routes.api.places import organization_of
from local_sentry.routes.api.problems import BadParameterError
from local_sentry.routes.api.resources import resource
from local_sentry.services.timestamps import isoformat
from local_sentry.store import health

_HOUR_SECONDS = 3600
_GROUPS = ("project", "release", "environment", "session.status")
_FIELDS = ("sum(session)", "count_unique(user)")


def _group(found: health.SessionCount, names: list[str]) -> tuple[object, ...]:
    values: dict[str, object] = {
        "project": found.project_id,
        "release": found.release,
        "environment": found.environment,
        "session.status": found.status,
    }
    return tuple(values[name] for name in names)


async def get_sessions(request: Request) -> Response:
    """`GET /api/0/organizations/{org}/sessions/`: sums per hour, grouped."""
    parameters = request.query_params
    names = [name for name in parameters.getlist("groupBy") if name]
    fields = [name for name in parameters.getlist("field") if name] or ["sum(session)"]
    if set(names) - set(_GROUPS):
        raise BadParameterError(f"groupBy may be one of {', '.join(_GROUPS)}.")
    if set(fields) - set(_FIELDS):
        raise BadParameterError(f"field may be one of {', '.join(_FIELDS)}.")
    since, until = period_of(request).closed(DAY)
    if until - since > 90 * DAY:
        raise BadParameterError("The period is longer than 90 days.")
    first, last = since // 1_000_000 // _HOUR_SECONDS, until // 1_000_000 // _HOUR_SECONDS
    wanted = environments_of(request)

    def query(connection: Connection) -> list[health.SessionCount]:
        owner = organization_of(connection, request)
        chosen = project_ids_of(connection, request, owner)
        found = health.hourly(connection, chosen, since, until + 1)
        return [each for each in found if not wanted or each.environment in wanted]

    groups: dict[tuple[object, ...], dict[str, list[int]]] = {}
    hours = last - first + 1
    for each in await read(request, query):
        series = groups.setdefault(_group(each, names), {field: [0] * hours for field in fields})
        place = each.hour - first
        if 0 <= place < hours:
            for field in fields:
                series[field][place] += each.sessions if field == "sum(session)" else each.users
    return json_response(
        {
            "start": isoformat(first * _HOUR_SECONDS * 1_000_000),
            "end": isoformat((last + 1) * _HOUR_SECONDS * 1_000_000),
            "query": parameters.get("query", ""),
            "intervals": [
                isoformat(hour * _HOUR_SECONDS * 1_000_000) for hour in range(first, last + 1)
            ],
            "groups": [
                {
                    "by": dict(zip(names, key, strict=True)),
                    "series": series,
                    "totals": {field: sum(values) for field, values in series.items()},
                }
                for key, series in groups.items()
            ],
        }
    )


routes = [
    resource("/organizations/{organization}/sessions/", resources.ORGANIZATION, get=get_sessions),
]
