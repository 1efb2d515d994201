"""The pages of traces: the newest, and one as a waterfall."""

from sqlite3 import Connection

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from local_sentry.protocol.lenient_json import JsonValue
from local_sentry.routes import api
from local_sentry.routes.rendering import render
from local_sentry.services import ids
from local_sentry.services.event_view import is_noise, shown
from local_sentry.services.waterfall import draw
from local_sentry.store import events, spans

MAX_DRAWN_SPANS = 2000


async def trace_list(request: Request) -> Response:
    """`/explore/traces/`."""
    found = await api.read(request, lambda connection: spans.recent_roots(connection, 100))
    longest = max((root.span.duration for root in found), default=1)
    return render("traces.html", roots=found, longest=max(longest, 1))


async def trace_page(request: Request) -> Response:
    """`/explore/traces/trace/{trace}/`; `?node=span-{id}` opens a span."""
    trace_id = api.requested_trace(request)
    node = request.query_params.get("node", "").removeprefix("span-")

    def query(connection: Connection) -> Response:
        trace = api.load_trace(connection, trace_id, MAX_DRAWN_SPANS)
        total = spans.count_of_trace(connection, trace_id)
        if not trace.rows and not trace.loose_errors:
            raise api.NotFoundError("Nothing has been received of this trace (yet).")
        selected = _span_details(connection, trace_id, node)
        return render(
            "trace.html",
            trace=trace,
            waterfall=draw(trace),
            hidden=max(0, total - len(trace.rows)),
            selected=selected,
            node=node if selected else "",
        )

    return await api.read(request, query)


async def span_fragment(request: Request) -> Response:
    """`/explore/traces/trace/{trace}/span/{span}/`: the panel of one span."""
    trace_id = api.requested_trace(request)

    def query(connection: Connection) -> Response:
        details = _span_details(connection, trace_id, request.path_params["span"])
        if details is None:
            raise api.NotFoundError("There is no such span in this trace.")
        return render("span.html", selected=details)

    return await api.read(request, query)


def _span_details(connection: Connection, trace_id: bytes, name: str) -> dict[str, object] | None:
    span_id = ids.span_id(name)
    span = spans.get(connection, trace_id, span_id) if span_id is not None else None
    if span is None:
        return None
    attributes: list[tuple[str, str]] = []
    for key, value in spans.attributes(connection, span.row).items():
        nested: JsonValue = value
        if key in ("tags", "measurements") and isinstance(nested, dict):
            attributes += [(f"{key}.{inner}", shown(v)) for inner, v in nested.items()]
        elif not is_noise(key, nested):
            attributes.append((key, shown(nested)))
    errors = events.errors_of_trace(connection, trace_id, 1000)
    return {
        "span": span,
        "attributes": sorted(attributes),
        "errors": [error for error in errors if error.span_id == span.span_id],
    }


routes = [
    Route("/explore/traces/", trace_list),
    Route("/explore/traces/trace/{trace}/", trace_page),
    Route("/organizations/{organization}/explore/traces/trace/{trace}/", trace_page),
    Route("/explore/traces/trace/{trace}/span/{span}/", span_fragment),
]
