"""Who may read: tokens, or nobody-asks on loopback behind a check of the Host header."""

import ipaddress

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from local_sentry.routes.same_origin import is_foreign
from local_sentry.store import tokens
from local_sentry.store.readers import Readers

COOKIE = "local_sentry_token"
# Where a request's ASGI scope says what its token may do; absent when nobody asks for one.
SCOPES = "local_sentry.scopes"
_OPEN_PATHS = ("/static/", "/healthz", "/login/")
# Pages load nothing from elsewhere, run no inline code and cannot be framed.
SECURITY_HEADERS = {
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:;"
        " connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}


def is_loopback(host: str) -> bool:
    """Whether a host name or address means this machine only."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _may_look(token: tokens.Token) -> bool:
    return not {"event:read", "event:write", "event:admin"}.isdisjoint(token.scopes)


def _host_name(header: str) -> str:
    host = header.strip().lower()
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.partition(":")[0]


class Access:
    """Lets through what may read and adds the security headers to every answer."""

    def __init__(self, app: ASGIApp, *, readers: Readers, require_auth: bool) -> None:
        """Wraps the API and the pages.

        Args:
            app: the application behind.
            readers: where tokens are looked up.
            require_auth: False lets everyone in whose request is addressed to loopback by name:
                a foreign web page that points its own name at 127.0.0.1 is not.
        """
        self._app = app
        self._readers = readers
        self._require_auth = require_auth

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request."""
        request = Request(scope)
        refusal = await self._refusal(request)
        answer: ASGIApp = self._app if refusal is None else refusal

        async def send_secured(message: dict[str, object]) -> None:
            if message["type"] == "http.response.start":
                headers = message.setdefault("headers", [])
                assert isinstance(headers, list)  # noqa: S101 - the ASGI specification says so
                present = {name for name, _ in headers}
                headers += [
                    (name.encode(), value.encode())
                    for name, value in SECURITY_HEADERS.items()
                    if name.encode() not in present
                ]
            await send(message)

        await answer(scope, receive, send_secured)  # type: ignore[arg-type]

    async def _refusal(self, request: Request) -> Response | None:
        path = request.url.path
        if is_foreign(request):
            return JSONResponse(
                {"detail": "This was asked by a page of another site. Do it on a page of this"
                 " server, or from a program."},
                status_code=403,
            )  # fmt: skip
        if not self._require_auth:
            if is_loopback(_host_name(request.headers.get("host", ""))):
                return None
            return JSONResponse(
                {"detail": "This server runs without authentication and answers only to"
                 " localhost. Use http://localhost, or start it without --no-auth."},
                status_code=421,
            )  # fmt: skip
        if path.startswith(_OPEN_PATHS):
            return None
        token = await self._token(request)
        # The pages show what `event:read` opens; a token of a build opens none of them.
        if token is not None and (path.startswith("/api/") or _may_look(token)):
            request.scope[SCOPES] = frozenset(token.scopes)
            return None
        if path.startswith("/api/"):
            return JSONResponse(
                {"detail": "Authentication credentials were not provided or are not valid."},
                status_code=401,
                headers={"www-authenticate": "Bearer"},
            )
        return RedirectResponse("/login/", status_code=303)

    async def _token(self, request: Request) -> tokens.Token | None:
        scheme, _, secret = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not secret.strip():
            secret = request.cookies.get(COOKIE, "")
        secret = secret.strip()
        if not secret or len(secret) > 512:
            return None
        return await self._readers.run(lambda c: tokens.find(c, secret))
