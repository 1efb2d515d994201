"""Queries over errors, spans, logs and metrics; traces and what can be searched by."""

from collections.abc import AsyncIterator, Sequence
from typing import Literal

from pydantic import TypeAdapter

from sentry_api._call import Call, get
from sentry_api.models.base import Json, reader
from sentry_api.models.explore import Attribute, Series, Table, TimeSeries
from sentry_api.models.traces import TraceMeta, TraceNode
from sentry_api.period import Period
from sentry_api.resources.base import Resource, at_most, only, page_size

Dataset = Literal["errors", "spans", "logs", "tracemetrics", "transactions", "issuePlatform"]
_TABLE = TypeAdapter(Table)
_SERIES = TypeAdapter(TimeSeries)
_ATTRIBUTES = reader(list[Attribute])
_NODES = reader(list[TraceNode])
_META = TypeAdapter(TraceMeta)
_ORGANIZATION = "/organizations/{organization}"


class Explore(Resource):
    """``…/events/``, ``…/events-timeseries/``, ``…/trace/``."""

    async def table(
        self,
        dataset: Dataset,
        fields: Sequence[str],
        *,
        query: str = "",
        sort: str | None = None,
        period: Period | None = None,
        projects: Sequence[str] = (),
        environments: Sequence[str] = (),
        limit: int = 50,
    ) -> Table:
        """The first rows of a query with their columns' meaning.

        Args:
            dataset: What to look through.
            fields: Columns, attributes and functions such as ``p95(span.duration)``.
            query: In Sentry's search language.
            sort: A field; ``-`` before it turns the order around.
            period: When; the last 14 days when not given.
            projects: Ids or slugs; all when empty.
            environments: All when empty.
            limit: Rows, at most 100.
        """
        call = self._events(dataset, fields, query, sort, period, projects, environments, limit)
        return await self._transport.fetch(call, _TABLE)

    def rows(
        self,
        dataset: Dataset,
        fields: Sequence[str],
        *,
        query: str = "",
        sort: str | None = None,
        period: Period | None = None,
        projects: Sequence[str] = (),
        environments: Sequence[str] = (),
        limit: int | None = None,
    ) -> AsyncIterator[dict[str, Json]]:
        """All rows of a query, page by page; arguments as for ``table``."""
        call = self._events(dataset, fields, query, sort, period, projects, environments, limit)
        pages = self._transport.pages(call, _TABLE)
        return at_most(limit, (row async for page in pages for row in page.data))

    def _events(
        self,
        dataset: Dataset,
        fields: Sequence[str],
        query: str,
        sort: str | None,
        period: Period | None,
        projects: Sequence[str],
        environments: Sequence[str],
        limit: int | None,
    ) -> Call:
        return get(
            f"{_ORGANIZATION}/events/",
            "org:read",
            query={
                "dataset": dataset,
                "field": fields,
                "query": query,
                "sort": sort,
                **only(projects),
                "environment": environments,
                "per_page": page_size(limit),
                **(period or Period()).parameters(),
            },
            organization=self._organization,
        )

    async def timeseries(
        self,
        dataset: Dataset,
        functions: Sequence[str],
        *,
        query: str = "",
        group_by: Sequence[str] = (),
        top: int | None = None,
        interval_ms: int | None = None,
        period: Period | None = None,
        projects: Sequence[str] = (),
        environments: Sequence[str] = (),
    ) -> list[Series]:
        """Functions over time.

        Args:
            dataset: What to look through.
            functions: Such as ``count()``.
            query: In Sentry's search language.
            group_by: One series for each value of these.
            top: How many groups at most.
            interval_ms: Milliseconds of a point; the server chooses when not given.
            period: When; the last 14 days when not given.
            projects: Ids or slugs; all when empty.
            environments: All when empty.
        """
        call = get(
            f"{_ORGANIZATION}/events-timeseries/",
            "org:read",
            query={
                "dataset": dataset,
                "yAxis": functions,
                "query": query,
                "groupBy": group_by,
                "topEvents": top,
                "interval": interval_ms,
                **only(projects),
                "environment": environments,
                **(period or Period()).parameters(),
            },
            organization=self._organization,
        )
        return (await self._transport.fetch(call, _SERIES)).time_series

    def attributes(
        self,
        item_type: Literal["spans", "logs", "tracemetrics"],
        attribute_type: Literal["string", "number", "boolean"],
        *,
        substring: str = "",
        period: Period | None = None,
    ) -> AsyncIterator[Attribute]:
        """What can be searched by."""
        call = get(
            f"{_ORGANIZATION}/trace-items/attributes/",
            "org:read",
            query={
                "itemType": item_type,
                "attributeType": attribute_type,
                "substringMatch": substring or None,
                **(period or Period()).parameters(),
            },
            organization=self._organization,
        )
        return self._each(call, _ATTRIBUTES)

    async def trace(
        self, trace: str, *, period: Period | None = None, attributes: Sequence[str] = ()
    ) -> list[TraceNode]:
        """A trace: its roots, with all below them.

        Args:
            trace: Its id.
            period: When to look; the last 14 days when not given.
            attributes: What each span is to tell besides; older servers tell nothing.

        Raises:
            NotFound: it is no trace id.
        """
        call = get(
            f"{_ORGANIZATION}/trace/{{trace}}/",
            "org:read",
            query={
                "additional_attributes": attributes,
                **(period or Period()).parameters(),
            },
            organization=self._organization,
            trace=trace,
        )
        return await self._transport.fetch(call, _NODES)

    async def trace_meta(self, trace: str, *, period: Period | None = None) -> TraceMeta:
        """What a trace holds, in numbers."""
        call = get(
            f"{_ORGANIZATION}/trace-meta/{{trace}}/",
            "org:read",
            query=(period or Period()).parameters(),
            organization=self._organization,
            trace=trace,
        )
        return await self._transport.fetch(call, _META)
