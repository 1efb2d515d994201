"""Runs a query over a dataset: rows, or values over time."""

import re
import sqlite3
from dataclasses import dataclass, replace

from local_sentry.services.search import All, Condition, Either, Filter, InvalidQueryError
from local_sentry.services.timestamps import isoformat
from local_sentry.store.explore.aggregates import Aggregates, parse_call
from local_sentry.store.explore.columns import Column, Fragment, Kind
from local_sentry.store.explore.conditions import Conditions, joined
from local_sentry.store.explore.hourly import prefer_hours
from local_sentry.store.explore.question import ExploreQuery

MOST_FIELDS = 50
_SECONDS_OF_HOUR = 3600
_NOT_IN_ALIASES = re.compile(r"\W+")


@dataclass(frozen=True, slots=True)
class Found:
    """Rows, and what each field of them is."""

    rows: list[dict[str, object]]
    kinds: dict[str, Kind]
    units: dict[str, str | None]
    more: bool


def alias(field: str) -> str:
    """What Sentry calls a function in older answers: `p95(span.duration)`, `p95_span_duration`."""
    return _NOT_IN_ALIASES.sub("_", field).strip("_")


class _Statement:
    """A query on its way to SQL."""

    def __init__(self, query: ExploreQuery) -> None:
        if len(query.fields) > MOST_FIELDS:
            raise InvalidQueryError(f"There can be at most {MOST_FIELDS} fields.")
        self.query = query
        self.aggregates = Aggregates(query.dataset, query.seconds)
        self.fields = tuple(dict.fromkeys(query.fields))
        self.columns = {field: self.column(field) for field in self.fields}
        self.is_grouped = any(parse_call(field) is not None for field in self.fields)

    def column(self, field: str) -> Column:
        """The column of a field.

        Raises:
            InvalidQueryError: there is no such function.
        """
        if parse_call(field) is not None:
            return self.aggregates.column(field)
        try:
            return self.query.dataset.column(field)
        except ValueError as error:
            raise InvalidQueryError(str(error)) from error

    def where(self) -> tuple[Fragment, Fragment]:
        """The conditions on rows, and those on groups."""
        query, dataset = self.query, self.query.dataset
        parts = [
            Fragment(dataset.restriction),
            Fragment(f"{dataset.time} >= ? AND {dataset.time} < ?", (query.since, query.until)),
        ]
        if query.project_ids:
            marks = ",".join("?" * len(query.project_ids))
            parts.append(Fragment(f"{dataset.project} IN ({marks})", query.project_ids))
        if query.environments:
            marks = ",".join("?" * len(query.environments))
            named = f"SELECT id FROM environments WHERE name IN ({marks})"  # noqa: S608 - question marks
            parts.append(Fragment(f"{dataset.environment} IN ({named})", query.environments))
        rows, groups = _split(query.condition)
        conditions = Conditions(dataset, query.now, self.aggregates.column)
        parts.append(conditions.sql(rows))
        return joined("AND", parts), conditions.sql(groups)

    def order(self) -> Fragment:
        """What comes first."""
        parts: list[Fragment] = []
        for wanted in self.query.sort:
            name = wanted.removeprefix("-")
            direction = "DESC" if wanted.startswith("-") else "ASC"
            field = next((f for f in self.fields if name in (f, alias(f))), None)
            if field is not None:
                parts.append(Fragment(f"{self.fields.index(field) + 1} {direction}"))
                continue
            column = self.column(name)
            if self.is_grouped and parse_call(name) is None:
                raise InvalidQueryError(f"Cannot sort by {name}: it is not one of the fields.")
            if parse_call(name) is not None and not self.is_grouped:
                raise InvalidQueryError(f"Cannot sort by {name}: it is not one of the fields.")
            parts.append(Fragment(f"{column.shown.sql} {direction}", column.shown.values))
        if not parts:
            default = "1" if self.is_grouped else f"{self.query.dataset.time} DESC"
            return Fragment(default)
        return Fragment(
            ", ".join(part.sql for part in parts), tuple(v for p in parts for v in p.values)
        )


def _split(condition: Condition) -> tuple[Condition, Condition]:
    """The part of a search about rows, and the part about groups.

    Raises:
        InvalidQueryError: the two are joined by OR.
    """
    parts = condition.conditions if isinstance(condition, All) else (condition,)
    rows: list[Condition] = []
    groups: list[Condition] = []
    for part in parts:
        (groups if _is_about_groups(part) else rows).append(part)
    return All(tuple(rows)), All(tuple(groups))


def _is_about_groups(condition: Condition) -> bool:
    if isinstance(condition, Filter):
        return condition.key.endswith(")")
    if isinstance(condition, All | Either):
        found = {_is_about_groups(inner) for inner in condition.conditions}
        if len(found) > 1:
            raise InvalidQueryError("Conditions on functions and on fields cannot be mixed here.")
        return found == {True}
    return False


def find(connection: sqlite3.Connection, query: ExploreQuery) -> Found:
    """The rows of a query.

    Raises:
        InvalidQueryError: fields, functions or conditions make no sense.
    """
    query = prefer_hours(connection, query)
    statement = _Statement(query)
    where, having = statement.where()
    shown = [statement.columns[field].shown for field in statement.fields]
    sql = f"SELECT {', '.join(part.sql for part in shown)} FROM {query.dataset.source}"  # noqa: S608 - fragments
    values = [value for part in shown for value in part.values]
    sql += f" WHERE {where.sql}"
    values += where.values
    if statement.is_grouped:
        groups = [
            statement.columns[field].grouped
            for field in statement.fields
            if parse_call(field) is None
        ]
        if groups:
            sql += f" GROUP BY {', '.join(part.sql for part in groups)}"
            values += [value for part in groups for value in part.values]
        sql += f" HAVING {having.sql}"
        values += having.values
    order = statement.order()
    sql += f" ORDER BY {order.sql} LIMIT ? OFFSET ?"
    values += [*order.values, query.limit + 1, query.offset]
    found = connection.execute(sql, values).fetchall()
    rows = [
        {
            field: shown_value(value, statement.columns[field])
            for field, value in zip(statement.fields, row, strict=True)
        }
        for row in found[: query.limit]
    ]
    return Found(
        rows,
        {field: column.kind for field, column in statement.columns.items()},
        {field: column.unit for field, column in statement.columns.items()},
        len(found) > query.limit,
    )


def shown_value(value: object, column: Column) -> object:
    """A value of the store as JSON shows it."""
    if value is None:
        return None
    match column.kind:
        case "date":
            return isoformat(int(value)).replace("Z", "+00:00") if isinstance(value, int) else None
        case "boolean":
            return bool(value)
        case "number" | "duration":
            return float(value) if isinstance(value, int) else value
    return value


@dataclass(frozen=True, slots=True)
class Series:
    """One value over time.

    Attributes:
        field: the function.
        group: the columns grouped by, with their values.
        values: by the start of each bucket, seconds; those without rows are left out.
        column: what it is.
    """

    field: str
    group: tuple[tuple[str, object], ...]
    values: dict[int, float]
    column: Column


def over_time(
    connection: sqlite3.Connection,
    query: ExploreQuery,
    functions: tuple[str, ...],
    interval: int,
) -> list[Series]:
    """Functions over time.

    Args:
        connection: reads.
        query: its `fields` are the columns to group by, its `limit` how many groups.
        functions: what to compute.
        interval: seconds of a bucket.

    Raises:
        InvalidQueryError: fields, functions or conditions make no sense.
    """
    groups: list[tuple[tuple[str, object], ...]] = [()]
    if query.fields:
        top = find(connection, replace(query, fields=(*query.fields, *functions)))
        groups = [tuple((name, row[name]) for name in query.fields) for row in top.rows]
    series = []
    for group in groups:
        narrowed = _narrowed(query, group, functions)
        if interval % _SECONDS_OF_HOUR == 0:
            narrowed = prefer_hours(connection, narrowed)
        # Rates are per bucket, not per period.
        statement = _Statement(replace(narrowed, until=narrowed.since + interval * 1_000_000))
        where, _ = _Statement(narrowed).where()
        bucket = f"{narrowed.dataset.time} / 1000000 / ? * ?"
        shown = [statement.columns[name].shown for name in statement.fields]
        found = connection.execute(
            f"SELECT {bucket}, {', '.join(part.sql for part in shown)}"  # noqa: S608 - fragments
            f" FROM {narrowed.dataset.source} WHERE {where.sql} GROUP BY 1 ORDER BY 1",
            (interval, interval, *(v for part in shown for v in part.values), *where.values),
        ).fetchall()
        for place, name in enumerate(statement.fields, 1):
            values = {row[0]: float(row[place] or 0) for row in found}
            series.append(Series(name, group, values, statement.columns[name]))
    return series


def _narrowed(
    query: ExploreQuery, group: tuple[tuple[str, object], ...], fields: tuple[str, ...]
) -> ExploreQuery:
    filters = tuple(
        Filter(name, "=", ("" if value is None else str(value),)) for name, value in group
    )
    return replace(query, condition=All((query.condition, *filters)), fields=fields, offset=0)
