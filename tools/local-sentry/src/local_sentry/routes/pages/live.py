"""What pages ask every two seconds, to draw themselves anew when something has arrived."""

from sqlite3 import Connection

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from local_sentry.protocol.lenient_json import Document
from local_sentry.routes import api
from local_sentry.routes.api.exchange import json_response
from local_sentry.services import ids
from local_sentry.store import newest


def _of(connection: Connection, name: str) -> str:
    """How one thing stands: `issue-7` or `trace-{id}`; empty for what nobody knows."""
    kind, _, number = name.partition("-")
    if kind == "issue" and number.isascii() and number.isdigit() and len(number) < 19:
        return newest.of_issue(connection, int(number))
    if kind == "trace" and (trace_id := ids.trace_id(number)) is not None:
        return newest.of_trace(connection, trace_id)
    return ""


async def live(request: Request) -> Response:
    """`/live/`: the newest row of each kind; with `?of=`, how that one thing stands."""
    name = request.query_params.get("of", "")

    def query(connection: Connection) -> Document:
        return {"of": _of(connection, name)} if name else dict(newest.rows(connection))

    answer = await api.read(request, query)
    return json_response(answer, {"cache-control": "no-store"})


routes = [Route("/live/", live)]
