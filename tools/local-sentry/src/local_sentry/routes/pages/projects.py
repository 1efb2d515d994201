"""The page of projects: where each reports to, and what to paste so that it does."""

import time
from sqlite3 import Connection

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from local_sentry.models import Project, ProjectKey
from local_sentry.routes import api
from local_sentry.routes.api.exchange import base_url
from local_sentry.routes.api.places import organization_of
from local_sentry.routes.rendering import render
from local_sentry.services.snippets import Snippet, Target, snippets
from local_sentry.store import catalog, project_counts


def _shown(
    request: Request, organization: str, project: Project, key: ProjectKey
) -> tuple[str, list[Snippet]]:
    """The DSN of a key under the address that the browser uses, and the snippets with it."""
    scheme, host = request.url.scheme, request.url.netloc
    dsn = f"{scheme}://{key.public_key}@{host}/{project.id}"
    url = base_url(request)
    target = Target(dsn, url, organization, project.slug, project.id, key.public_key)
    return dsn, snippets(project.platform, target)


async def project_list(request: Request) -> Response:
    """`/organizations/{org}/projects/`."""

    def query(connection: Connection) -> Response:
        owner = organization_of(connection, request)
        found = catalog.projects(connection, owner.id)
        counts = project_counts.of_all(connection, time.time_ns() // 1000)
        keys = {
            project.id: [
                _shown(request, owner.slug, project, key)
                for key in catalog.keys(connection, project.id)
                if key.is_active
            ]
            for project in found
        }
        return render(
            "projects.html",
            projects=found,
            keys=keys,
            counts={p.id: counts.get(p.id, project_counts.ProjectCount()) for p in found},
        )

    return await api.read(request, query)


routes = [Route("/organizations/{organization}/projects/", project_list)]
