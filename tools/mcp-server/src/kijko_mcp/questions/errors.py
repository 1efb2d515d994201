"""Which errors there are: recent, frequent, of a release or the current commit, of a subject."""

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from kijko_mcp.answers.answer import Answer
from kijko_mcp.answers.untrusted import line, name, plain
from kijko_mcp.answers.words import ago, last, many, span_of, stats_period
from kijko_mcp.desk import Desk, Named, gathered
from kijko_mcp.questions.cursors import cursor_at, offset_of
from sentry_api.models.catalog import Project
from sentry_api.models.issues import Issue

About = Literal["", "workflow", "ffmpeg"]
# Sentry's issue search has no OR, so a subject is several searches, asked at the same time.
_ABOUT: dict[str, tuple[str, ...]] = {
    "": ("",),
    "workflow": ("workflow", "transaction:*workflow*", "has:workflow_id", "has:job_id", "comfyui"),
    "ffmpeg": ("ffmpeg", "message:*ffmpeg*", "error.type:*ffmpeg*", "has:ffmpeg.operation"),
}
_MOST = 100
_ODD = "a release with an odd name"


@dataclass(frozen=True, slots=True)
class ErrorsWanted:
    """See the tool of the same name."""

    project: str = ""
    sort: Literal["recent", "frequent", "new"] = "recent"
    about: About = ""
    release: str = ""
    introduced: bool = False
    resolved: bool = False
    query: str = ""
    period: str = "14d"
    limit: int = 10
    cursor: str = ""


async def find_errors(desk: Desk, wanted: ErrorsWanted) -> Answer:
    """Lists issues.

    Raises:
        Unclear: a project, release, period or cursor cannot be read.
    """
    where = await desk.one_or_all(wanted.project)
    project = where[0] if where else None
    release = await desk.release(wanted.release, project) if wanted.release else None
    offset = offset_of(wanted.cursor)
    issues, counts = await _counted(desk, wanted, where, release)
    if wanted.sort == "frequent":
        issues.sort(key=lambda each: -counts.get(each.id, (each.count, each.user_count))[0])
    page = issues[offset : offset + wanted.limit]
    answer = Answer(_conclusion(wanted, issues, page, project, release, counts, offset))
    answer.facts = {
        "total": len(issues),
        "issues": [_fact(each, counts) for each in page],
        **({"release": plain(release.version)} if release else {}),
    }
    answer.show("errors", *(_row(each, counts) for each in page))
    if release and release.note:
        answer.notes.append(release.note)
    if len(issues) > offset + wanted.limit:
        answer.cursor = cursor_at(offset + wanted.limit)
    if page:
        answer.next.append(f'explain_issue(issue="{page[0].short_id}")')
    return answer


async def _counted(
    desk: Desk, wanted: ErrorsWanted, where: list[Project], release: Named | None
) -> tuple[list[Issue], dict[str, tuple[int, int]]]:
    """The issues, and what each had within the period.

    One that came first within the period had there all that it has. Where there was an older one
    the last time, both are asked for at once; else the counts only when they turn out to be needed.
    """
    key = (wanted.period, wanted.sort, tuple(each.id for each in where), wanted.about)
    if desk.had_older.was(key):
        issues, counts = await asyncio.gather(
            _issues(desk, wanted, where, release), _counts(desk, wanted, where)
        )
    else:
        issues, counts = await _issues(desk, wanted, where, release), {}
    since = datetime.now(UTC) - span_of(wanted.period)
    older = any(each.first_seen is None or each.first_seen < since for each in issues)
    if older and not desk.had_older.was(key):
        counts = await _counts(desk, wanted, where)
    desk.had_older.note(key, so=older)
    return issues, counts


async def _issues(
    desk: Desk, wanted: ErrorsWanted, where: list[Project], release: Named | None
) -> list[Issue]:
    parts = [] if wanted.resolved else ["is:unresolved"]
    if release is not None:
        key = "firstRelease" if wanted.introduced else "release"
        parts.append(f'{key}:"{release.version}"')
    if wanted.query:
        parts.append(wanted.query)
    sort = {"recent": "date", "frequent": "freq", "new": "new"}[wanted.sort]
    found = await gathered(
        *(
            desk.sentry.issues.search(
                " ".join([*parts, subject]).strip(),
                projects=[each.id for each in where],
                sort=sort,
                period=stats_period(wanted.period),
                limit=_MOST,
            )
            for subject in _ABOUT[wanted.about]
        )
    )
    merged = {issue.id: issue for issues in found for issue in issues}
    if len(found) == 1:
        return list(merged.values())
    return sorted(merged.values(), key=lambda each: -_moment(each, wanted.sort))


def _moment(issue: Issue, sort: str) -> float:
    at = issue.first_seen if sort == "new" else issue.last_seen
    return at.timestamp() if at else 0.0


async def _counts(
    desk: Desk, wanted: ErrorsWanted, where: list[Project]
) -> dict[str, tuple[int, int]]:
    """Events and users of each issue within the period: an issue's own count is of all time."""
    table = await desk.sentry.explore.table(
        "errors",
        ["issue.id", "count()", "count_unique(user)"],
        sort="-count()",
        period=last(wanted.period),
        projects=[each.id for each in where],
        limit=_MOST,
    )
    return {
        str(row.get("issue.id")): (
            int(row.get("count()") or 0),
            int(row.get("count_unique(user)") or 0),
        )
        for row in table.data
    }


def _row(issue: Issue, counts: dict[str, tuple[int, int]]) -> str:
    events, users = counts.get(issue.id, (issue.count, issue.user_count))
    people = f", {many(users, 'user')}" if users else ""
    first = f" in {line(issue.first_release.version, 80)}" if issue.first_release else ""
    culprit = f" in {line(issue.culprit, 80)}" if issue.culprit else ""
    status = "" if issue.status == "unresolved" else f" [{issue.status}]"
    whose = f", assigned to {line(issue.assigned_to.name, 40)}" if issue.assigned_to else ""
    seen = f"{many(events, 'event')}{people}, last {ago(issue.last_seen)}"
    since = f"first {ago(issue.first_seen)}{first}{whose}"
    return f"{issue.short_id}{status} {line(issue.title, 120)}{culprit}: {seen}, {since}"


def _fact(issue: Issue, counts: dict[str, tuple[int, int]]) -> dict[str, object]:
    events, users = counts.get(issue.id, (issue.count, issue.user_count))
    return {
        "id": issue.short_id,
        "project": issue.project.slug if issue.project else None,
        "events": events,
        "users": users,
        "first_seen": issue.first_seen.isoformat(timespec="seconds") if issue.first_seen else None,
        "last_seen": issue.last_seen.isoformat(timespec="seconds") if issue.last_seen else None,
    }


def _conclusion(
    wanted: ErrorsWanted,
    issues: list[Issue],
    page: list[Issue],
    project: Project | None,
    release: Named | None,
    counts: dict[str, tuple[int, int]],
    offset: int,
) -> str:
    state = "" if wanted.resolved else "unresolved "
    of = f" in {project.slug}" if project else " in all projects"
    subject = {"": "", "workflow": " in workflow execution", "ffmpeg": " from FFmpeg"}[wanted.about]
    seen = ""
    if release is not None:
        seen = (
            f" {'introduced by' if wanted.introduced else 'seen in'} {name(release.version, _ODD)}"
        )
    span = "" if wanted.period == "14d" else f", last {stats_period(wanted.period)}"
    if not page:
        return f"No {state}errors{subject}{of}{seen} in the last {stats_period(wanted.period)}."
    more = f", {offset + 1} to {offset + len(page)} shown" if len(page) < len(issues) else ""
    first = page[0]
    events, _ = counts.get(first.id, (first.count, 0))
    head = {
        "recent": f"the last is {first.short_id}, {ago(first.last_seen)}",
        "frequent": f"the most frequent is {first.short_id} with {many(events, 'event')}",
        "new": f"the newest is {first.short_id}, first {ago(first.first_seen)}",
    }[wanted.sort]
    total = f"{len(issues)}+" if len(issues) >= _MOST else str(len(issues))
    noun = "error" if len(issues) == 1 else "errors"
    return f"{total} {state}{noun}{subject}{of}{seen}{span}{more}; {head}."
