"""What can be searched by: fields, tags and attributes; and whether a query makes sense."""

from collections.abc import Iterator
from dataclasses import replace
from sqlite3 import Connection

from starlette.requests import Request
from starlette.responses import Response

from local_sentry.protocol.lenient_json import Document
from local_sentry.routes.api import resources
from local_sentry.routes.api.exchange import json_response, one_page, read
from local_sentry.routes.api.periods import project_ids_of
from local_sentry.routes.api.places import organization_of, project_of
from local_sentry.routes.api.problems import BadParameterError
from local_sentry.routes.api.resources import resource
from local_sentry.services.search import (
    All,
    Condition,
    Either,
    Filter,
    InvalidQueryError,
    parse_query,
)
from local_sentry.services.timestamps import isoformat
from local_sentry.store import attribute_keys, issue_tags
from local_sentry.store.explore import datasets
from local_sentry.store.explore.columns import Dataset, Kind
from local_sentry.store.explore.query import find
from local_sentry.store.explore.question import ExploreQuery
from local_sentry.store.like import like_pattern

_MOST_VALUES = 1000
_ITEM_TYPES = {"spans": "span", "logs": "log", "ourlogs": "log", "tracemetrics": "metric"}


def _type_of(kind: Kind) -> str:
    if kind in ("integer", "number", "duration"):
        return "number"
    return "boolean" if kind == "boolean" else "string"


def _keys(
    connection: Connection, project_ids: tuple[int, ...], item_type: str
) -> list[tuple[str, str]]:
    """Name and kind of the attributes that can be asked for."""
    found = attribute_keys.listed(connection, list(project_ids), item_type)
    return [(key.key, key.kind) for key in found if not set(key.key) & set('"\\')]


async def list_attributes(request: Request) -> Response:
    """`GET …/trace-items/attributes/`: of `itemType` (or `dataset`) spans, logs, tracemetrics."""
    parameters = request.query_params
    name = parameters.get("itemType") or parameters.get("dataset") or "spans"
    dataset, item_type = datasets.BY_NAME.get(name), _ITEM_TYPES.get(name)
    if dataset is None or item_type is None:
        raise BadParameterError(f"itemType must be one of: {', '.join(_ITEM_TYPES)}")
    wanted = set(parameters.getlist("attributeType"))
    part = parameters.get("substringMatch", "").lower()

    def query(connection: Connection) -> list[Document]:
        owner = organization_of(connection, request)
        project_ids = project_ids_of(connection, request, owner)
        known = {
            (name, _type_of(column.kind)): "sentry" for name, column in dataset.columns.items()
        }
        for key, kind in _keys(connection, project_ids, item_type):
            known.setdefault((key, kind), "user")
        return [
            {
                "key": key if source == "sentry" or kind == "string" else f"tags[{key},{kind}]",
                "name": key,
                "attributeType": kind,
                "attributeSource": {"source_type": source},
            }
            for (key, kind), source in sorted(known.items())
            if (not wanted or kind in wanted) and part in key.lower()
        ]

    return one_page(request, await read(request, query), default=1000)


async def list_tags(request: Request) -> Response:
    """`GET /api/0/organizations/{org}/tags/`: of errors, or of a dataset's own attributes."""
    dataset = request.query_params.get("dataset", "")

    def query(connection: Connection) -> list[Document]:
        project_ids = project_ids_of(connection, request, organization_of(connection, request))
        if dataset in _ITEM_TYPES:
            found = _keys(connection, project_ids, _ITEM_TYPES[dataset])
            return [{"key": key, "name": key, "totalValues": 0} for key, _ in found]
        return [
            {"key": key, "name": key.replace("_", " ").title(), "uniqueValues": count,
             "totalValues": count}
            for key, count in issue_tags.keys(connection, project_ids)
        ]  # fmt: skip

    return json_response(await read(request, query))


async def list_tag_values(request: Request) -> Response:
    """`GET …/tags/{key}/values/`, with `query` a part of the value."""
    key = request.path_params["key"]
    pattern = f"%{like_pattern(request.query_params.get('query', ''))}%"

    def query(connection: Connection) -> list[Document]:
        if "project" in request.path_params:
            project_ids: tuple[int, ...] = (project_of(connection, request)[1].id,)
        else:
            project_ids = project_ids_of(connection, request, organization_of(connection, request))
        return [
            {
                "key": found.key,
                "name": found.value,
                "value": found.value,
                "count": found.events,
                "firstSeen": isoformat(found.first_seen),
                "lastSeen": isoformat(found.last_seen),
            }
            for found in issue_tags.values_of_key(
                connection, project_ids, key, pattern, _MOST_VALUES
            )
        ]

    return one_page(request, await read(request, query))


def _named(condition: Condition) -> Iterator[str]:
    """The fields a search speaks of."""
    if isinstance(condition, Filter):
        yield from condition.values if condition.key == "has" else (condition.key,)
    elif isinstance(condition, All | Either):
        for inner in condition.conditions:
            yield from _named(inner)


class _Validation:
    """Tries parts of a query on a stretch of time in which there is nothing."""

    def __init__(self, connection: Connection, dataset: Dataset) -> None:
        self._connection = connection
        self._dataset = dataset
        self._probe = ExploreQuery(dataset, (), All(()), 0, 0, 1, limit=1)

    def problem(self, **changes: object) -> str | None:
        """What is wrong with a query; None when nothing is."""
        try:
            find(self._connection, replace(self._probe, **changes))  # type: ignore[arg-type]
        except InvalidQueryError as error:
            return str(error)
        return None

    def attribute(self, name: str, said: str | None) -> Document:
        """A field, and what is wrong with it."""
        kind = None
        if said is None and not name.endswith(")"):
            kind = _type_of(self._dataset.column(name.removeprefix("-")).kind)
        return {"name": name, "valid": said is None, "attrType": kind, "error": said}

    def query(self, text: str) -> Document:
        """A search text, and what is wrong with it."""
        names: list[str] = []
        try:
            condition = parse_query(text)
            names = list(dict.fromkeys(_named(condition)))
            said = self.problem(fields=("count()",), condition=condition)
        except InvalidQueryError as error:
            said = str(error)
        fields = [self.attribute(name, self.problem(fields=(name,))) for name in names]
        return {"valid": said is None, "error": said, "fields": fields}


async def validate(request: Request) -> Response:
    """`GET /api/0/organizations/{org}/events/validate/`: what of a query makes sense."""
    parameters = request.query_params
    name = parameters.get("dataset") or "errors"

    def query(connection: Connection) -> tuple[Document, bool]:
        organization_of(connection, request)
        dataset = datasets.BY_NAME.get(name)
        said = None if dataset is not None else f"There is no dataset {name!r}."
        validation = _Validation(connection, dataset or datasets.ERRORS)
        given = tuple(field for field in parameters.getlist("field") if field)
        fields = [
            validation.attribute(field, validation.problem(fields=(field,))) for field in given
        ]
        sorts = [part for text in parameters.getlist("orderby") for part in text.split(",") if part]
        orderby = [
            validation.attribute(
                sort, validation.problem(fields=given or (sort.removeprefix("-"),), sort=(sort,))
            )
            for sort in sorts
        ]
        text = validation.query(parameters.get("query", ""))
        valid = said is None and bool(text["valid"])
        valid = valid and all(each["valid"] for each in [*fields, *orderby])
        return {
            "valid": valid,
            "projects": [],
            "dataset": [{"name": name, "valid": said is None, "error": said}],
            "environment": [],
            "field": fields,
            "query": text,
            "orderby": orderby,
        }, valid

    answer, valid = await read(request, query)
    return json_response(answer, status=200 if valid else 400)


_ORGANIZATION = "/organizations/{organization}"

routes = [
    resource(f"{_ORGANIZATION}/events/validate/", resources.EVENT, get=validate),
    resource(f"{_ORGANIZATION}/trace-items/attributes/", resources.EVENT, get=list_attributes),
    resource(f"{_ORGANIZATION}/tags/", resources.EVENT, get=list_tags),
    resource(f"{_ORGANIZATION}/tags/{{key}}/values/", resources.EVENT, get=list_tag_values),
    resource(
        "/projects/{organization}/{project}/tags/{key}/values/",
        resources.EVENT,
        get=list_tag_values,
    ),
]
