"""What the address of a page names."""

from sqlite3 import Connection

from starlette.requests import Request

from local_sentry.models import Project
from local_sentry.routes.api.places import organization_of
from local_sentry.routes.api.problems import NotFoundError
from local_sentry.store import catalog


def page_number(request: Request) -> int:
    """The page of a list, from 1; what makes no sense is the first."""
    text = request.query_params.get("page", "1")
    is_number = text.isascii() and text.isdigit() and len(text) < 6
    return min(max(int(text), 1), 10_000) if is_number else 1


def projects_of(connection: Connection, request: Request) -> list[Project]:
    """The projects of the organization that the address names.

    Raises:
        NotFoundError: there is no such organization.
    """
    return catalog.projects(connection, organization_of(connection, request).id)


def first_organization(connection: Connection) -> catalog.Organization:
    """The organization that pages without one in their address show.

    Raises:
        NotFoundError: there is none at all.
    """
    found = catalog.organizations(connection)
    if not found:
        raise NotFoundError("There is no organization here.")
    return found[0]
