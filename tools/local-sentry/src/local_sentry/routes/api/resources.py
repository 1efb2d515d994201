"""An address of the API: which methods it has and which scopes each of them asks for."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from local_sentry.routes import access
from local_sentry.routes.api.exchange import body_of, json_response
from local_sentry.routes.api.problems import MissingScopeError

_Model = TypeVar("_Model", bound=BaseModel)
Handler = Callable[[Request], Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class Area:
    """The scopes that open a part of the API; any one of those named is enough."""

    read: tuple[str, ...]
    write: tuple[str, ...]
    delete: tuple[str, ...]

    def needed(self, method: str) -> tuple[str, ...]:
        """The scopes one of which the method needs."""
        return {"GET": self.read, "HEAD": self.read, "DELETE": self.delete}.get(method, self.write)


def _area(name: str, *more: str) -> Area:
    read, write, admin = (f"{name}:{verb}" for verb in ("read", "write", "admin"))
    return Area((read, write, admin, *more), (write, admin, *more), (admin, *more))


ORGANIZATION = _area("org")
PROJECT = _area("project")
TEAM = _area("team")
EVENT = _area("event")
# What a token of a build may do, and no more (Sentry's `org:ci`).
RELEASE = _area("project", "project:releases", "org:ci")
ALERT = Area(
    ("alerts:read", "alerts:write", "project:read", "project:write", "org:read"),
    ("alerts:write", "project:write", "org:write"),
    ("alerts:write", "project:admin", "org:admin"),
)
# Code mappings, repositories: settings that a build also writes.
SETTINGS = Area(
    ("org:read", "org:write", "org:admin", "org:ci", "project:releases"),
    ("org:write", "org:admin", "org:ci", "project:releases"),
    ("org:admin", "org:write"),
)


class Taking(Generic[_Model]):
    """A handler with the model of the JSON body it takes."""

    def __init__(
        self, model: type[_Model], handle: Callable[[Request, _Model], Awaitable[Response]]
    ) -> None:
        self.model = model
        self._handle = handle

    async def __call__(self, request: Request) -> Response:
        """Answers one request, whose body is read first."""
        return await self._handle(request, await body_of(request, self.model))


def taking(
    model: type[_Model], handle: Callable[[Request, _Model], Awaitable[Response]]
) -> Taking[_Model]:
    """A handler of requests that have a JSON body of a model."""
    return Taking(model, handle)


class Resource:
    """Answers the requests of one address."""

    def __init__(self, area: Area | None, handlers: dict[str, Handler]) -> None:
        self.area = area
        self.handlers = handlers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request.

        Raises:
            MissingScopeError: the token may not do this.
        """
        request = Request(scope, receive)
        handler = self.handlers.get("GET" if request.method == "HEAD" else request.method)
        if handler is None:
            allowed = {"allow": ", ".join(sorted(self.handlers))}
            detail = f'Method "{request.method}" not allowed.'
            response = json_response({"detail": detail}, allowed, status=405)
        else:
            if self.area is not None:
                require(request, self.area.needed(request.method))
            response = await handler(request)
        await response(scope, receive, send)


def require(request: Request, accepted: tuple[str, ...]) -> None:
    """Returns if the request's token has one of the scopes.

    Raises:
        MissingScopeError: it has none of them.
    """
    granted: frozenset[str] | None = request.scope.get(access.SCOPES)
    if granted is not None and granted.isdisjoint(accepted):
        raise MissingScopeError(accepted)


def resource(
    path: str,
    area: Area | None,
    *,
    get: Handler | None = None,
    post: Handler | None = None,
    put: Handler | None = None,
    delete: Handler | None = None,
) -> Route:
    """A route below `/api/0/`; `area` None asks for no scope, only for a known client."""
    given = {"GET": get, "POST": post, "PUT": put, "DELETE": delete}
    handlers = {method: handler for method, handler in given.items() if handler is not None}
    return Route(f"/api/0{path}", Resource(area, handlers))
