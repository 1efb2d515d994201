"""`…/releases/`: made by builds, finalized, listed with their health."""

import time
from sqlite3 import Connection

from starlette.requests import Request
from starlette.responses import Response

from local_sentry.protocol.lenient_json import Document
from local_sentry.routes import release_shape
from local_sentry.routes.api import resources
from local_sentry.routes.api.exchange import (
    json_response,
    link_header,
    page_of,
    read,
    write,
)
from local_sentry.routes.api.periods import DAY, environments_of, period_of, project_ids_of
from local_sentry.routes.api.places import organization_of, project_of
from local_sentry.routes.api.problems import (
    BadParameterError,
    ConflictError,
    InvalidBodyError,
    NotFoundError,
)
from local_sentry.routes.api.resources import resource, taking
from local_sentry.services.release_input import NewRelease, ReleaseChanges
from local_sentry.store import catalog, commits, health, releases
from local_sentry.store.session import WriteSession

_SHOWN_COMMITS = 100


def release_of(
    connection: Connection, request: Request, owner: catalog.Organization
) -> releases.Release:
    """The release that the address names; `latest` is the newest.

    Raises:
        NotFoundError: there is none.
    """
    version = request.path_params["version"]
    found = releases.get(connection, owner.id, version)
    if found is None and version == "latest":
        found = next(iter(releases.listed(connection, owner.id, limit=1, offset=0)), None)
    if found is None:
        raise NotFoundError
    if "project" in request.path_params:
        _, project = project_of(connection, request)
        if all(each.id != project.id for each in releases.projects(connection, found.id)):
            raise NotFoundError
    return found


def _wants_health(request: Request) -> bool:
    return request.query_params.get("health", "0").lower() in ("1", "true")


def shape_of(
    connection: Connection, request: Request, owner: catalog.Organization, found: releases.Release
) -> Document:
    """A release with all that belongs to it."""
    projects = releases.projects(connection, found.id)
    wanted = None
    if _wants_health(request):
        period = period_of(request)
        since, until = period.closed(14 * DAY)
        of = health.of_project
        wanted = {
            project.id: release_shape.ProjectHealth(
                of(connection, project.id, found.id, since, until),
                of(connection, project.id, found.id, period.now - DAY, period.now),
                of(connection, project.id, None, period.now - DAY, period.now),
            )
            for project in projects
        }
    return release_shape.release(
        found,
        projects,
        commits.of_release(connection, found.id, limit=_SHOWN_COMMITS),
        commits.deploys(connection, found.id),
        commits.repositories(connection, owner.id),
        wanted,
    )


async def list_releases(request: Request) -> Response:
    """`GET …/releases/`: `query` a part of the version, `status`, `sort`, `health=1`."""
    limit, offset = page_of(request)
    parameters = request.query_params
    sort = parameters.get("sort") or "date"
    # What counts sessions or users sorts by date here.
    if sort not in releases.SORTS and not sort.startswith(("sessions", "users", "crash_free")):
        raise BadParameterError("Invalid sort. It may be date or version.")

    def query(connection: Connection) -> tuple[list[Document], bool]:
        if "project" in request.path_params:
            owner, project = project_of(connection, request)
            project_ids: tuple[int, ...] = (project.id,)
        else:
            owner = organization_of(connection, request)
            project_ids = project_ids_of(connection, request, owner)
        found = releases.listed(
            connection,
            owner.id,
            project_ids=project_ids,
            environments=environments_of(request),
            query=parameters.get("query", "").removeprefix("release:"),
            status=parameters.get("status", ""),
            sort=sort if sort in releases.SORTS else "date",
            limit=limit,
            offset=offset,
        )
        page = [shape_of(connection, request, owner, each) for each in found[:limit]]
        return page, len(found) > limit

    page, more = await read(request, query)
    return json_response(page, {"link": link_header(request, offset, limit, more=more)})


def _projects_named(
    connection: Connection, owner: catalog.Organization, names: list[str]
) -> list[int]:
    found = [catalog.project(connection, owner.id, name) for name in names]
    if None in found:
        raise InvalidBodyError({"projects": ["Invalid project ids or slugs"]})
    return [project.id for project in found if project is not None]


def _apply(
    session: WriteSession, owner: catalog.Organization, release_id: int, changes: ReleaseChanges
) -> None:
    now = time.time_ns() // 1000
    releases.update(session, release_id, changes.columns())
    given = changes.all_commits(now)
    if given is not None:
        commits.set_commits(session, owner.id, release_id, given, now)


async def create_release(request: Request, wanted: NewRelease) -> Response:
    """`POST …/releases/`: 201 when it is new, 208 when it was there; both set what is given."""

    def command(session: WriteSession) -> tuple[Document, bool]:
        connection = session.connection
        if "project" in request.path_params:
            owner, project = project_of(connection, request)
            project_ids = [project.id]
        else:
            owner = organization_of(connection, request)
            project_ids = _projects_named(connection, owner, wanted.projects)
        known = releases.find_id(connection, wanted.version)
        if not project_ids and known is None:
            raise InvalidBodyError({"projects": ["This field is required."]})
        if known is not None and releases.get(connection, owner.id, wanted.version) is None:
            raise ConflictError("Another organization has a release of that version.")
        is_new = releases.create(
            session, owner.id, wanted.version, project_ids, time.time_ns() // 1000
        )
        found = releases.get(connection, owner.id, wanted.version)
        assert found is not None  # noqa: S101 - just made
        _apply(session, owner, found.id, wanted)
        changed = releases.get(connection, owner.id, wanted.version)
        assert changed is not None  # noqa: S101 - just made
        return shape_of(connection, request, owner, changed), is_new

    shape, is_new = await write(request, command)
    return json_response(shape, status=201 if is_new else 208)


async def get_release(request: Request) -> Response:
    """`GET …/releases/{version}/`."""

    def query(connection: Connection) -> Document:
        owner = organization_of(connection, request)
        return shape_of(connection, request, owner, release_of(connection, request, owner))

    return json_response(await read(request, query))


async def update_release(request: Request, changes: ReleaseChanges) -> Response:
    """`PUT …/releases/{version}/`: dates, refs, commits; what is not given stays."""

    def command(session: WriteSession) -> Document:
        owner = organization_of(session.connection, request)
        found = release_of(session.connection, request, owner)
        _apply(session, owner, found.id, changes)
        changed = release_of(session.connection, request, owner)
        return shape_of(session.connection, request, owner, changed)

    return json_response(await write(request, command))


async def delete_release(request: Request) -> Response:
    """`DELETE …/releases/{version}/`: refused while events name it."""

    def command(session: WriteSession) -> None:
        owner = organization_of(session.connection, request)
        found = release_of(session.connection, request, owner)
        if releases.is_used(session.connection, found.id):
            raise BadParameterError(
                "This release has events or issues and cannot be removed. Archive it instead."
            )
        releases.delete(session, found.id)

    await write(request, command)
    return Response(status_code=204)


routes = [
    *(
        route
        for where in ("/organizations/{organization}", "/projects/{organization}/{project}")
        for route in (
            resource(
                f"{where}/releases/",
                resources.RELEASE,
                get=list_releases,
                post=taking(NewRelease, create_release),
            ),
            resource(
                f"{where}/releases/{{version}}/",
                resources.RELEASE,
                get=get_release,
                put=taking(ReleaseChanges, update_release),
                delete=delete_release,
            ),
        )
    ),
]
