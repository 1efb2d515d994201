"""Where the time of many traces goes, and what of it is unusual against the week before."""

import asyncio
from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from kijko_mcp.answers.answer import Answer
from kijko_mcp.answers.untrusted import line, name
from kijko_mcp.answers.words import last, lasting, many, share, span_of, stats_period
from kijko_mcp.desk import Desk
from kijko_mcp.errors import NothingFound, Unclear
from kijko_mcp.progress import step
from kijko_mcp.questions.targets import hex_id
from kijko_mcp.questions.timing import Share, Span, length, shares, spans_of, walk
from kijko_mcp.questions.usual import usual_durations
from sentry_api import Period

_TRACES = 12
_SHOWN = 10
_UNUSUAL = 1.5
_FORBIDDEN = set('"\\*:()[]')


@dataclass(frozen=True, slots=True)
class Flow:
    """Some traces of one period.

    Attributes:
        traces: by id, as trees.
    """

    traces: dict[str, list[Span]]

    @property
    def average(self) -> float:
        """How long one takes, ms."""
        return sum(map(length, self.traces.values())) / max(len(self.traces), 1)

    def parts(self) -> dict[tuple[str, str, str, str], float]:
        """Ms in one trace, on average, by (kind, project, what, operation)."""
        spent: dict[tuple[str, str, str, str], float] = defaultdict(float)
        for roots in self.traces.values():
            for part in shares(roots):
                spent[part.kind, part.project, part.detail, part.op] += part.spent
        return {key: value / len(self.traces) for key, value in spent.items()}


async def find_bottleneck(desk: Desk, flow: str, period: str) -> Answer:
    """Adds up where the time of the slowest traces goes, and compares with the week before.

    Raises:
        NothingFound: no such traces were recorded.
        Unclear: the name or period cannot be read.
    """
    if set(flow) & _FORBIDDEN or len(flow) > 100:
        raise Unclear(
            "That name cannot be searched for.", "Give plain words of a transaction's name."
        )
    until = datetime.now(UTC) - span_of(period)
    now = await _flow(desk, flow, last(period), 0)
    if not now.traces:
        raise NothingFound(
            f"No traces of jobs were recorded in the last {period}.",
            "Take a longer period, or name a transaction.",
        )
    earlier, usual = await asyncio.gather(
        _flow(desk, flow, Period(None, until - timedelta(days=7), until), _TRACES),
        usual_durations(desk, until + timedelta(days=1)),
    )
    parts = sorted(now.parts().items(), key=lambda each: -each[1])
    before = earlier.parts() if earlier.traces else {}
    top, spent = parts[0]
    odd = [_odd(key, value, before) for key, value in parts if _odd(key, value, before)]
    answer = Answer(_conclusion(now, earlier, top, spent, odd, period))
    answer.facts = {
        "traces": list(now.traces),
        "average_ms": round(now.average, 1),
        "last_week_average_ms": round(earlier.average, 1) if earlier.traces else None,
        "parts": [{"kind": key[0], "ms": round(value, 1)} for key, value in parts[:_SHOWN]],
    }
    answer.show(
        "where the time of one goes, on average",
        *(_line(key, value, now.average, before) for key, value in parts[:_SHOWN] if value > 0),
    )
    slower = [
        f"{line(part.project, 40)} {line(part.op, 40)} {line(part.detail, 80)}{remark}"
        for part in _spans(now)
        if (remark := usual.remark(part))
    ]
    answer.show("single spans that are slower than last week", *slower[:6])
    slowest = max(now.traces, key=lambda each: length(now.traces[each]))
    answer.next.append(f'explain_trace(trace="{slowest}")')
    return answer


async def _flow(desk: Desk, flow: str, period: Period, done: int) -> Flow:
    words = " ".join(flow.split())
    query = f'is_transaction:true transaction:"*{words}*"' if words else "span.op:queue.process"
    table = await desk.sentry.explore.table(
        "spans",
        ["trace", "max(span.duration)"],
        query=query,
        sort="-max(span.duration)",
        period=period,
        limit=_TRACES,
    )
    ids = [found for row in table.data if (found := hex_id(str(row.get("trace") or "")))]
    traces: dict[str, list[Span]] = {}
    for place in range(0, len(ids), 4):
        await step(done + place, 2 * _TRACES, "reading traces")
        some = ids[place : place + 4]
        read = await asyncio.gather(
            *(desk.sentry.explore.trace(each, period=Period("90d")) for each in some)
        )
        traces |= {each: spans_of(nodes) for each, nodes in zip(some, read, strict=True)}
    return Flow({each: roots for each, roots in traces.items() if roots})


def _spans(flow: Flow) -> list[Share]:
    found = [
        Share(span.op, span.name, span.op, span.project, span.duration, 1)
        for roots in flow.traces.values()
        for span in walk(roots)
    ]
    return list(
        {
            (each.project, each.op, each.detail): each
            for each in sorted(found, key=lambda s: s.spent)
        }.values()
    )[::-1]


def _odd(
    key: tuple[str, str, str, str], spent: float, before: dict[tuple[str, str, str, str], float]
) -> str:
    usual = before.get(key, 0.0)
    if usual <= 0 or spent / usual < _UNUSUAL:
        return ""
    return f"{key[0]} {name(key[2], '')}".strip() + f" {spent / usual:.1f} times last week's"


def _line(
    key: tuple[str, str, str, str],
    spent: float,
    whole: float,
    before: dict[tuple[str, str, str, str], float],
) -> str:
    usual = before.get(key)
    odd = " UNUSUAL" if _odd(key, spent, before) else ""
    compared = f", last week {lasting(usual)}{odd}" if usual is not None else ""
    kind, project, what, _ = key
    of = f"{line(project, 40)} {line(what, 100)}{compared}"
    return f"{lasting(spent)} ({share(spent, whole)}) {kind}: {of}"


def _conclusion(
    now: Flow,
    earlier: Flow,
    top: tuple[str, str, str, str],
    spent: float,
    odd: list[str],
    period: str,
) -> str:
    detail = name(top[2], "")
    what = f"{top[0]}{f' {detail}' if detail else ''}{f' of {top[1]}' if top[1] else ''}"
    compared = f" (last week {lasting(earlier.average)})" if earlier.traces else ""
    unusual = f" Unusual against last week: {'; '.join(odd[:3])}." if odd else ""
    if earlier.traces and not odd:
        unusual = " Nothing is unusual against last week."
    return (
        f"The bottleneck is {what}: {lasting(spent)} of {lasting(now.average)}{compared},"
        f" {share(spent, now.average)}, over the {many(len(now.traces), 'slowest trace')}"
        f" of the last {stats_period(period)}.{unusual}"
    )
