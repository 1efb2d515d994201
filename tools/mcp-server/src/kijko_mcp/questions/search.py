"""A query of one's own over errors, spans, logs or metrics, for what no other tool asks."""

import re
from dataclasses import dataclass
from typing import Literal

from kijko_mcp.answers.answer import Answer
from kijko_mcp.answers.untrusted import line
from kijko_mcp.answers.words import last, many, stats_period
from kijko_mcp.desk import Desk
from kijko_mcp.questions.cursors import cursor_at, offset_of

Dataset = Literal["errors", "spans", "logs", "tracemetrics"]
_FIELDS = {
    "errors": ("timestamp", "issue", "title", "release", "trace"),
    "spans": ("timestamp", "project", "span.op", "span.description", "span.duration", "trace"),
    "logs": ("timestamp", "project", "severity", "message", "trace"),
    "tracemetrics": ("timestamp", "project", "metric.name", "value"),
}
_MOST_ROWS = 1000
_TIME = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{3})?)\d*(?:\+00:00|Z)")


@dataclass(frozen=True, slots=True)
class SearchWanted:
    """See the tool of the same name."""

    dataset: Dataset
    query: str = ""
    fields: tuple[str, ...] = ()
    sort: str = ""
    project: str = ""
    period: str = "24h"
    limit: int = 20
    cursor: str = ""


async def search(desk: Desk, wanted: SearchWanted) -> Answer:
    """Runs the query.

    Raises:
        Unclear: the project, period or cursor cannot be read.
    """
    where = await desk.one_or_all(wanted.project)
    fields = wanted.fields or _usual_fields(wanted.dataset, one_project=bool(where))
    offset = offset_of(wanted.cursor)
    rows = [
        row
        async for row in desk.sentry.explore.rows(
            wanted.dataset,
            fields,
            query=wanted.query,
            sort=wanted.sort or ("-timestamp" if "timestamp" in fields else None),
            period=last(wanted.period),
            projects=[each.id for each in where],
            limit=min(offset + wanted.limit + 1, _MOST_ROWS),
        )
    ]
    page = rows[offset : offset + wanted.limit]
    more = len(rows) > offset + wanted.limit
    of = f" of {where[0].slug}" if where else ""
    answer = Answer(
        f"{many(len(page), 'row')}{' and more' if more else ''}{of} in {wanted.dataset},"
        f" last {stats_period(wanted.period)}."
    )
    answer.facts = {"rows": len(page), "fields": list(fields)}
    if page:
        told = (" | ".join(_value(row.get(each)) for each in fields) for row in page)
        answer.show("rows", " | ".join(line(each, 120) for each in fields), *told)
    if more:
        answer.cursor = cursor_at(offset + wanted.limit)
    return answer


def _usual_fields(dataset: Dataset, *, one_project: bool) -> tuple[str, ...]:
    return tuple(each for each in _FIELDS[dataset] if not (one_project and each == "project"))


def _value(value: object) -> str:
    if isinstance(value, str) and (time := _TIME.fullmatch(value)):
        return f"{time[1]}Z"
    return line(f"{value:g}" if isinstance(value, float) else value, 120)
