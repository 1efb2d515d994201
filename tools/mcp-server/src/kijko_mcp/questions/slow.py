"""What is slow: transactions and database queries, by average and p95, against the time before."""

import asyncio
from dataclasses import dataclass
from typing import Any, Literal

from kijko_mcp.answers.answer import Answer
from kijko_mcp.answers.untrusted import line, name
from kijko_mcp.answers.words import before, last, lasting, many, stats_period
from kijko_mcp.desk import Desk
from kijko_mcp.errors import NothingFound, Unclear
from kijko_mcp.questions.targets import hex_id
from sentry_api.models.catalog import Project

_WORKED_ON = 5.0  # queries in one trace that look like one query per row
_SLOWER = 1.3
_AVERAGE, _P95 = "avg(span.duration)", "p95(span.duration)"
_COUNT, _SUM, _TRACES = "count()", "sum(span.duration)", "count_unique(trace)"
_NOISE = ("the", "api", "a", "of", "in")
_FORBIDDEN = set('"\\*:()[]')


@dataclass(frozen=True, slots=True)
class SlowWanted:
    """See the tool of the same name."""

    what: Literal["transactions", "queries"] = "transactions"
    project: str = ""
    name: str = ""
    period: str = "7d"
    limit: int = 10


async def find_slow(desk: Desk, wanted: SlowWanted) -> Answer:
    """Lists what is slow, the slowest first; queries by the time they take together.

    Raises:
        NothingFound: nothing was measured.
        Unclear: the project, name or period cannot be read.
    """
    where = await desk.one_or_all(wanted.project)
    queries = _queries(wanted)
    for found_by in queries:
        now, earlier, slowest, total = await asyncio.gather(
            _rows(desk, wanted, where, found_by),
            _earlier(desk, wanted, where, found_by),
            _slowest(desk, where, found_by, wanted),
            # A name often fits one thing only, which is then all there is.
            _total(desk, where, found_by, wanted) if not wanted.name else _unknown(),
        )
        if now:
            break
    else:
        of = f" of {where[0].slug}" if where else ""
        raise NothingFound(
            f"No {wanted.what}{of} like that were measured in the last {wanted.period}.",
            "Take a longer period, another name or project, or none.",
        )
    if len(now) == 1 < wanted.limit:
        total = now[0]
    total = total or await _total(desk, where, found_by, wanted)
    answer = _answer(wanted, where, now, earlier, total, _example(slowest, now[0], wanted))
    if wanted.name and found_by == queries[-1]:
        answer.notes.append("None of them has that name; these are all.")
    return answer


def _queries(wanted: SlowWanted) -> list[str]:
    """Searches from the most exact to the most tolerant; the first that finds something counts."""
    base = "span.category:db" if wanted.what == "queries" else "is_transaction:true"
    text = " ".join(wanted.name.split())
    if not text:
        return [base]
    if set(text) & _FORBIDDEN or len(text) > 100:
        raise Unclear(
            "That name cannot be searched for.", "Give plain words of it, such as timeline."
        )
    key = "span.description" if wanted.what == "queries" else "transaction"
    words = [word for word in text.split() if word.lower() not in _NOISE]
    named = [text, *(word.rstrip("s") for word in words)]
    return [*dict.fromkeys(f'{base} {key}:"*{each}*"' for each in named), base]


async def _rows(
    desk: Desk, wanted: SlowWanted, where: list[Project], query: str
) -> list[dict[str, Any]]:
    table = await desk.sentry.explore.table(
        "spans",
        _fields(wanted),
        query=query,
        sort=_sort(wanted),
        period=last(wanted.period),
        projects=[each.id for each in where],
        limit=wanted.limit,
    )
    return [_named(row, wanted, query) for row in table.data]


async def _earlier(
    desk: Desk, wanted: SlowWanted, where: list[Project], query: str
) -> list[dict[str, Any]]:
    rows = await desk.spans_of_past(
        before(wanted.period),
        _fields(wanted),
        query=query,
        sort=_sort(wanted),
        projects=[each.id for each in where],
        limit=wanted.limit,
    )
    return [_named(row, wanted, query) for row in rows]


def _fields(wanted: SlowWanted) -> list[str]:
    fields = [_key(wanted), "project", _COUNT, _AVERAGE, "p50(span.duration)", _P95, _SUM, _TRACES]
    return [*fields, "failure_rate()"] if wanted.what == "transactions" else fields


def _sort(wanted: SlowWanted) -> str:
    return f"-{_SUM}" if wanted.what == "queries" else f"-{_P95}"


def _key(wanted: SlowWanted) -> str:
    return "span.description" if wanted.what == "queries" else "transaction"


def _named(row: dict[str, Any], wanted: SlowWanted, query: str) -> dict[str, Any]:
    return row | {"found by": query, "name": row.get(_key(wanted))}


async def _total(
    desk: Desk, where: list[Project], query: str, wanted: SlowWanted
) -> dict[str, Any]:
    table = await desk.sentry.explore.table(
        "spans",
        [_COUNT, _AVERAGE, _P95],
        query=query,
        period=last(wanted.period),
        projects=[each.id for each in where],
        limit=1,
    )
    return table.data[0] if table.data else {}


async def _unknown() -> dict[str, Any]:
    return {}


def _answer(
    wanted: SlowWanted,
    where: list[Project],
    now: list[dict[str, Any]],
    earlier: list[dict[str, Any]],
    total: dict[str, Any],
    example: str | None,
) -> Answer:
    then = {(row.get("name"), row.get("project")): row for row in earlier}
    answer = Answer(_conclusion(wanted, where, now, total))
    answer.facts = {
        "count": int(_number(total.get(_COUNT))),
        "average_ms": round(_number(total.get(_AVERAGE)), 1),
        "p95_ms": round(_number(total.get(_P95)), 1),
        "slowest_first": [
            {
                "project": row.get("project"),
                "count": int(_number(row.get(_COUNT))),
                "average_ms": round(_number(row.get(_AVERAGE)), 1),
                "p95_ms": round(_number(row.get(_P95)), 1),
            }
            for row in now
        ],
    }
    answer.show(
        wanted.what,
        *(
            _line(row, then.get((row.get("name"), row.get("project"))), with_project=not where)
            for row in now
        ),
    )
    if example:
        answer.facts["example"] = example
        answer.next.append(f'explain_trace(trace="{example}")')
    else:
        answer.next.append("find_bottleneck()")
    return answer


async def _slowest(
    desk: Desk, where: list[Project], query: str, wanted: SlowWanted
) -> list[dict[str, Any]]:
    """The slowest spans, with the trace of each."""
    table = await desk.sentry.explore.table(
        "spans",
        ["trace", "span.duration", _key(wanted)],
        query=query,
        sort="-span.duration",
        period=last(wanted.period),
        projects=[each.id for each in where],
        limit=20,
    )
    return table.data


def _example(slowest: list[dict[str, Any]], row: dict[str, Any], wanted: SlowWanted) -> str | None:
    """The slowest trace with the first row's name in it."""
    fitting = (each for each in slowest if each.get(_key(wanted)) == row.get("name"))
    return next(
        (found for each in fitting if (found := hex_id(str(each.get("trace") or "")))), None
    )


def _conclusion(
    wanted: SlowWanted, where: list[Project], now: list[dict[str, Any]], total: dict[str, Any]
) -> str:
    first = now[0]
    of = f" in {where[0].slug}" if where else ""
    what = {"transactions": "transaction", "queries": "database query"}[wanted.what]
    rate, value = {
        "queries": ("total time", first.get(_SUM)),
        "transactions": ("p95", first.get(_P95)),
    }[wanted.what]
    head = (
        f"The slowest {what}{of} by {rate} in the last {stats_period(wanted.period)} is"
        f" {name(first.get('name'), 'the first below')}: {lasting(_number(value))}."
    )
    if len(now) == 1:
        return head
    average, p95 = (lasting(_number(total.get(each))) for each in (_AVERAGE, _P95))
    count = many(int(_number(total.get(_COUNT))), "call")
    return f"{head} All {count} together: average {average}, p95 {p95}."


def _line(row: dict[str, Any], earlier: dict[str, Any] | None, *, with_project: bool) -> str:
    count, average = int(_number(row.get(_COUNT))), _number(row.get(_AVERAGE))
    parts = [
        f"avg {lasting(average)}",
        f"p95 {lasting(_number(row.get(_P95)))}",
        many(count, "call"),
        f"{lasting(_number(row.get(_SUM)))} in all",
    ]
    if _number(row.get("failure_rate()")) > 0:
        parts.append(f"{100 * _number(row.get('failure_rate()')):.0f} % fail")
    traces = int(_number(row.get(_TRACES)))
    if (
        traces
        and count / traces >= _WORKED_ON
        and "found by" in row
        and "db" in str(row["found by"])
    ):
        parts.append(f"{count / traces:.0f} per trace, so probably N+1")
    before_that = _number((earlier or {}).get(_AVERAGE))
    if before_that and average / before_that >= _SLOWER:
        parts.append(f"{average / before_that:.1f} times the {lasting(before_that)} before")
    elif before_that:
        parts.append(f"before avg {lasting(before_that)}")
    project = f"{line(row.get('project'), 40)} " if with_project else ""
    return f"{project}{line(row.get('name'), 160)}: {', '.join(parts)}"


def _number(value: object) -> float:
    return float(value) if isinstance(value, int | float) else 0.0
