"""A query of one's own over errors, spans, logs or metrics, for what no other tool asks."""

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
    fields = wanted.fields or _FIELDS[wanted.dataset]
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
        rows = (" | ".join(line(row.get(each), 120) for each in fields) for row in page)
        answer.show("rows", " | ".join(line(each, 120) for each in fields), *rows)
    if more:
        answer.cursor = cursor_at(offset + wanted.limit)
    return answer
