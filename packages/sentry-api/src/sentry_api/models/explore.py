"""Answers to queries over errors, spans, logs and metrics."""

from datetime import datetime

from pydantic import Field

from sentry_api.models.base import Json, Shape


class TableMeta(Shape):
    """What the columns of a table are: ``integer``, ``duration``, ``date``, …, and their units."""

    fields: dict[str, str] = Field(default_factory=dict)
    units: dict[str, str | None] | None = None
    dataset: str | None = None


class Table(Shape):
    """The rows of a query; what they hold is what was asked for."""

    data: list[dict[str, Json]]
    meta: TableMeta = TableMeta()


class Point(Shape):
    """A value over one interval that begins at ``timestamp``."""

    timestamp: datetime
    value: float | None = None
    incomplete: bool = False


class Group(Shape):
    """What a series was grouped by."""

    key: str
    value: Json = None


class SeriesMeta(Shape):
    """What the values of a series are; ``interval`` is milliseconds."""

    value_type: str | None = None
    value_unit: str | None = None
    interval: float | None = None
    order: int | None = None
    is_other: bool | None = None


class Series(Shape):
    """Values over time."""

    y_axis: str = Field(alias="yAxis")
    values: list[Point]
    group_by: list[Group] | None = None
    meta: SeriesMeta = SeriesMeta()


class TimeSeries(Shape):
    """The answer that holds them."""

    time_series: list[Series]


class Attribute(Shape):
    """Something that spans, logs or metrics can be searched by."""

    key: str
    name: str = ""
    attribute_type: str | None = None
