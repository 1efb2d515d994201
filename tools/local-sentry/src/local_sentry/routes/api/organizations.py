"""`/organizations/`, their teams, members and environments, and who asks."""

from sqlite3 import Connection

from pydantic import BaseModel, Field
from starlette.requests import Request
from starlette.responses import Response

from local_sentry.models import LocalUser
from local_sentry.protocol.lenient_json import Document
from local_sentry.routes import access, catalog_shape
from local_sentry.routes.api import resources
from local_sentry.routes.api.exchange import base_url, json_response, one_page, read, write
from local_sentry.routes.api.places import organization_of, team_of
from local_sentry.routes.api.problems import ConflictError, InvalidBodyError
from local_sentry.routes.api.resources import resource, taking
from local_sentry.store import catalog, catalog_changes, tokens
from local_sentry.store.session import WriteSession

_MEMBER_FLAGS = (
    "idp:provisioned", "idp:role-restricted", "sso:linked", "sso:invalid",
    "member-limit:restricted", "partnership:restricted",
)  # fmt: skip


class NewName(BaseModel):
    """The body that makes an organization or a team: one of the two is enough."""

    name: str = Field(default="", max_length=64)
    slug: str = Field(default="", max_length=50)

    def both(self) -> tuple[str, str]:
        """Slug and name.

        Raises:
            InvalidBodyError: neither was given, or the slug cannot stand in an address.
        """
        slug = catalog_changes.slug_of(self.slug or self.name)
        if not slug or slug.isdigit() or (self.slug and slug != self.slug):
            said = "A slug has lowercase letters, digits, - and _, and more than digits."
            raise InvalidBodyError({"slug": [said]})
        return slug, self.name or slug


def with_projects(connection: Connection, found: catalog.Team) -> Document:
    """A team with its projects."""
    projects = [project_summary(connection, p.id) for p in
                catalog.projects_of_team(connection, found.id)]  # fmt: skip
    return catalog_shape.team(found) | {"projects": projects}


def project_summary(connection: Connection, project_id: int) -> Document:
    """A project as lists show it."""
    found = catalog.project_by_id(connection, project_id)
    return catalog_shape.project(
        found,
        catalog.teams_of_project(connection, project_id),
        catalog.environments(connection, project_id),
        catalog.latest_release(connection, project_id),
    )


async def index(request: Request) -> Response:
    """`GET /api/0/`: what the server is, and who asks; `sentry-cli info` reads it."""
    scopes = request.scope.get(access.SCOPES, tokens.SCOPES)
    return json_response(
        {
            "version": "0",
            "user": catalog_shape.user(LocalUser()),
            "auth": {"scopes": sorted(scopes)},
        }
    )


async def whoami(request: Request) -> Response:
    """`GET /api/0/auth/` and `/api/0/users/me/`."""
    return json_response(catalog_shape.user(LocalUser()))


async def regions(request: Request) -> Response:
    """`GET /api/0/users/me/regions/`: there is this one."""
    return json_response({"regions": [{"name": "local", "url": base_url(request)}]})


async def list_organizations(request: Request) -> Response:
    """`GET /api/0/organizations/`, with `query` a part of the name."""
    wanted = request.query_params.get("query", "").lower()
    found = [
        catalog_shape.organization(one, base_url(request))
        for one in await read(request, catalog.organizations)
        if wanted in one.slug or wanted in one.name.lower()
    ]
    return one_page(request, found)


async def create_organization(request: Request, body: NewName) -> Response:
    """`POST /api/0/organizations/`."""
    slug, name = body.both()

    def command(session: WriteSession) -> Document:
        catalog_changes.create_organization(session, slug, name)
        made = catalog.organization(session.connection, slug)
        assert made is not None  # noqa: S101 - just made
        return catalog_shape.organization(made, base_url(request))

    try:
        return json_response(await write(request, command), status=201)
    except catalog_changes.TakenError:
        raise ConflictError(f"An organization or a team is called {slug!r} already.") from None


async def get_organization(request: Request) -> Response:
    """`GET /api/0/organizations/{org}/`."""

    def query(connection: Connection) -> Document:
        found = organization_of(connection, request)
        shape = catalog_shape.organization(found, base_url(request))
        if request.query_params.get("detailed") == "0":
            return shape
        return shape | {
            "projects": [project_summary(connection, p.id)
                         for p in catalog.projects(connection, found.id)],
            "teams": [catalog_shape.team(t) for t in catalog.teams(connection, found.id)],
        }  # fmt: skip

    return json_response(await read(request, query))


async def list_teams(request: Request) -> Response:
    """`GET /api/0/organizations/{org}/teams/`, with `query` a part of the slug."""
    wanted = request.query_params.get("query", "").lower()

    def query(connection: Connection) -> list[Document]:
        owner = organization_of(connection, request)
        return [
            with_projects(connection, team)
            for team in catalog.teams(connection, owner.id)
            if wanted in team.slug
        ]

    return one_page(request, await read(request, query))


async def create_team(request: Request, body: NewName) -> Response:
    """`POST /api/0/organizations/{org}/teams/`."""
    slug, name = body.both()

    def command(session: WriteSession) -> Document:
        owner = organization_of(session.connection, request)
        catalog_changes.create_team(session, owner.id, slug, name)
        made = catalog.team(session.connection, owner.id, slug)
        assert made is not None  # noqa: S101 - just made
        return with_projects(session.connection, made)

    try:
        return json_response(await write(request, command), status=201)
    except catalog_changes.TakenError:
        raise ConflictError(f"A team is called {slug!r} already.") from None


async def get_team(request: Request) -> Response:
    """`GET /api/0/teams/{org}/{team}/`."""

    def query(connection: Connection) -> Document:
        owner = organization_of(connection, request)
        shape = with_projects(connection, team_of(connection, request, owner))
        return shape | {"organization": catalog_shape.organization(owner, base_url(request))}

    return json_response(await read(request, query))


async def list_team_projects(request: Request) -> Response:
    """`GET /api/0/teams/{org}/{team}/projects/`."""

    def query(connection: Connection) -> list[Document]:
        team = team_of(connection, request, organization_of(connection, request))
        found = catalog.projects_of_team(connection, team.id)
        return [project_summary(connection, project.id) for project in found]

    return one_page(request, await read(request, query))


async def list_members(request: Request) -> Response:
    """`GET /api/0/organizations/{org}/members/`, `/users/`, and `/projects/…/users/`."""
    await read(request, lambda connection: organization_of(connection, request))
    person = LocalUser()
    return one_page(
        request,
        [
            {
                "id": str(person.id),
                "email": person.email,
                "name": person.name,
                "user": catalog_shape.user(person),
                "orgRole": "owner",
                "role": "owner",
                "roleName": "Owner",
                "pending": False,
                "expired": False,
                "flags": dict.fromkeys(_MEMBER_FLAGS, False),
                "dateCreated": "1970-01-01T00:00:00Z",
                "inviteStatus": "approved",
                "inviterName": None,
                "teams": [],
                "teamRoles": [],
                "projects": [],
            }
        ],
    )


async def list_environments(request: Request) -> Response:
    """`GET /api/0/organizations/{org}/environments/`."""

    def query(connection: Connection) -> list[Document]:
        owner = organization_of(connection, request)
        found = catalog.environments_of_organization(connection, owner.id)
        return [{"id": str(number), "name": name} for number, name in found]

    return json_response(await read(request, query))


_ORGANIZATION = "/organizations/{organization}"

routes = [
    resource("/", None, get=index),
    resource("/auth/", None, get=whoami),
    resource("/users/me/", None, get=whoami),
    resource("/users/me/regions/", None, get=regions),
    resource(
        "/organizations/",
        resources.ORGANIZATION,
        get=list_organizations,
        post=taking(NewName, create_organization),
    ),
    resource(f"{_ORGANIZATION}/", resources.ORGANIZATION, get=get_organization),
    resource(
        f"{_ORGANIZATION}/teams/", resources.TEAM, get=list_teams, post=taking(NewName, create_team)
    ),
    resource(f"{_ORGANIZATION}/user-teams/", resources.TEAM, get=list_teams),
    resource("/teams/{organization}/{team}/", resources.TEAM, get=get_team),
    resource(f"{_ORGANIZATION}/members/", resources.ORGANIZATION, get=list_members),
    resource(f"{_ORGANIZATION}/users/", resources.ORGANIZATION, get=list_members),
    resource("/projects/{organization}/{project}/members/", resources.PROJECT, get=list_members),
    resource(f"{_ORGANIZATION}/environments/", resources.ORGANIZATION, get=list_environments),
]
