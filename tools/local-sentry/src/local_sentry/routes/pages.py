"""The pages: issues, an issue, traces, a trace."""

import time
from sqlite3 import Connection
from urllib.parse import parse_qs

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from local_sentry.models import Project
from local_sentry.protocol.lenient_json import JsonValue
from local_sentry.routes import api
from local_sentry.routes.access import COOKIE
from local_sentry.routes.rendering import render
from local_sentry.services import ids
from local_sentry.services.event_view import shown, view_event
from local_sentry.services.search import InvalidQueryError
from local_sentry.services.waterfall import draw
from local_sentry.store import catalog, events, issue_search, issues, spans, tokens

PAGE_SIZE = 50
MAX_DRAWN_SPANS = 2000
_HOURS = 24
_DAYS = 14
_LARGEST_FORM = 4096
_NEW_FOR = issues.HOUR


def _page_number(request: Request) -> int:
    text = request.query_params.get("page", "1")
    return (
        min(max(int(text), 1), 10_000) if text.isascii() and text.isdigit() and len(text) < 6 else 1
    )


def _hour_counts(hours: dict[int, int], now: int) -> list[int]:
    last = now // issues.HOUR
    return [hours.get(hour, 0) for hour in range(last - _HOURS + 1, last + 1)]


def _day_counts(hours: dict[int, int], now: int) -> list[tuple[int, int]]:
    """(µs of the day's start, events) for the last days."""
    last = now // issues.HOUR // 24
    days = dict.fromkeys(range(last - _DAYS + 1, last + 1), 0)
    for hour, count in hours.items():
        if hour // 24 in days:
            days[hour // 24] += count
    return [(day * 24 * issues.HOUR, count) for day, count in days.items()]


def _projects(connection: Connection, request: Request) -> list[Project]:
    owner = catalog.organization(connection, request.path_params["organization"])
    return catalog.projects(connection, owner.id) if owner is not None else []


async def home(request: Request) -> Response:
    """`/`."""
    return RedirectResponse("/organizations/kijko/issues/", status_code=307)


async def issue_list(request: Request) -> Response:
    """`/organizations/{org}/issues/`."""
    page = _page_number(request)
    text = request.query_params.get("query", "is:unresolved")

    def query(connection: Connection) -> Response:
        wanted = api.issue_query(
            connection, request, default="is:unresolved", limit=PAGE_SIZE,
            offset=(page - 1) * PAGE_SIZE,
        )  # fmt: skip
        found, more = issue_search.find(connection, wanted)
        hours = issues.hourly(
            connection, [issue.id for issue in found], wanted.now // issues.HOUR - _HOURS
        )
        return render(
            "issues.html",
            issues=found,
            hours={issue.id: _hour_counts(hours[issue.id], wanted.now) for issue in found},
            total=issue_search.count(connection, wanted, at_most=1000),
            projects=_projects(connection, request),
            query=text,
            project=request.query_params.get("project", ""),
            sort=wanted.sort,
            page=page,
            more=more,
            problem=None,
            new_since=wanted.now - _NEW_FOR,
        )

    try:
        return await api.read(request, query)
    except (InvalidQueryError, api.BadParameterError) as error:
        projects = await api.read(request, lambda connection: _projects(connection, request))
        return render(
            "issues.html", status=400, issues=[], hours={}, total=0, projects=projects,
            query=text, project="", sort="date", page=1, more=False, problem=str(error),
            new_since=0,
        )  # fmt: skip


async def issue_page(request: Request) -> Response:
    """`/organizations/{org}/issues/{issue}/`, or one of its events."""

    def query(connection: Connection) -> Response:
        issue = api.find_issue(connection, request)
        name = request.path_params.get("event", "latest")
        event, payload, _ = api.find_event(connection, issue.id, name)
        now = time.time_ns() // 1000
        hours = issues.hourly(connection, [issue.id], now // issues.HOUR - _DAYS * 24)[issue.id]
        previous, following = events.neighbours(connection, event)
        view = view_event(payload)
        span_count = 0
        if view.trace_id is not None:
            span_count = spans.count_of_trace(connection, bytes.fromhex(view.trace_id))
        distributions: dict[str, list[issues.TagValue]] = {}
        for value in issues.tag_values(connection, issue.id, per_key=4):
            distributions.setdefault(value.key, []).append(value)
        return render(
            "issue.html",
            issue=issue,
            event=event,
            view=view,
            tags=events.tags(connection, event.row),
            distributions=distributions,
            days=_day_counts(hours, now),
            previous=previous,
            following=following,
            span_count=span_count,
        )

    return await api.read(request, query)


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
        else:
            attributes.append((key, shown(nested)))
    errors = events.errors_of_trace(connection, trace_id, 1000)
    return {
        "span": span,
        "attributes": sorted(attributes),
        "errors": [error for error in errors if error.span_id == span.span_id],
    }


async def login(request: Request) -> Response:
    """`/login/`: exchanges a token for a cookie that scripts cannot read."""
    if request.method == "GET":
        return render("login.html", problem=None)
    secret = await _posted_token(request)
    if not secret or await api.read(request, lambda c: tokens.find(c, secret)) is None:
        return render("login.html", status=403, problem="That token is not known here.")
    response = RedirectResponse("/", status_code=303)
    secure = request.url.scheme == "https"
    response.set_cookie(COOKIE, secret, httponly=True, samesite="strict", secure=secure)
    return response


async def _posted_token(request: Request) -> str:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > _LARGEST_FORM:
            return ""
    fields = parse_qs(body.decode("latin-1"), max_num_fields=10)
    return fields.get("token", [""])[0].strip()


def on_page_error(request: Request, error: Exception) -> Response:
    """What is not there, on a page; the API has its own shape."""
    if request.url.path.startswith("/api/"):
        return api.on_api_error(request, error)
    status = 404 if isinstance(error, api.NotFoundError) else 400
    return render("problem.html", status=status, problem=str(error))


routes = [
    Route("/", home),
    Route("/organizations/{organization}/issues/", issue_list),
    Route("/organizations/{organization}/issues/{issue}/", issue_page),
    Route("/organizations/{organization}/issues/{issue}/events/{event}/", issue_page),
    Route("/issues/{issue}/", issue_page),
    Route("/explore/traces/", trace_list),
    Route("/explore/traces/trace/{trace}/", trace_page),
    Route("/organizations/{organization}/explore/traces/trace/{trace}/", trace_page),
    Route("/explore/traces/trace/{trace}/span/{span}/", span_fragment),
    Route("/login/", login, methods=["GET", "POST"]),
]
