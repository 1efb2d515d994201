"""What went into releases and where they went: commits, files, deploys, repositories."""

import time
from sqlite3 import Connection

from pydantic import BaseModel, Field
from starlette.requests import Request
from starlette.responses import Response

from local_sentry.protocol.lenient_json import Document
from local_sentry.routes import release_shape
from local_sentry.routes.api import resources
from local_sentry.routes.api.exchange import json_response, one_page, read, write
from local_sentry.routes.api.places import organization_of
from local_sentry.routes.api.problems import NotFoundError
from local_sentry.routes.api.releases import release_of, shape_of
from local_sentry.routes.api.resources import resource, taking
from local_sentry.services.release_input import NewDeploy
from local_sentry.store import commits, releases
from local_sentry.store.session import WriteSession


async def list_commits(request: Request) -> Response:
    """`GET …/releases/{version}/commits/`."""

    def query(connection: Connection) -> list[Document]:
        owner = organization_of(connection, request)
        found = release_of(connection, request, owner)
        known = commits.repositories(connection, owner.id)
        return [
            release_shape.commit(each, known) for each in commits.of_release(connection, found.id)
        ]

    return one_page(request, await read(request, query))


async def list_files(request: Request) -> Response:
    """`GET …/releases/{version}/commitfiles/`."""

    def query(connection: Connection) -> list[Document]:
        owner = organization_of(connection, request)
        found = release_of(connection, request, owner)
        touched = commits.touched_in_release(connection, found.id)
        return [
            release_shape.file_change(number, each, found) for number, each in enumerate(touched, 1)
        ]

    return one_page(request, await read(request, query))


async def get_previous(request: Request) -> Response:
    """`GET …/releases/{version}/previous-with-commits/`: `{}` when there is none."""

    def query(connection: Connection) -> Document:
        owner = organization_of(connection, request)
        found = release_of(connection, request, owner)
        version = commits.previous_with_commits(connection, owner.id, found.id)
        previous = releases.get(connection, owner.id, version) if version else None
        return shape_of(connection, request, owner, previous) if previous else {}

    return json_response(await read(request, query))


async def list_deploys(request: Request) -> Response:
    """`GET …/releases/{version}/deploys/`."""

    def query(connection: Connection) -> list[Document]:
        found = release_of(connection, request, organization_of(connection, request))
        return [release_shape.deploy(each) for each in commits.deploys(connection, found.id)]

    return one_page(request, await read(request, query))


async def create_deploy(request: Request, body: NewDeploy) -> Response:
    """`POST …/releases/{version}/deploys/`."""
    wanted = body.deploy()

    def command(session: WriteSession) -> Document:
        connection = session.connection
        found = release_of(connection, request, organization_of(connection, request))
        number = commits.add_deploy(session, found.id, wanted)
        made = (each for each in commits.deploys(connection, found.id) if each.id == number)
        return release_shape.deploy(next(made))

    return json_response(await write(request, command), status=201)


class NewRepository(BaseModel):
    """The body that names a repository."""

    name: str = Field(min_length=1, max_length=200)
    url: str | None = Field(default=None, max_length=2048)


async def list_repositories(request: Request) -> Response:
    """`GET /api/0/organizations/{org}/repos/`, with `query` a part of the name."""
    wanted = request.query_params.get("query", "").lower()

    def query(connection: Connection) -> list[Document]:
        owner = organization_of(connection, request)
        return [
            release_shape.repository(found)
            for found in commits.repositories(connection, owner.id)
            if wanted in found.name.lower()
        ]

    return one_page(request, await read(request, query))


async def create_repository(request: Request, wanted: NewRepository) -> Response:
    """`POST /api/0/organizations/{org}/repos/`."""

    def command(session: WriteSession) -> Document:
        owner = organization_of(session.connection, request)
        now = time.time_ns() // 1000
        number = commits.repository(session, owner.id, wanted.name, now, wanted.url)
        made = (r for r in commits.repositories(session.connection, owner.id) if r.id == number)
        return release_shape.repository(next(made))

    return json_response(await write(request, command), status=201)


async def list_repository_commits(request: Request) -> Response:
    """`GET /api/0/organizations/{org}/repos/{repository}/commits/`."""

    def query(connection: Connection) -> list[Document]:
        owner = organization_of(connection, request)
        known = commits.repositories(connection, owner.id)
        found = next((r for r in known if str(r.id) == request.path_params["repository"]), None)
        if found is None:
            raise NotFoundError
        return [
            release_shape.commit(each, known)
            for each in commits.of_repository(connection, owner.id, found.id)
        ]

    return one_page(request, await read(request, query))


_ORGANIZATION = "/organizations/{organization}"
_RELEASES = (
    f"{_ORGANIZATION}/releases/{{version}}",
    "/projects/{organization}/{project}/releases/{version}",
)

routes = [
    *(resource(f"{w}/commits/", resources.RELEASE, get=list_commits) for w in _RELEASES),
    *(resource(f"{w}/commitfiles/", resources.RELEASE, get=list_files) for w in _RELEASES),
    *(
        resource(f"{w}/previous-with-commits/", resources.RELEASE, get=get_previous)
        for w in _RELEASES
    ),
    *(
        resource(
            f"{w}/deploys/",
            resources.RELEASE,
            get=list_deploys,
            post=taking(NewDeploy, create_deploy),
        )
        for w in _RELEASES
    ),
    resource(
        f"{_ORGANIZATION}/repos/",
        resources.SETTINGS,
        get=list_repositories,
        post=taking(NewRepository, create_repository),
    ),
    resource(
        f"{_ORGANIZATION}/repos/{{repository}}/commits/",
        resources.SETTINGS,
        get=list_repository_commits,
    ),
]
