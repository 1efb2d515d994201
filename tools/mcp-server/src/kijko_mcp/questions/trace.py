"""Explains a trace: what failed in it, where its time went, what of that is unusual."""

import asyncio
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from kijko_mcp.answers.answer import Answer
from kijko_mcp.answers.untrusted import line, name
from kijko_mcp.answers.words import ago, last, lasting, many, share
from kijko_mcp.desk import Desk
from kijko_mcp.errors import NothingFound, Unclear
from kijko_mcp.questions.reproduce import reproduce
from kijko_mcp.questions.targets import hex_id, taken_apart
from kijko_mcp.questions.timing import (
    STATUS,
    Share,
    Span,
    length,
    path_of,
    queue_wait,
    shares,
    spans_of,
    walk,
)
from kijko_mcp.questions.usual import Usual, usual_durations
from sentry_api import Period
from sentry_api.models.catalog import Project
from sentry_api.models.traces import TraceNode

Which = Literal["", "failed_workflow", "failed_api_call", "slowest"]
# Not ``aborted``: that is an attempt which is repeated.
FAILED_STATUSES = (
    "internal_error", "unknown_error", "unavailable", "deadline_exceeded", "data_loss",
    "resource_exhausted", "unimplemented", "failed_precondition", "out_of_range",
    "invalid_argument", "error",
)  # fmt: skip
FAILED = f"[{','.join(FAILED_STATUSES)}]"
_JOB = re.compile(r"[A-Za-z0-9_-]{1,64}")
_MOST_LINES = 40
_SHARES = 8
_WORTH_SAYING = 0.05  # of a trace's time


@dataclass(frozen=True, slots=True)
class Found:
    """A trace that was asked for, and how it was found."""

    trace: str
    how: str
    job: str | None = None


async def explain_trace(
    desk: Desk, trace: str, job: str, which: Which, project: str, period: str
) -> Answer:
    """Explains a trace.

    Raises:
        NothingFound: there is none.
        Unclear: it cannot be a trace.
    """
    where = await desk.one_or_all(project)
    found = await _found(desk, trace, job, which, where, period)
    nodes = await desk.sentry.explore.trace(found.trace, period=Period("90d"), attributes=[STATUS])
    roots = spans_of(nodes)
    if not nodes:
        raise NothingFound(
            "Nothing is kept of that trace.", "Ask for another, or the last failed one."
        )
    usual, failed = await asyncio.gather(
        usual_durations(desk, _started(roots)), _failed(desk, found.trace, roots)
    )
    for span in walk(roots):
        span.failed = span.id in failed
    return _answer(desk, found, nodes, roots, usual)


async def _found(
    desk: Desk, trace: str, job: str, which: Which, where: list[Project], period: str
) -> Found:
    text = trace.strip()
    if job:
        return await _of_job(desk, job.strip(), where)
    if text:
        if (pasted := taken_apart(text)) is not None:
            return await _of_address(
                desk, pasted.get("trace"), pasted.get("events"), pasted.get("issues")
            )
        if identity := hex_id(text):
            return Found(identity, "the trace")
        if _JOB.fullmatch(text):
            return await _of_job(desk, text, where)
        raise Unclear("That is no trace.", "Give 32 hexadecimal digits, an address, or a job's id.")
    return await _last(desk, which or "failed_workflow", where, period)


async def _of_address(desk: Desk, trace: str | None, event: str | None, issue: str | None) -> Found:
    if trace and (identity := hex_id(trace)):
        return Found(identity, "the trace of that address")
    if issue:
        shown = await desk.sentry.events.get_of_issue(issue, event or "latest")
        if shown.trace_id:
            return Found(shown.trace_id, "the trace of that issue's event")
    raise Unclear("That address leads to no trace.", "Paste a trace's or an issue's address.")


async def _of_job(desk: Desk, job: str, where: list[Project]) -> Found:
    if not _JOB.fullmatch(job):
        raise Unclear("That is no job's id.", "A job's id has letters, digits and dashes only.")
    ids = [each.id for each in where]
    tables = await asyncio.gather(
        desk.sentry.explore.table(
            "spans", ["trace", "timestamp"], query=f"job_id:{job}", sort="-timestamp",
            period=Period("90d"), projects=ids, limit=1,
        ),
        desk.sentry.explore.table(
            "spans", ["trace", "timestamp"], query=f"messaging.message.id:{job}", sort="-timestamp",
            period=Period("90d"), projects=ids, limit=1,
        ),
        desk.sentry.explore.table(
            "errors", ["trace", "timestamp"], query=f"job_id:{job}", sort="-timestamp",
            period=Period("90d"), projects=ids, limit=1,
        ),
    )  # fmt: skip
    for table in tables:
        for row in table.data:
            if identity := hex_id(str(row.get("trace") or "")):
                return Found(identity, "the trace of that job", job)
    raise NothingFound(
        "No trace and no error names that job.",
        "Look at it: ./pants run apps/comfyui-gateway:gateway -- jobs list",
    )


async def _last(desk: Desk, which: Which, where: list[Project], period: str) -> Found:
    queries = {
        "failed_workflow": f"span.op:queue.process span.status:{FAILED}",
        "failed_api_call": f"span.op:http.server span.status:{FAILED}",
        "slowest": "is_transaction:true",
    }
    sort = "-span.duration" if which == "slowest" else "-timestamp"
    table = await desk.sentry.explore.table(
        "spans",
        ["trace", "timestamp", "span.duration", "messaging.message.id"],
        query=queries[which],
        sort=sort,
        period=last(period),
        projects=[each.id for each in where],
        limit=1,
    )
    how = {
        "failed_workflow": "the last failed workflow execution",
        "failed_api_call": "the last failed API call",
        "slowest": "the slowest trace",
    }[which]
    if not table.data:
        raise NothingFound(
            f"There is no {how.removeprefix('the ')} in the last {period}.",
            "Ask for a longer period, or another project.",
        )
    row = table.data[0]
    job = str(row.get("messaging.message.id") or "")
    return Found(str(row["trace"]).replace("-", ""), how, job if _JOB.fullmatch(job) else None)


async def _failed(desk: Desk, trace: str, roots: list[Span]) -> set[str]:
    """The ids of the spans that failed; asked for where the trace does not say."""
    spans = list(walk(roots))
    if all(span.status is not None for span in spans):
        return {span.id for span in spans if span.status in FAILED_STATUSES}
    rows = desk.sentry.explore.rows(
        "spans", ["id", STATUS], query=f"trace:{trace} {STATUS}:{FAILED}",
        period=Period("90d"), limit=200,
    )  # fmt: skip
    return {str(row.get("id")) async for row in rows}


def _started(roots: list[Span]) -> datetime:
    start = min((span.start for span in roots), default=None)
    return datetime.fromtimestamp(start / 1000, UTC) if start else datetime.now(UTC)


def _errors(nodes: list[TraceNode]) -> list[TraceNode]:
    found = [error for root in nodes for node in root.walk() for error in node.errors]
    return [*found, *(node for node in nodes if node.is_error)]


def _answer(
    desk: Desk, found: Found, nodes: list[TraceNode], roots: list[Span], usual: Usual
) -> Answer:
    errors = _errors(nodes)
    spans = list(walk(roots))
    total = length(roots)
    # The only span has nothing beside it.
    parts = [each for each in shares(roots) if each.spent > 0][: _SHARES if len(spans) > 1 else 0]
    failed = [span for span in spans if span.failed]
    deepest = max(failed, key=lambda span: len(path_of(span)), default=None)
    page = f"{desk.url}/organizations/{desk.sentry.organization}/explore/traces/trace"
    answer = Answer(_conclusion(found, roots, spans, errors, deepest, parts, total))
    command = reproduce(found.job, desk.settings.gateway)
    answer.facts = {
        "trace": found.trace,
        "ms": round(total, 1),
        "spans": len(spans),
        "failed_spans": [span.id for span in failed],
        "projects": sorted({span.project for span in spans if span.project}),
        "errors": [error.issue_id for error in errors if error.issue_id],
        "bottleneck": {"kind": parts[0].kind, "ms": round(parts[0].spent, 1)} if parts else None,
        "page": f"{page}/{found.trace}/",
        **({"job": found.job, "reproduce": command} if found.job else {}),
    }
    answer.show("errors", *(_error(error) for error in errors[:8]))
    answer.show("where the time went", *_shares(parts, total, usual))
    answer.show("spans (start, duration)", *_tree(roots))
    if command:
        answer.tell("reproduce", command)
    answer.tell("page", f"{page}/{found.trace}/")
    if errors and errors[0].event_id:
        answer.next.append(f'explain_issue(issue="{name(errors[0].event_id).strip("`")}")')
    answer.next.append("find_bottleneck()")
    return answer


def _conclusion(
    found: Found,
    roots: list[Span],
    spans: list[Span],
    errors: list[TraceNode],
    deepest: Span | None,
    parts: list[Share],
    total: float,
) -> str:
    began = (
        ago(datetime.fromtimestamp(roots[0].start / 1000, UTC)) if roots else "at an unknown time"
    )
    if deepest is not None:
        end = f" failed in {name(deepest.op)} {name(deepest.name)} of {name(deepest.project)}"
    elif errors:
        end = f" has {many(len(errors), 'error')}"
    else:
        end = " did not fail"
    hops = " → ".join(dict.fromkeys(span.project for span in spans if span.project))
    most = f"; it took {lasting(total)}"
    if parts:
        detail = name(parts[0].detail, "")
        what = f"{parts[0].kind}{f' {detail}' if detail else ''}"
        most += f", {share(parts[0].spent, total)} of that {what}"
    through = f"{many(len(spans), 'span')} through {hops or 'no project'}"
    return f"{found.how[0].upper()}{found.how[1:]}, {began},{end}{most}; {through}."


def _error(error: TraceNode) -> str:
    said = error.title or error.description or error.name
    event = f" (event {line(error.event_id, 32)})" if error.event_id else ""
    return f"{line(error.project_slug, 40)} {line(said, 200)}{event}"


def _shares(parts: list[Share], total: float, usual: Usual) -> list[str]:
    """What took a part of the time that is worth a line, and what is unusual."""
    lines = []
    for part in parts:
        remark = usual.remark(part)
        if part.spent < _WORTH_SAYING * total and not remark:
            continue
        times = f" in {part.count}" if part.count > 1 else ""
        spent = f"{lasting(part.spent)} ({share(part.spent, total)}){times}"
        lines.append(f"{spent} {part.kind} {line(part.detail, 100)}{remark}")
    return lines


def _tree(roots: list[Span]) -> list[str]:
    """A line for each span, indented below what it is in; its project where that changes."""
    if not roots:
        return []
    began = min(span.start for span in roots)
    spans = list(walk(roots))
    lines: list[str] = []
    while spans and len(lines) < _MOST_LINES:
        alike = _alike(spans)
        first, depth = spans[0], min(len(path_of(spans[0])) - 1, 12)
        changed = first.parent is None or first.parent.project != first.project
        project = f"{line(first.project, 40)} " if changed else ""
        times = f" ({alike} times)" if alike > 1 else ""
        waited = queue_wait(first)
        wait = f", waited {_brief(waited)} in the queue" if waited is not None else ""
        mark = " FAILED" if first.failed else ""
        took = sum(span.duration for span in spans[:alike])
        lines.append(
            f"{' ' * depth}{_brief(first.start - began)} {_brief(took)} {project}"
            f"{line(first.op, 40)} {line(first.name, 90)}{times}{wait}{mark}"
        )
        spans = spans[alike:]
    return lines + ([f"and {len(spans)} more"] if spans else [])


def _alike(spans: list[Span]) -> int:
    """How many at the beginning are the same beside each other, such as a query for every row."""
    first = spans[0]
    if first.children or first.failed or first.op == "queue.process":
        return 1
    number = 1
    for each in spans[1:]:
        same = each.parent is first.parent and (each.op, each.name) == (first.op, first.name)
        if not same or each.children or each.failed:
            break
        number += 1
    return number


def _brief(milliseconds: float) -> str:
    return "0" if milliseconds <= 0 else lasting(milliseconds).replace(" ", "")
