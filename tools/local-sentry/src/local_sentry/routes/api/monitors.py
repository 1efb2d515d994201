"""Cron monitors and their check-ins, and how sessions of releases ended."""

from sqlite3 import Connection

from starlette.requests import Request
from starlette.responses import Response

from local_sentry.protocol.lenient_json import Document
from local_sentry.routes.api import resources
from local_sentry.routes.api.exchange import json_response, one_page, read
from local_sentry.routes.api.organizations import project_summary
from local_sentry.routes.api.periods import DAY, environments_of, period_of, project_ids_of
from local_sentry.routes.api.places import organization_of, project_of
from local_sentry.routes.api.problems import BadParameterError, NotFoundError
from local_sentry.routes.api.resources import resource
from local_sentry.services.timestamps import isoformat
from local_sentry.store import catalog, health, monitors

_HOUR_SECONDS = 3600
_GROUPS = ("project", "release", "environment", "session.status")
_FIELDS = ("sum(session)", "count_unique(user)")


def _shape(connection: Connection, found: monitors.Monitor) -> Document:
    last = isoformat(found.last_check_in) if found.last_check_in is not None else None
    return {
        "id": str(found.id),
        "slug": found.slug,
        "name": found.name,
        "status": "active",
        "isMuted": False,
        "isUpserting": True,
        "config": found.config,
        "dateCreated": isoformat(found.date_created),
        "project": project_summary(connection, found.project_id),
        "environments": [
            {
                "name": "production",
                "status": found.last_status or "active",
                "isMuted": False,
                "dateCreated": isoformat(found.date_created),
                "lastCheckIn": last,
                "nextCheckIn": None,
                "nextCheckInLatest": None,
                "activeIncident": None,
            }
        ],
        "owner": None,
    }


def _monitors(connection: Connection, request: Request) -> list[monitors.Monitor]:
    """The monitors of the project, or of the organization, that the address names."""
    if "project" in request.path_params:
        wanted = {project_of(connection, request)[1].id}
    else:
        owner = organization_of(connection, request)
        chosen = project_ids_of(connection, request, owner)
        wanted = set(chosen) or {p.id for p in catalog.projects(connection, owner.id)}
    return [found for found in monitors.listed(connection) if found.project_id in wanted]


def _monitor_of(connection: Connection, request: Request) -> monitors.Monitor:
    name = request.path_params["monitor"]
    for found in _monitors(connection, request):
        if name in (found.slug, str(found.id)):
            return found
    raise NotFoundError


async def list_monitors(request: Request) -> Response:
    """`GET /api/0/organizations/{org}/monitors/`."""
    found = await read(request, lambda c: [_shape(c, monitor) for monitor in _monitors(c, request)])
    return one_page(request, found)


async def get_monitor(request: Request) -> Response:
    """`GET …/monitors/{monitor}/`."""
    return json_response(await read(request, lambda c: _shape(c, _monitor_of(c, request))))


async def list_check_ins(request: Request) -> Response:
    """`GET …/monitors/{monitor}/checkins/`, newest first."""

    def query(connection: Connection) -> list[Document]:
        found = _monitor_of(connection, request)
        return [
            {
                "id": each.check_in_id.hex(),
                "status": each.status,
                "duration": each.duration // 1000 if each.duration is not None else None,
                "dateCreated": isoformat(each.timestamp),
                "environment": "production",
            }
            for each in monitors.check_ins(connection, found.id, 1000)
        ]

    return one_page(request, await read(request, query))


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


_ORGANIZATION = "/organizations/{organization}"
_MONITORS = (f"{_ORGANIZATION}/monitors", "/projects/{organization}/{project}/monitors")

routes = [
    resource(f"{_ORGANIZATION}/monitors/", resources.PROJECT, get=list_monitors),
    *(resource(f"{w}/{{monitor}}/", resources.PROJECT, get=get_monitor) for w in _MONITORS),
    *(
        resource(f"{w}/{{monitor}}/checkins/", resources.PROJECT, get=list_check_ins)
        for w in _MONITORS
    ),
    resource(f"{_ORGANIZATION}/sessions/", resources.ORGANIZATION, get=get_sessions),
]
