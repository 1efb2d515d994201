"""Shows what somebody did: the sessions that met an issue, and one of them as a timeline."""

import asyncio
import itertools
import re
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime

from kijko_mcp.answers.answer import Answer
from kijko_mcp.answers.untrusted import line, name
from kijko_mcp.answers.words import ago, last, many
from kijko_mcp.desk import Desk
from kijko_mcp.errors import NothingFound
from kijko_mcp.progress import step
from kijko_mcp.questions.targets import LAST, find_issue, hex_id, taken_apart
from kijko_mcp.questions.timeline import ERROR, Moment, in_order, moments_of
from sentry_api import NotFound
from sentry_api.models.catalog import Project
from sentry_api.models.events import Event
from sentry_api.models.issues import Issue
from sentry_api.models.replays import Replay

_MOST_SEGMENTS = 200
_SHORT_ID = re.compile(r"[A-Z0-9][A-Z0-9_-]{0,60}-[A-Z0-9]{1,10}\b")
_MOST_SESSIONS = 20


@dataclass(frozen=True, slots=True)
class ReplayWanted:
    """See the tool of the same name."""

    replay: str = ""
    issue: str = ""
    project: str = ""
    all_sessions: bool = False
    period: str = "14d"


async def show_replay(desk: Desk, wanted: ReplayWanted) -> Answer:
    """Shows a session, or lists the sessions of an issue.

    Raises:
        NothingFound: there is none.
        Unclear: the issue or project cannot be read.
    """
    where = await desk.one_or_all(wanted.project)
    issue: Issue | None = None
    event: Event | None = None
    if wanted.issue and wanted.issue.strip().lower() not in LAST:
        issue, event = await find_issue(desk, wanted.issue, wanted.project)
    if issue is not None and wanted.all_sessions:
        return await _sessions(desk, issue, wanted)
    replay = await _replay(desk, wanted, where, issue, event)
    return await _session(desk, replay, issue)


async def _replay(
    desk: Desk, wanted: ReplayWanted, where: list[Project], issue: Issue | None, event: Event | None
) -> Replay:
    pasted = taken_apart(wanted.replay) if wanted.replay else None
    identity = hex_id((pasted.get("replays") if pasted else None) or wanted.replay)
    if identity is None and event is not None:
        seen = (event.contexts or {}).get("replay")
        named = seen.get("replay_id") if isinstance(seen, dict) else None
        tagged = next((each.value for each in event.tags if each.key == "replayId"), None)
        identity = hex_id(str(named or tagged or ""))
    if identity is not None:
        try:
            return await desk.sentry.replays.get(identity)
        except NotFound:
            raise NothingFound(
                "There is no such replay.", "Ask for all_sessions of the issue."
            ) from None
    query = f"issue.id:{issue.id}" if issue is not None else "count_errors:>0"
    found = [
        each
        async for each in desk.sentry.replays.search(
            query, projects=[p.id for p in where], period=last(wanted.period), limit=1
        )
    ]
    if not found:
        project = f" of {where[0].slug}" if where else ""
        of = f" met {issue.short_id}" if issue else f"{project} has an error"
        raise NothingFound(
            f"No recorded session{of} in the last {wanted.period}.", "Ask for a longer period."
        )
    return found[0]


async def _sessions(desk: Desk, issue: Issue, wanted: ReplayWanted) -> Answer:
    found = [
        each
        async for each in desk.sentry.replays.search(
            f"issue.id:{issue.id}", period=last(wanted.period), limit=_MOST_SESSIONS
        )
    ]
    if not found:
        raise NothingFound(
            f"No recorded session met {issue.short_id} in the last {wanted.period}.",
            "Ask for a longer period.",
        )
    newest = found[0]
    answer = Answer(
        f"{many(len(found), 'recorded session')} met {issue.short_id}"
        f" in the last {wanted.period}; the newest began {ago(newest.started_at)}."
    )
    answer.facts = {"issue": issue.short_id, "replays": [each.id for each in found]}
    answer.show("sessions, newest first", *(_row(each) for each in found))
    answer.next.append(f'show_replay(replay="{newest.id}")')
    return answer


def _row(replay: Replay) -> str:
    pages = ", ".join(line(url, 80) for url in list(dict.fromkeys(replay.urls or []))[:2])
    browser = (replay.browser or {}).get("name")
    told = [
        f"{replay.id} {ago(replay.started_at)}",
        f"{replay.duration or 0:.0f} s",
        many(replay.count_errors or 0, "error"),
        line(browser, 30) if browser else "",
        line((replay.releases or [""])[0], 80),
        line(replay.environment, 40),
        f"on {pages}" if pages else "",
    ]
    return ", ".join(filter(None, told))


async def _session(desk: Desk, replay: Replay, issue: Issue | None) -> Answer:
    await step(1, 3, "reading the recording")
    project = await _slug(desk, replay)
    moments, errors = await asyncio.gather(_recorded(desk, project, replay), _errors(desk, replay))
    moments += errors
    await step(2, 3, "writing the timeline")
    return _timeline(desk, replay, issue, moments, project)


async def _recorded(desk: Desk, project: str, replay: Replay) -> list[Moment]:
    moments: list[Moment] = []
    count = 0
    async for segment in desk.sentry.replays.segments(project, replay.id):
        moments += await asyncio.to_thread(moments_of, segment)
        count += 1
        if count >= _MOST_SEGMENTS:
            break
    return moments


async def _slug(desk: Desk, replay: Replay) -> str:
    for project in await desk.projects():
        if project.id == replay.project_id:
            return project.slug
    return replay.project_id or ""


async def _errors(desk: Desk, replay: Replay) -> list[Moment]:
    ids = [each for each in (replay.error_ids or [])[:20] if hex_id(each)]
    if not ids:
        return []
    table = await desk.sentry.explore.table(
        "errors",
        ["id", "title", "issue", "timestamp"],
        query=f"id:[{','.join(ids)}]",
        period=last("90d"),
        limit=20,
    )
    return [
        Moment(at.timestamp() * 1000, ERROR, f"{row.get('issue')}: {row.get('title')}")
        for row in table.data
        if (at := _moment_of(row.get("timestamp"))) is not None
    ]


def _moment_of(written: object) -> datetime | None:
    try:
        found = datetime.fromisoformat(str(written))
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _moments(moments: list[Moment]) -> list[str]:
    """A line for each; the same again and again is one line."""
    lines: list[str] = []
    for (kind, what), alike in itertools.groupby(moments, key=lambda each: (each.kind, each.what)):
        first, *more = alike
        times = f" ({len(more) + 1} times)" if more else ""
        lines.append(f"{first.at / 1000:.1f} {line(kind, 40)} {line(what, 180)}{times}")
    return lines


def _timeline(
    desk: Desk, replay: Replay, issue: Issue | None, moments: list[Moment], project: str
) -> Answer:
    page = f"{desk.url}/organizations/{desk.sentry.organization}/replays/{replay.id}/"
    began = min((each.at for each in moments), default=0.0)
    start = replay.started_at.timestamp() * 1000 if replay.started_at else began
    moments = in_order(moments, start)
    kinds = Counter(each.kind for each in moments)
    met = f" in which {issue.short_id} happened" if issue else ""
    answer = Answer(
        f"Session of {project}{_of_release(replay)}{met}, {ago(replay.started_at)},"
        f" {replay.duration or 0:.0f} s: {_counts(replay, kinds)}. Watch it: {page}"
    )
    answer.facts = {
        "replay": replay.id,
        "project": project,
        "seconds": replay.duration,
        "errors": replay.count_errors,
        "dead_clicks": replay.count_dead_clicks,
        "rage_clicks": replay.count_rage_clicks,
        "error_ids": list(replay.error_ids or [])[:10],
        "traces": list(replay.trace_ids or [])[:10],
        "link": page,
        "actions": len(moments),
    }
    if replay.urls:
        answer.show("pages", ", ".join(line(url, 120) for url in dict.fromkeys(replay.urls)))
    answer.show(
        "what happened (seconds from the start, *** is masked)", *_moments(moments), keep="last"
    )
    if wrong := issue.short_id if issue else _first_issue(moments):
        answer.next.append(f'explain_issue(issue="{wrong}")')
    if replay.trace_ids and (trace := hex_id(replay.trace_ids[0])):
        answer.next.append(f'explain_trace(trace="{trace}")')
    return answer


def _first_issue(moments: list[Moment]) -> str | None:
    """The short id of what went wrong first."""
    first = next((each.what for each in moments if each.kind == ERROR), "")
    found = _SHORT_ID.match(first)
    return found[0] if found else None


def _of_release(replay: Replay) -> str:
    said = [name(each, "") for each in (*(replay.releases or [])[:1], replay.environment) if each]
    return f" ({', '.join(filter(None, said))})" if any(said) else ""


def _counts(replay: Replay, kinds: Counter[str]) -> str:
    counts = [many(kinds["click"], "click"), many(kinds["drag"], "drag")]
    for number, what in (
        (replay.count_dead_clicks, "dead click"),
        (replay.count_rage_clicks, "rage click"),
    ):
        if number:
            counts.append(many(number, what))
    return ", ".join([*counts, many(replay.count_errors or kinds[ERROR], "error")])
