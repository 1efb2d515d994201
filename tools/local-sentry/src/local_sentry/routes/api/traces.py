"""Traces as trees, and what a trace holds in numbers."""

from functools import partial
from sqlite3 import Connection

from starlette.requests import Request
from starlette.responses import Response

from local_sentry.routes import trace_shape
from local_sentry.routes.api import resources
from local_sentry.routes.api.exchange import json_response, read
from local_sentry.routes.api.places import organization_of
from local_sentry.routes.api.problems import NotFoundError
from local_sentry.routes.api.resources import resource
from local_sentry.services import ids
from local_sentry.services.traces import Trace, build_trace
from local_sentry.store import events, spans, telemetry

MAX_TRACE_SPANS = 10_000


def load_trace(connection: Connection, trace_id: bytes, limit: int) -> Trace:
    """A trace with all its spans and errors, up to a limit of each."""
    return build_trace(
        trace_id.hex(),
        spans.of_trace(connection, trace_id, limit),
        events.errors_of_trace(connection, trace_id, limit),
    )


def requested_trace(request: Request) -> bytes:
    """The trace id of the address.

    Raises:
        NotFoundError: it is no trace id.
    """
    found = ids.trace_id(request.path_params["trace"])
    if found is None:
        raise NotFoundError("A trace id is 32 hexadecimal digits")
    return found


async def get_trace(request: Request) -> Response:
    """`GET /api/0/organizations/{org}/trace/{trace_id}/`, with `additional_attributes` of spans."""
    trace_id = requested_trace(request)
    more = request.query_params.getlist("additional_attributes")

    def query(connection: Connection) -> bytes:
        organization_of(connection, request)
        return trace_shape.trace(load_trace(connection, trace_id, MAX_TRACE_SPANS), more)

    return Response(await read(request, query), media_type="application/json")


async def get_trace_meta(request: Request) -> Response:
    """`GET /api/0/organizations/{org}/trace-meta/{trace_id}/`."""
    trace_id = requested_trace(request)
    found = await read(request, partial(load_trace, trace_id=trace_id, limit=MAX_TRACE_SPANS))
    counts = await read(request, partial(telemetry.counts_of_trace, trace_id=trace_id))
    by_op: dict[str, int] = {}
    children: dict[str, int] = {}
    for node in found.rows:
        by_op[node.span.op] = by_op.get(node.span.op, 0) + 1
        children[node.span.segment_id] = children.get(node.span.segment_id, 0) + 1
    return json_response(
        {
            "errorsCount": len(found.loose_errors) + sum(len(n.errors) for n in found.rows),
            "logsCount": counts.logs,
            "metricsCount": counts.metrics,
            "performanceIssuesCount": 0,
            "uptimeCount": 0,
            "spansCount": len(found.rows),
            "spansCountMap": by_op,
            "transactionChildCountMap": [
                {"transaction.event_id": segment, "count()": count}
                for segment, count in children.items()
            ],
        }
    )


_ORGANIZATION = "/organizations/{organization}"

routes = [
    resource(f"{_ORGANIZATION}/trace/{{trace}}/", resources.EVENT, get=get_trace),
    resource(f"{_ORGANIZATION}/trace-meta/{{trace}}/", resources.EVENT, get=get_trace_meta),
]
