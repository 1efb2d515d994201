"""What pages ask every two seconds, to draw themselves anew when something has arrived."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from local_sentry.routes import api
from local_sentry.routes.api.exchange import json_response
from local_sentry.store import newest


async def live(request: Request) -> Response:
    """`/live/`: the newest row of each kind."""
    return json_response(await api.read(request, newest.rows), {"cache-control": "no-store"})


routes = [Route("/live/", live)]
