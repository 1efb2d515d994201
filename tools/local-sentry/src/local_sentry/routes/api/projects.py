"""`/projects/…`: projects, which teams have them, and their keys."""

from sqlite3 import Connection

from pydantic import BaseModel, Field
from starlette.requests import Request
from starlette.responses import Response

from local_sentry.models import ProjectKey
from local_sentry.protocol.lenient_json import Document
from local_sentry.routes import catalog_shape
from local_sentry.routes.api import resources
from local_sentry.routes.api.exchange import base_url, json_response, one_page, read, write
from local_sentry.routes.api.organizations import list_team_projects, project_summary
from local_sentry.routes.api.places import organization_of, project_of, team_of
from local_sentry.routes.api.problems import ConflictError, InvalidBodyError, NotFoundError
from local_sentry.routes.api.resources import resource, taking
from local_sentry.services import inbound_filters
from local_sentry.services.keyring import Keyring
from local_sentry.store import catalog, catalog_changes, project_options
from local_sentry.store.session import WriteSession


class NewProject(BaseModel):
    """The body that makes a project."""

    name: str = Field(min_length=1, max_length=200)
    slug: str | None = Field(default=None, max_length=100)
    platform: str | None = Field(default=None, max_length=64)


class ProjectChanges(BaseModel):
    """The body that changes a project; what is not given stays."""

    name: str | None = Field(default=None, min_length=1, max_length=200)
    slug: str | None = Field(default=None, min_length=1, max_length=100)
    platform: str | None = Field(default=None, max_length=64)
    options: dict[str, str] = Field(default_factory=dict)


class RateLimit(BaseModel):
    """So many events in so many seconds."""

    window: int = Field(ge=0, le=86_400)
    count: int = Field(ge=0, le=1_000_000_000)


class NewKey(BaseModel):
    """The body that makes a key."""

    name: str | None = Field(default=None, max_length=64)
    rateLimit: RateLimit | None = None  # noqa: N815 - the wire's name


class KeyChanges(BaseModel):
    """The body that changes a key; what is not given stays."""

    name: str | None = Field(default=None, max_length=64)
    isActive: bool | None = None  # noqa: N815 - the wire's name
    rateLimit: RateLimit | None = None  # noqa: N815 - the wire's name


def _valid_slug(text: str) -> str:
    slug = catalog_changes.slug_of(text)
    if not slug or slug.isdigit():
        raise InvalidBodyError({"slug": ["A project's slug has a letter in it."]})
    return slug


def _limit(limit: RateLimit | None) -> tuple[int, int] | None:
    return (limit.window, limit.count) if limit is not None and limit.window else None


async def list_projects(request: Request) -> Response:
    """`GET /api/0/organizations/{org}/projects/`; `query` knows `slug:`, `id:` and free text."""
    wanted = request.query_params.get("query", "").lower().split()

    def query(connection: Connection) -> list[Document]:
        owner = organization_of(connection, request)
        return [
            project_summary(connection, found.id)
            for found in catalog.projects(connection, owner.id)
            if all(_matches(found.slug, found.id, word) for word in wanted)
        ]

    return one_page(request, await read(request, query))


def _matches(slug: str, number: int, word: str) -> bool:
    key, colon, value = word.partition(":")
    if colon and key == "slug":
        return slug == value
    if colon and key == "id":
        return str(number) == value
    return word in slug


async def list_all_projects(request: Request) -> Response:
    """`GET /api/0/projects/`: of all organizations."""

    def query(connection: Connection) -> list[Document]:
        return [
            project_summary(connection, found.id)
            | {"organization": catalog_shape.organization(owner, base_url(request))}
            for owner in catalog.organizations(connection)
            for found in catalog.projects(connection, owner.id)
        ]

    return one_page(request, await read(request, query))


async def create_project(request: Request, wanted: NewProject) -> Response:
    """`POST /api/0/teams/{org}/{team}/projects/`, and `/organizations/{org}/projects/`."""
    slug = _valid_slug(wanted.slug or wanted.name)

    def command(session: WriteSession) -> Document:
        owner = organization_of(session.connection, request)
        if "team" in request.path_params:
            team_id = team_of(session.connection, request, owner).id
        else:
            team_id = catalog.teams(session.connection, owner.id)[0].id
        made = catalog_changes.create_project(
            session, owner.id, team_id, slug, wanted.name, wanted.platform
        )
        return project_summary(session.connection, made)

    try:
        made = await write(request, command)
    except catalog_changes.TakenError:
        raise ConflictError(f"A project with the slug {slug!r} exists already.") from None
    await _keys_changed(request)
    return json_response(made, status=201)


def _details(
    connection: Connection, request: Request, owner: catalog.Organization, project_id: int
) -> Document:
    summary = project_summary(connection, project_id)
    shape = catalog_shape.project_details(summary, owner, base_url(request))
    options = project_options.of_project(connection, project_id)
    return shape | {"options": {k: v for k, v in options.items() if k in inbound_filters.GLOBS}}


async def get_project(request: Request) -> Response:
    """`GET /api/0/projects/{org}/{project}/`."""

    def query(connection: Connection) -> Document:
        owner, found = project_of(connection, request)
        return _details(connection, request, owner, found.id)

    return json_response(await read(request, query))


async def update_project(request: Request, changes: ProjectChanges) -> Response:
    """`PUT /api/0/projects/{org}/{project}/`."""
    if not set(changes.options) <= set(inbound_filters.GLOBS):
        known = ", ".join(inbound_filters.GLOBS)
        raise InvalidBodyError({"options": [f"Unknown option. There are: {known}."]})
    slug = _valid_slug(changes.slug) if changes.slug is not None else None

    def command(session: WriteSession) -> Document:
        owner, found = project_of(session.connection, request)
        catalog_changes.update_project(
            session,
            found.id,
            slug=slug or found.slug,
            name=changes.name or found.name,
            platform=changes.platform or found.platform,
        )
        project_options.put(session, found.id, changes.options)
        return _details(session.connection, request, owner, found.id)

    try:
        return json_response(await write(request, command))
    except catalog_changes.TakenError:
        raise ConflictError(f"A project with the slug {slug!r} exists already.") from None


async def list_teams(request: Request) -> Response:
    """`GET /api/0/projects/{org}/{project}/teams/`."""

    def query(connection: Connection) -> list[Document]:
        _, found = project_of(connection, request)
        return [catalog_shape.team(t) for t in catalog.teams_of_project(connection, found.id)]

    return one_page(request, await read(request, query))


async def _change_team(request: Request, *, add: bool) -> Document:
    def command(session: WriteSession) -> Document:
        owner, found = project_of(session.connection, request)
        team = team_of(session.connection, request, owner)
        change = catalog_changes.add_team if add else catalog_changes.remove_team
        change(session, found.id, team.id)
        return _details(session.connection, request, owner, found.id)

    return await write(request, command)


async def add_team(request: Request) -> Response:
    """`POST /api/0/projects/{org}/{project}/teams/{team}/`."""
    return json_response(await _change_team(request, add=True), status=201)


async def remove_team(request: Request) -> Response:
    """`DELETE /api/0/projects/{org}/{project}/teams/{team}/`."""
    return json_response(await _change_team(request, add=False))


async def list_environments(request: Request) -> Response:
    """`GET /api/0/projects/{org}/{project}/environments/`."""

    def query(connection: Connection) -> list[Document]:
        owner, found = project_of(connection, request)
        numbers = {
            name: number
            for number, name in catalog.environments_of_organization(connection, owner.id)
        }
        return [
            {"id": str(numbers[name]), "name": name, "isHidden": False}
            for name in catalog.environments(connection, found.id)
        ]

    return json_response(await read(request, query))


def _key_shape(request: Request, key: ProjectKey) -> Document:
    return catalog_shape.project_key(key, request.url.scheme, request.url.netloc)


def _key_of(connection: Connection, request: Request) -> ProjectKey:
    _, project = project_of(connection, request)
    for key in catalog.keys(connection, project.id):
        if key.public_key == request.path_params["key"]:
            return key
    raise NotFoundError


async def _keys_changed(request: Request) -> None:
    keyring: Keyring = request.app.state.keyring
    await keyring.refresh(now=True)


async def list_keys(request: Request) -> Response:
    """`GET /api/0/projects/{org}/{project}/keys/`."""

    def query(connection: Connection) -> list[Document]:
        _, project = project_of(connection, request)
        return [_key_shape(request, key) for key in catalog.keys(connection, project.id)]

    return one_page(request, await read(request, query))


async def list_organization_keys(request: Request) -> Response:
    """`GET /api/0/organizations/{org}/project-keys/`."""

    def query(connection: Connection) -> list[Document]:
        owner = organization_of(connection, request)
        return [
            _key_shape(request, key)
            for project in catalog.projects(connection, owner.id)
            for key in catalog.keys(connection, project.id)
        ]

    return one_page(request, await read(request, query))


async def create_key(request: Request, wanted: NewKey) -> Response:
    """`POST /api/0/projects/{org}/{project}/keys/`."""

    def command(session: WriteSession) -> Document:
        _, project = project_of(session.connection, request)
        public = catalog_changes.create_key(
            session, project.id, wanted.name or "Default", _limit(wanted.rateLimit)
        )
        keys = catalog.keys(session.connection, project.id)
        return next(_key_shape(request, key) for key in keys if key.public_key == public)

    made = await write(request, command)
    await _keys_changed(request)
    return json_response(made, status=201)


async def get_key(request: Request) -> Response:
    """`GET /api/0/projects/{org}/{project}/keys/{key}/`."""
    found = await read(request, lambda connection: _key_of(connection, request))
    return json_response(_key_shape(request, found))


async def update_key(request: Request, changes: KeyChanges) -> Response:
    """`PUT /api/0/projects/{org}/{project}/keys/{key}/`."""

    def command(session: WriteSession) -> Document:
        key = _key_of(session.connection, request)
        limit = _limit(changes.rateLimit)
        if "rateLimit" not in changes.model_fields_set and key.rate_limit_window is not None:
            limit = (key.rate_limit_window, key.rate_limit_count or 0)
        catalog_changes.update_key(
            session,
            key.public_key,
            label=changes.name or key.label,
            is_active=key.is_active if changes.isActive is None else changes.isActive,
            rate_limit=limit,
        )
        return _key_shape(request, _key_of(session.connection, request))

    changed = await write(request, command)
    await _keys_changed(request)
    return json_response(changed)


async def delete_key(request: Request) -> Response:
    """`DELETE /api/0/projects/{org}/{project}/keys/{key}/`."""

    def command(session: WriteSession) -> None:
        key = _key_of(session.connection, request)
        catalog_changes.delete_key(session, key.public_key)

    await write(request, command)
    await _keys_changed(request)
    return Response(status_code=204)


_PROJECT = "/projects/{organization}/{project}"

routes = [
    resource("/projects/", resources.PROJECT, get=list_all_projects),
    resource(
        "/organizations/{organization}/projects/",
        resources.PROJECT,
        get=list_projects,
        post=taking(NewProject, create_project),
    ),
    resource(
        "/teams/{organization}/{team}/projects/",
        resources.PROJECT,
        get=list_team_projects,
        post=taking(NewProject, create_project),
    ),
    resource(
        f"{_PROJECT}/",
        resources.PROJECT,
        get=get_project,
        put=taking(ProjectChanges, update_project),
    ),
    resource(f"{_PROJECT}/teams/", resources.PROJECT, get=list_teams),
    resource(f"{_PROJECT}/teams/{{team}}/", resources.PROJECT, post=add_team, delete=remove_team),
    resource(f"{_PROJECT}/environments/", resources.PROJECT, get=list_environments),
    resource(
        f"{_PROJECT}/keys/", resources.PROJECT, get=list_keys, post=taking(NewKey, create_key)
    ),
    resource(
        f"{_PROJECT}/keys/{{key}}/",
        resources.PROJECT,
        get=get_key,
        put=taking(KeyChanges, update_key),
        delete=delete_key,
    ),
    resource(
        "/organizations/{organization}/project-keys/",
        resources.PROJECT,
        get=list_organization_keys,
    ),
]
