"""`…/events/` and its kin: ad-hoc queries over errors, spans, logs and metrics."""

from dataclasses import replace
from sqlite3 import Connection

from starlette.requests import Request
from starlette.responses import Response

from local_sentry.protocol.lenient_json import Document
from local_sentry.routes.api import resources
from local_sentry.routes.api.exchange import json_response, link_header, page_of, read
from local_sentry.routes.api.periods import DAY, environments_of, period_of, project_ids_of
from local_sentry.routes.api.places import organization_of
from local_sentry.routes.api.problems import BadParameterError
from local_sentry.routes.api.resources import resource
from local_sentry.services.periods import parse_period
from local_sentry.services.search import All, Filter, parse_query
from local_sentry.store.explore import datasets
from local_sentry.store.explore.aggregates import parse_call
from local_sentry.store.explore.query import Found, Series, alias, find, over_time
from local_sentry.store.explore.question import ExploreQuery

_DEFAULT_PERIOD = 90 * DAY
_MOST_ROWS = 1000
_MOST_BUCKETS = 10_000
_INTERVALS = (1, 5, 15, 60, 300, 900, 1800, 3600, 7200, 14400, 21600, 43200, 86400)


def explore_query(connection: Connection, request: Request, fields: list[str]) -> ExploreQuery:
    """The query that a request's parameters describe.

    Raises:
        InvalidQueryError: the search text cannot be understood.
        BadParameterError: another parameter cannot be.
    """
    parameters = request.query_params
    name = parameters.get("dataset") or "errors"
    dataset = datasets.BY_NAME.get(name)
    if dataset is None:
        known = ", ".join(sorted(datasets.BY_NAME))
        raise BadParameterError(f"dataset must be one of: {known}")
    period = period_of(request)
    since, until = period.closed(_DEFAULT_PERIOD)
    # What arrives now may bear a time a little ahead of our clock.
    until += 60_000_000 if period.until is None else 0
    return ExploreQuery(
        dataset=dataset,
        fields=tuple(fields),
        condition=parse_query(parameters.get("query", "")),
        now=period.now,
        since=since,
        until=until,
        project_ids=project_ids_of(connection, request, organization_of(connection, request)),
        environments=environments_of(request),
        sort=tuple(
            part
            for given in [*parameters.getlist("sort"), *parameters.getlist("orderby")]
            for part in given.split(",")
            if part and parse_call(given) is None
        )
        or tuple(filter(None, parameters.getlist("sort"))),
    )


def _fields(request: Request) -> list[str]:
    found = [field.strip() for field in request.query_params.getlist("field") if field.strip()]
    if not found:
        raise BadParameterError("No columns selected: give at least one field.")
    return found


def _meta(query: ExploreQuery, found: Found) -> Document:
    return {
        "fields": found.kinds,
        "units": found.units,
        "isMetricsData": False,
        "isMetricsExtractedData": False,
        "tips": {},
        "datasetReason": "unchanged",
        "dataset": query.dataset.name,
        "dataScanned": "full",
    }


async def list_events(request: Request) -> Response:
    """`GET /api/0/organizations/{org}/events/`."""
    limit, offset = page_of(request, default=50, most=_MOST_ROWS)
    fields = _fields(request)
    extra = []
    if not any(parse_call(field) for field in fields):
        extra = ["id", "project.name"]
    if "issue" in fields:
        extra.append("issue.id")

    def query(connection: Connection) -> tuple[Document, bool]:
        wanted = explore_query(connection, request, [*fields, *extra])
        found = find(connection, replace(wanted, limit=limit, offset=offset))
        return {"data": found.rows, "meta": _meta(wanted, found)}, found.more

    answer, more = await read(request, query)
    return json_response(answer, {"link": link_header(request, offset, limit, more=more)})


_TRACE_LOG_FIELDS = (
    "id", "project.id", "project", "trace", "severity", "severity_number", "timestamp",
    "timestamp_precise", "message",
)  # fmt: skip


async def list_trace_logs(request: Request) -> Response:
    """`GET /api/0/organizations/{org}/trace-logs/`: the logs of the traces `traceId` names."""
    limit, offset = page_of(request, default=100, most=_MOST_ROWS)
    traces = tuple(trace for trace in request.query_params.getlist("traceId") if trace)
    if not traces:
        raise BadParameterError("Missing traceId")

    def query(connection: Connection) -> tuple[Document, bool]:
        asked = explore_query(connection, request, list(_TRACE_LOG_FIELDS))
        condition = All((asked.condition, Filter("trace", "=", traces)))
        wanted = replace(
            asked, dataset=datasets.LOGS, condition=condition, limit=limit, offset=offset
        )
        found = find(connection, wanted)
        # Clients of this address take no null for the unit of what has none.
        return {"data": found.rows, "meta": _meta(wanted, found) | {"units": {}}}, found.more

    answer, more = await read(request, query)
    return json_response(answer, {"link": link_header(request, offset, limit, more=more)})


def _interval(request: Request, query: ExploreQuery) -> int:
    """Seconds of a bucket: as asked for, or such that there are about a hundred."""
    text = request.query_params.get("interval", "")
    if text:
        length = parse_period(text)
        # In `events-timeseries` a bare number is milliseconds.
        seconds = 0 if length is None else abs(length) // 1_000_000
        if text.isdigit():
            seconds = int(text[:12]) // 1000 if "timeseries" in request.url.path else int(text[:9])
        if seconds < 1:
            raise BadParameterError("interval is written like 5m or 1h.")
    else:
        wanted = query.seconds / 100
        seconds = next((each for each in _INTERVALS if each >= wanted), _INTERVALS[-1])
    if query.seconds / seconds > _MOST_BUCKETS:
        raise BadParameterError("The interval is too short for the period.")
    return seconds


def _buckets(query: ExploreQuery, interval: int) -> range:
    first = query.since // 1_000_000 // interval * interval
    return range(first, query.until // 1_000_000 + 1, interval)


def _requested_series(
    connection: Connection, request: Request
) -> tuple[ExploreQuery, int, list[Series]]:
    parameters = request.query_params
    functions = tuple(filter(None, parameters.getlist("yAxis"))) or ("count()",)
    top = parameters.get("topEvents", "")
    groups = [*parameters.getlist("groupBy")]
    if top and not groups:
        groups = [f for f in parameters.getlist("field") if f and parse_call(f) is None]
    wanted = explore_query(connection, request, groups if top or groups else [])
    limit = int(top) if top.isascii() and top.isdigit() and len(top) < 4 else 5
    wanted = replace(wanted, limit=max(1, min(limit, 10)))
    if not wanted.fields:
        wanted = replace(wanted, sort=())
    interval = _interval(request, wanted)
    return wanted, interval, over_time(connection, wanted, functions, interval)


async def get_timeseries(request: Request) -> Response:
    """`GET /api/0/organizations/{org}/events-timeseries/`."""

    def query(connection: Connection) -> Document:
        wanted, interval, series = _requested_series(connection, request)
        buckets = _buckets(wanted, interval)
        last = wanted.now // 1_000_000
        return {
            "meta": {
                "dataset": wanted.dataset.name,
                "start": wanted.since // 1000,
                "end": wanted.until // 1000,
            },
            "timeSeries": [
                {
                    "yAxis": one.field,
                    **(
                        {"groupBy": [{"key": k, "value": v} for k, v in one.group]}
                        if one.group
                        else {}
                    ),
                    "values": [
                        {
                            "timestamp": start * 1000,
                            "value": one.values.get(start, 0.0),
                            "incomplete": start + interval > last,
                        }
                        for start in buckets
                    ],
                    "meta": {
                        "valueType": one.column.kind,
                        "valueUnit": one.column.unit,
                        "interval": interval * 1000,
                        **({"order": order, "isOther": False} if one.group else {}),
                    },
                }
                for order, one in enumerate(series)
            ],
        }

    return json_response(await read(request, query))


async def get_stats(request: Request) -> Response:
    """`GET /api/0/organizations/{org}/events-stats/`: the older shape of the same."""

    def shape(query: ExploreQuery, interval: int, one: Series, order: int) -> Document:
        return {
            "data": [
                [start, [{"count": one.values.get(start, 0.0)}]]
                for start in _buckets(query, interval)
            ],
            "start": query.since // 1_000_000,
            "end": query.until // 1_000_000,
            "order": order,
            "isMetricsData": False,
            "isMetricsExtractedData": False,
            "meta": {
                "fields": {alias(one.field): one.column.kind, "time": "date"},
                "units": {alias(one.field): one.column.unit, "time": None},
                "dataset": query.dataset.name,
            },
        }

    def query(connection: Connection) -> Document:
        wanted, interval, series = _requested_series(connection, request)
        shapes = [shape(wanted, interval, one, order) for order, one in enumerate(series)]
        if not wanted.fields and len(shapes) == 1:
            return shapes[0]
        named: Document = {}
        for one, made in zip(series, shapes, strict=True):
            label = ",".join(str(value) for _, value in one.group) or one.field
            named[label] = made
        return named

    return json_response(await read(request, query))


_ORGANIZATION = "/organizations/{organization}"

routes = [
    resource(f"{_ORGANIZATION}/events/", resources.EVENT, get=list_events),
    resource(f"{_ORGANIZATION}/trace-logs/", resources.EVENT, get=list_trace_logs),
    resource(f"{_ORGANIZATION}/events-stats/", resources.EVENT, get=get_stats),
    resource(f"{_ORGANIZATION}/events-timeseries/", resources.EVENT, get=get_timeseries),
]
