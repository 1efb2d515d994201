"""What builds and people set: code mappings, where a frame's source is, ownership rules."""

import time
from sqlite3 import Connection
from typing import Literal

from pydantic import BaseModel, Field
from starlette.requests import Request
from starlette.responses import Response

from local_sentry.protocol.lenient_json import Document
from local_sentry.routes.api import resources
from local_sentry.routes.api.exchange import json_response, one_page, read, write
from local_sentry.routes.api.places import organization_of, project_of
from local_sentry.routes.api.problems import InvalidBodyError, NotFoundError
from local_sentry.routes.api.resources import resource, taking
from local_sentry.services.ownership import InvalidOwnershipError, Rule, parse_ownership
from local_sentry.services.timestamps import isoformat
from local_sentry.store import catalog, code_mappings, commits
from local_sentry.store.session import WriteSession

_LONGEST_RULES = 100_000


class Mapping(BaseModel):
    """One root that stack traces name, and the folder it is in the repository."""

    stackRoot: str = Field(max_length=255)  # noqa: N815 - the wire's name
    sourceRoot: str = Field(max_length=255)  # noqa: N815 - the wire's name


class Mappings(BaseModel):
    """The body of `code-mappings/bulk`."""

    project: str = Field(min_length=1, max_length=100)
    repository: str = Field(min_length=1, max_length=200)
    defaultBranch: str = Field(default="main", max_length=255)  # noqa: N815 - the wire's name
    mappings: list[Mapping] = Field(min_length=1, max_length=300)


async def put_mappings(request: Request, wanted: Mappings) -> Response:
    """`POST …/code-mappings/bulk/`: a repository begins to exist when it is first named."""

    def command(session: WriteSession) -> Document:
        connection = session.connection
        owner = organization_of(connection, request)
        project = catalog.project(connection, owner.id, wanted.project)
        if project is None:
            raise InvalidBodyError({"project": [f"There is no project {wanted.project!r}."]})
        now = time.time_ns() // 1000
        repository_id = commits.repository(session, owner.id, wanted.repository, now)
        results = [
            {
                "stackRoot": each.stackRoot,
                "sourceRoot": each.sourceRoot,
                "status": "created"
                if code_mappings.put(
                    session,
                    project.id,
                    repository_id,
                    each.stackRoot,
                    each.sourceRoot,
                    wanted.defaultBranch,
                )
                else "updated",
            }
            for each in wanted.mappings
        ]
        created = sum(result["status"] == "created" for result in results)
        return {
            "created": created,
            "updated": len(results) - created,
            "errors": 0,
            "mappings": results,
        }

    return json_response(await write(request, command))


def _mapping(found: code_mappings.CodeMapping) -> Document:
    return {
        "id": str(found.id),
        "projectId": str(found.project_id),
        "projectSlug": found.project_slug,
        "repoId": str(found.repository_id),
        "repoName": found.repository,
        "integrationId": None,
        "provider": None,
        "stackRoot": found.stack_root,
        "sourceRoot": found.source_root,
        "defaultBranch": found.default_branch,
        "automaticallyGenerated": False,
    }


async def list_mappings(request: Request) -> Response:
    """`GET …/code-mappings/`, of one `project` or of all."""
    wanted = request.query_params.get("project", "")

    def query(connection: Connection) -> list[Document]:
        owner = organization_of(connection, request)
        return [
            _mapping(found)
            for found in code_mappings.of_organization(connection, owner.id)
            if wanted in ("", "-1", str(found.project_id), found.project_slug)
        ]

    return one_page(request, await read(request, query))


async def delete_mapping(request: Request) -> Response:
    """`DELETE …/code-mappings/{mapping}/`."""
    number = request.path_params["mapping"]

    def command(session: WriteSession) -> None:
        owner = organization_of(session.connection, request)
        known = number.isascii() and number.isdigit() and len(number) < 19
        if not known or not code_mappings.delete(session, owner.id, int(number)):
            raise NotFoundError

    await write(request, command)
    return Response(status_code=204)


async def get_stacktrace_link(request: Request) -> Response:
    """`GET …/stacktrace-link/?file=…`: which file of which repository a frame is in.

    Without a host of repositories there is a path, and an address only when the repository has one.
    """
    file = request.query_params.get("file", "")

    def query(connection: Connection) -> Document:
        owner, project = project_of(connection, request)
        urls = {r.id: r.url for r in commits.repositories(connection, owner.id)}
        for found in code_mappings.of_project(connection, project.id):
            if file.startswith(found.stack_root):
                path = found.source_root + file[len(found.stack_root) :]
                url = urls.get(found.repository_id)
                branch = request.query_params.get("commitId") or found.default_branch
                return {
                    "config": _mapping(found),
                    "sourcePath": path,
                    "sourceUrl": f"{url.rstrip('/')}/blob/{branch}/{path}" if url else None,
                    "integrations": [],
                }
        return {"config": None, "sourcePath": None, "sourceUrl": None, "integrations": []}

    return json_response(await read(request, query))


class OwnershipBody(BaseModel):
    """The body that sets ownership rules."""

    raw: str | None = Field(default=None, max_length=_LONGEST_RULES)
    fallthrough: bool = True
    autoAssignment: Literal[  # noqa: N815 - the wire's name
        "Auto Assign to Issue Owner",
        "Auto Assign to Suspect Commits",
        "Turn off Auto-Assignment",
    ] = "Turn off Auto-Assignment"


def _rule(rule: Rule) -> Document:
    return {
        "matcher": {"type": rule.matcher, "pattern": rule.pattern},
        "owners": [
            {"type": kind, "id": number, "name": number}
            for kind, _, number in (owner.partition(":") for owner in rule.owners)
        ],
    }


def _ownership(connection: Connection, request: Request) -> Document:
    owner, project = project_of(connection, request)
    found = code_mappings.ownership(connection, project.id)
    if found is None:
        found = code_mappings.Ownership(
            "", True, "Turn off Auto-Assignment", *[project.date_created] * 2
        )
    rules = parse_ownership(found.raw, catalog.teams(connection, owner.id))
    return {
        "raw": found.raw,
        "fallthrough": found.fallthrough,
        "dateCreated": isoformat(found.date_created),
        "lastUpdated": isoformat(found.last_updated),
        "isActive": True,
        "autoAssignment": found.auto_assignment,
        "codeownersAutoSync": False,
        "schema": {"$version": 1, "rules": [_rule(rule) for rule in rules]},
    }


async def get_ownership(request: Request) -> Response:
    """`GET /api/0/projects/{org}/{project}/ownership/`."""
    return json_response(await read(request, lambda c: _ownership(c, request)))


async def put_ownership(request: Request, wanted: OwnershipBody) -> Response:
    """`PUT /api/0/projects/{org}/{project}/ownership/`."""

    def command(session: WriteSession) -> Document:
        connection = session.connection
        owner, project = project_of(connection, request)
        known = code_mappings.ownership(connection, project.id)
        raw = wanted.raw if wanted.raw is not None else known.raw if known is not None else ""
        try:
            parse_ownership(raw, catalog.teams(connection, owner.id))
        except InvalidOwnershipError as error:
            raise InvalidBodyError({"raw": [str(error)]}) from error
        now = time.time_ns() // 1000
        rules = code_mappings.Ownership(raw, wanted.fallthrough, wanted.autoAssignment, now, now)
        code_mappings.put_ownership(session, project.id, rules)
        return _ownership(connection, request)

    return json_response(await write(request, command), status=202)


_ORGANIZATION = "/organizations/{organization}"
_PROJECT = "/projects/{organization}/{project}"

routes = [
    resource(
        f"{_ORGANIZATION}/code-mappings/bulk/",
        resources.SETTINGS,
        post=taking(Mappings, put_mappings),
    ),
    resource(f"{_ORGANIZATION}/code-mappings/", resources.SETTINGS, get=list_mappings),
    resource(
        f"{_ORGANIZATION}/code-mappings/{{mapping}}/", resources.SETTINGS, delete=delete_mapping
    ),
    resource(f"{_PROJECT}/stacktrace-link/", resources.PROJECT, get=get_stacktrace_link),
    resource(
        f"{_PROJECT}/ownership/",
        resources.PROJECT,
        get=get_ownership,
        put=taking(OwnershipBody, put_ownership),
    ),
]
