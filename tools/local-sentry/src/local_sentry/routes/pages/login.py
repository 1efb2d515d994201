"""Signing in: exchanges a token for a cookie that scripts cannot read."""

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from local_sentry.routes import api
from local_sentry.routes.access import COOKIE
from local_sentry.routes.pages.forms import posted
from local_sentry.routes.rendering import render
from local_sentry.store import tokens


async def login(request: Request) -> Response:
    """`/login/`."""
    if request.method == "GET":
        return render("login.html", problem=None)
    secret = (await posted(request)).get("token", "").strip()
    if not secret or await api.read(request, lambda c: tokens.find(c, secret)) is None:
        return render("login.html", status=403, problem="That token is not known here.")
    response = RedirectResponse("/", status_code=303)
    secure = request.url.scheme == "https"
    response.set_cookie(COOKIE, secret, httponly=True, samesite="strict", secure=secure)
    return response


routes = [Route("/login/", login, methods=["GET", "POST"])]
