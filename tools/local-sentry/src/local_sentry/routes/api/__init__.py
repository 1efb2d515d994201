"""Sentry's API, `/api/0/…`: a module a subject; README.md lists the addresses."""

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from local_sentry.routes.api import (
    alerts,
    artifacts,
    attachments,
    attributes,
    description,
    detectors,
    event_owners,
    events,
    explore,
    inbound_filters,
    issue_details,
    issues,
    monitors,
    organizations,
    projects,
    release_contents,
    releases,
    replays,
    sessions,
    settings,
    traces,
    uploads,
)
from local_sentry.routes.api.event_owners import suspects_of
from local_sentry.routes.api.events import find_event
from local_sentry.routes.api.exchange import read
from local_sentry.routes.api.issues import issue_query
from local_sentry.routes.api.places import find_issue
from local_sentry.routes.api.problems import (
    ApiError,
    BadParameterError,
    NotFoundError,
    on_api_error,
)
from local_sentry.routes.api.resources import resource
from local_sentry.routes.api.traces import load_trace, requested_trace

__all__ = [
    "ApiError",
    "BadParameterError",
    "NotFoundError",
    "find_event",
    "find_issue",
    "issue_query",
    "load_trace",
    "on_api_error",
    "read",
    "requested_trace",
    "routes",
    "suspects_of",
]


async def _nothing(request: Request) -> Response:
    """Any other address below `/api/0/`."""
    path = request.url.path
    if request.method in ("GET", "HEAD") and not path.endswith("/"):
        return RedirectResponse(request.url.replace(path=f"{path}/"), status_code=301)
    raise NotFoundError


routes = [
    resource(description.ADDRESS.removeprefix("/api/0"), None, get=description.get_description),
    *organizations.routes,
    *projects.routes,
    *issues.routes,
    *attributes.routes,  # before events, whose routes would take `validate` for an event's id
    *events.routes,
    *event_owners.routes,
    *attachments.routes,
    *issue_details.routes,
    *explore.routes,
    *traces.routes,
    *replays.routes,
    *releases.routes,
    *release_contents.routes,
    *settings.routes,
    *alerts.routes,
    *inbound_filters.routes,
    *detectors.routes,
    *monitors.routes,
    *sessions.routes,
    *uploads.routes,
    *artifacts.routes,
    Route(
        "/api/0/{rest:path}", _nothing, methods=["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]
    ),
]
