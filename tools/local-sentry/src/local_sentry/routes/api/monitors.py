"""Cron monitors: made, changed, listed, with their check-ins."""

import re
import time
from dataclasses import replace
from sqlite3 import Connection
from typing import Any, Literal

from pydantic import BaseModel, Field
from starlette.requests import Request
from starlette.responses import Response

from local_sentry.protocol.lenient_json import Document
from local_sentry.routes.api import resources
from local_sentry.routes.api.exchange import json_response, one_page, read, write
from local_sentry.routes.api.periods import environments_of, project_ids_of
from local_sentry.routes.api.places import organization_of, project_of
from local_sentry.routes.api.problems import BadParameterError, InvalidBodyError, NotFoundError
from local_sentry.routes.api.resources import resource, taking
from local_sentry.routes.monitor_shape import check_in as check_in_of
from local_sentry.routes.monitor_shape import config_of
from local_sentry.routes.monitor_shape import monitor as shape_of
from local_sentry.services.assignees import UnknownAssigneeError, parse_assignee
from local_sentry.services.crons import reschedule
from local_sentry.services.periods import parse_period
from local_sentry.services.schedules import InvalidScheduleError, parse_schedule
from local_sentry.services.timestamps import SECOND
from local_sentry.store import catalog, monitors
from local_sentry.store.monitors import Monitor
from local_sentry.store.session import WriteSession

_SLUG = r"^[0-9]*[a-z_\-][a-z0-9_\-]*$"  # not a number: that would be an id
_MOST_CHECK_INS = 1000
_MOST_BUCKETS = 500
_STATUSES = ("ok", "error", "missed", "timeout", "in_progress", "unknown")


class MonitorChanges(BaseModel):
    """The body of a change; what is not there stays as it is."""

    name: str | None = Field(default=None, min_length=1, max_length=128)
    slug: str | None = Field(default=None, max_length=50, pattern=_SLUG)
    config: dict[str, Any] | None = None
    status: Literal["active", "disabled"] | None = None
    owner: str | None = Field(default=None, max_length=100)
    is_muted: bool | None = None


class NewMonitor(MonitorChanges):
    """The body of a new monitor."""

    name: str = Field(min_length=1, max_length=128)
    project: str = Field(min_length=1, max_length=100)
    config: dict[str, Any]


def _monitors(connection: Connection, request: Request) -> list[Monitor]:
    """The monitors of the project, or of the organization, that the address names."""
    if "project" in request.path_params:
        wanted = {project_of(connection, request)[1].id}
    else:
        owner = organization_of(connection, request)
        chosen = project_ids_of(connection, request, owner)
        wanted = set(chosen) or {p.id for p in catalog.projects(connection, owner.id)}
    text = request.query_params.get("query", "").lower()
    environments = set(environments_of(request))
    return [
        found
        for found in monitors.listed(connection)
        if found.project_id in wanted
        and (text in found.slug or text in found.name.lower())
        and (not environments or environments & {each.name for each in found.environments})
    ]


def _monitor_of(connection: Connection, request: Request) -> Monitor:
    name = request.path_params["monitor"]
    for found in _monitors(connection, request):
        if name in (found.slug, str(found.id)):
            return found
    raise NotFoundError


def _changed(
    connection: Connection, request: Request, found: Monitor, wanted: MonitorChanges
) -> Monitor:
    """A monitor with what a body says.

    Raises:
        InvalidBodyError: the schedule cannot be understood, or nobody is called like the owner.
    """
    given = wanted.model_fields_set
    if wanted.config is not None:
        found = replace(found, config=found.config | wanted.config)
        try:
            parse_schedule(found.config)
        except InvalidScheduleError as error:
            raise InvalidBodyError({"config": [str(error)]}) from error
    if "owner" in given:
        teams = catalog.teams(connection, organization_of(connection, request).id)
        try:
            found = replace(found, owner=parse_assignee(wanted.owner or "", teams))
        except UnknownAssigneeError as error:
            raise InvalidBodyError({"owner": [str(error)]}) from error
    return replace(
        found,
        name=wanted.name or found.name,
        slug=wanted.slug or found.slug,
        status=wanted.status or found.status,
        is_muted=found.is_muted if wanted.is_muted is None else wanted.is_muted,
        is_upserting=False,
    )


def _save(session: WriteSession, found: Monitor) -> int:
    number = monitors.save(session, found)
    if number is None:
        raise InvalidBodyError({"slug": [f"The slug {found.slug!r} is already in use."]})
    return number


async def list_monitors(request: Request) -> Response:
    """`GET /api/0/organizations/{org}/monitors/`."""
    found = await read(
        request, lambda c: [shape_of(c, monitor) for monitor in _monitors(c, request)]
    )
    return one_page(request, found)


async def create_monitor(request: Request, wanted: NewMonitor) -> Response:
    """`POST /api/0/organizations/{org}/monitors/`."""

    def command(session: WriteSession) -> Document:
        connection = session.connection
        owner = organization_of(connection, request)
        project = catalog.project(connection, owner.id, wanted.project)
        if project is None:
            raise InvalidBodyError({"project": [f"There is no project {wanted.project!r}."]})
        slug = re.sub(r"[^a-z0-9_-]+", "-", wanted.name.lower()).strip("-")[:50] or "monitor"
        slug = f"monitor-{slug}"[:50] if slug.isdigit() else slug
        now = time.time_ns() // 1000
        blank = Monitor(
            0, project.id, slug, wanted.name, {}, now, "active",
            is_muted=False, owner=None, is_upserting=False,
        )  # fmt: skip
        number = _save(session, _changed(connection, request, blank, wanted))
        return shape_of(connection, monitors.get(connection, number))

    return json_response(await write(request, command), status=201)


async def get_monitor(request: Request) -> Response:
    """`GET …/monitors/{monitor}/`."""
    return json_response(await read(request, lambda c: shape_of(c, _monitor_of(c, request))))


async def change_monitor(request: Request, wanted: MonitorChanges) -> Response:
    """`PUT …/monitors/{monitor}/`."""

    def command(session: WriteSession) -> Document:
        connection = session.connection
        changed = _changed(connection, request, _monitor_of(connection, request), wanted)
        number = _save(session, changed)
        reschedule(session, changed, time.time_ns() // 1000)
        known = monitors.listed(connection)
        return shape_of(connection, next(found for found in known if found.id == number))

    return json_response(await write(request, command))


async def delete_monitor(request: Request) -> Response:
    """`DELETE …/monitors/{monitor}/`."""

    def command(session: WriteSession) -> None:
        monitors.delete(session, _monitor_of(session.connection, request).id)

    await write(request, command)
    return Response(status_code=202)


async def list_check_ins(request: Request) -> Response:
    """`GET …/monitors/{monitor}/checkins/`, newest first."""

    def query(connection: Connection) -> list[Document]:
        found = _monitor_of(connection, request)
        config = config_of(found)
        said = monitors.check_ins(connection, found.id, _MOST_CHECK_INS)
        return [check_in_of(each, config) for each in said]

    return one_page(request, await read(request, query))


def _seconds(request: Request, name: str, default: int) -> int:
    text = request.query_params.get(name, "")
    if not text:
        return default
    if not (text.isascii() and text.isdigit()) or len(text) > 10:
        raise BadParameterError(f"{name} is a time, in seconds since 1970.")
    return int(text)


async def get_stats(request: Request) -> Response:
    """`GET …/monitors/{monitor}/stats/`: check-ins over time, of `since` to `until` (seconds)."""
    until = _seconds(request, "until", int(time.time()) + 1)
    since = _seconds(request, "since", until - 86_400)
    asked = parse_period(request.query_params.get("resolution", "")) or 0
    # Never more buckets than a chart can show.
    step = max(abs(asked) // SECOND, (until - since) // _MOST_BUCKETS, 1)
    if not since < until:
        raise BadParameterError("since comes before until.")

    def query(connection: Connection) -> list[Document]:
        found = _monitor_of(connection, request)
        buckets: dict[int, Document] = {
            at: dict.fromkeys(_STATUSES, 0) | {"ts": at, "duration": None}
            for at in range(since, until, step)
        }
        for start, status, number, duration in monitors.counts(
            connection, found.id, since * SECOND, until * SECOND, step * SECOND
        ):
            bucket = buckets[start // SECOND]
            bucket[status] = number
            if status == "ok" and duration is not None:
                bucket["duration"] = round(duration / 1000)
        return list(buckets.values())

    return json_response(await read(request, query))


_ORGANIZATION = "/organizations/{organization}"
_MONITORS = (f"{_ORGANIZATION}/monitors", "/projects/{organization}/{project}/monitors")

routes = [
    resource(
        f"{_ORGANIZATION}/monitors/",
        resources.PROJECT,
        get=list_monitors,
        post=taking(NewMonitor, create_monitor),
    ),
    *(
        resource(
            f"{where}/{{monitor}}/",
            resources.PROJECT,
            get=get_monitor,
            put=taking(MonitorChanges, change_monitor),
            delete=delete_monitor,
        )
        for where in _MONITORS
    ),
    *(
        resource(f"{where}/{{monitor}}/checkins/", resources.PROJECT, get=list_check_ins)
        for where in _MONITORS
    ),
    *(
        resource(f"{where}/{{monitor}}/stats/", resources.PROJECT, get=get_stats)
        for where in _MONITORS
    ),
]
