"""The pages, a module a subject, and what a page says when something is not there."""

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from local_sentry.routes import api
from local_sentry.routes.pages import (
    issue_actions,
    issues,
    live,
    login,
    logs,
    projects,
    releases,
    replays,
    traces,
)
from local_sentry.routes.rendering import render

__all__ = ["on_page_error", "routes"]


async def home(request: Request) -> Response:
    """`/`."""
    return RedirectResponse("/organizations/kijko/issues/", status_code=307)


def on_page_error(request: Request, error: Exception) -> Response:
    """What is not there, on a page; the API has its own shape."""
    if request.url.path.startswith("/api/"):
        return api.on_api_error(request, error)
    status = error.status if isinstance(error, api.ApiError) else 400
    return render("problem.html", status=status, problem=str(error))


routes = [
    Route("/", home),
    *issue_actions.routes,
    *issues.routes,
    *traces.routes,
    *replays.routes,
    *logs.routes,
    *releases.routes,
    *projects.routes,
    *live.routes,
    *login.routes,
]
