"""What the addresses of the API name: an organization, a project, a team, an issue."""

from sqlite3 import Connection

from starlette.requests import Request

from local_sentry.models import Project
from local_sentry.routes.api.problems import NotFoundError
from local_sentry.store import catalog, issues


def organization_of(connection: Connection, request: Request) -> catalog.Organization:
    """The organization that the address names.

    Raises:
        NotFoundError: there is none.
    """
    found = catalog.organization(connection, request.path_params["organization"])
    if found is None:
        raise NotFoundError
    return found


def project_of(connection: Connection, request: Request) -> tuple[catalog.Organization, Project]:
    """The project that the address names, and whose it is.

    Raises:
        NotFoundError: there is none.
    """
    owner = organization_of(connection, request)
    found = catalog.project(connection, owner.id, request.path_params["project"])
    if found is None:
        raise NotFoundError
    return owner, found


def team_of(connection: Connection, request: Request, owner: catalog.Organization) -> catalog.Team:
    """The team that the address names.

    Raises:
        NotFoundError: there is none.
    """
    found = catalog.team(connection, owner.id, request.path_params["team"])
    if found is None:
        raise NotFoundError
    return found


def find_issue(connection: Connection, request: Request) -> issues.Issue:
    """The issue that the address names.

    Raises:
        NotFoundError: there is none, or it belongs to another organization.
    """
    found = issues.get(connection, request.path_params["issue"])
    organization = request.path_params.get("organization")
    if found is not None and organization is not None:
        owner = organization_of(connection, request)
        if found.organization_slug != owner.slug:
            found = None
    if found is None:
        raise NotFoundError
    return found
