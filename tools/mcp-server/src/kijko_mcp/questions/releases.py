"""What a release did: is it healthy, what changed against another, did a fix stop its error."""

import asyncio
from dataclasses import dataclass
from typing import Any

from kijko_mcp.answers.answer import Answer
from kijko_mcp.answers.untrusted import line, name, plain
from kijko_mcp.answers.words import ago, last, many
from kijko_mcp.desk import Desk, Named, gathered, revision_of
from kijko_mcp.questions.targets import find_issue
from sentry_api import SentryApiError
from sentry_api.models.catalog import Project
from sentry_api.models.issues import Issue
from sentry_api.models.releases import Commit, Release

_MOST = 100
_ODD = "a release with an odd name"
_SHOWN = 12


@dataclass(frozen=True, slots=True)
class ReleaseWanted:
    """See the tool of the same name."""

    project: str = ""
    release: str = "latest"
    compared_to: str = ""
    issue: str = ""


async def release_status(desk: Desk, wanted: ReleaseWanted) -> Answer:
    """Says how a release does, or what became of an issue's fix.

    Raises:
        NothingFound: there are no releases.
        Unclear: what is named cannot be found.
    """
    if wanted.issue:
        return await _of_fix(desk, wanted.issue, wanted.project)
    where = await desk.one_or_all(wanted.project)
    project = where[0] if where else None
    release = await desk.release(wanted.release, project)
    base: Named | None
    if wanted.compared_to:
        base = await desk.release(wanted.compared_to, project)
    else:
        base = await _before(desk, release, project)
    return await _compared(desk, release, base, project, check=not wanted.compared_to)


async def _before(desk: Desk, release: Named, project: Project | None) -> Named | None:
    """The release before it, of the same project."""
    of = project.slug if project else next((p.slug for p in release.release.projects), None)
    if of is None:
        return None
    listed = [each async for each in desk.sentry.releases.of_project(of, limit=50)]
    versions = [each.version for each in listed]
    place = versions.index(release.version) if release.version in versions else -1
    return Named(listed[place + 1]) if 0 <= place < len(listed) - 1 else None


async def _counts(desk: Desk, version: str, project: Project | None) -> dict[str, dict[str, Any]]:
    table = await desk.sentry.explore.table(
        "errors",
        ["issue", "issue.id", "title", "count()", "last_seen()"],
        query=f'release:"{version}"',
        sort="-count()",
        period=last("90d"),
        projects=[project.id] if project else [],
        limit=_MOST,
    )
    return {str(row.get("issue.id")): row for row in table.data}


async def _compared(
    desk: Desk, head: Named, base: Named | None, project: Project | None, *, check: bool
) -> Answer:
    introduced = desk.sentry.issues.search(
        f'firstRelease:"{head.version}"',
        projects=[project.id] if project else [],
        period="90d",
        limit=_MOST,
    )
    (new,), in_head, in_base, commits, deploys = await asyncio.gather(
        gathered(introduced),
        _counts(desk, head.version, project),
        _counts(desk, base.version, project) if base else _nothing(),
        _commits(desk, head.version),
        _deploys(desk, head.version),
    )
    gone = [row for issue, row in in_base.items() if issue not in in_head]
    stayed = [(in_base[issue], row) for issue, row in in_head.items() if issue in in_base]
    answer = Answer(_verdict(head, base, new, gone, stayed, in_head, deploys, check=check))
    answer.facts = {
        "release": plain(head.version),
        "compared_to": plain(base.version) if base else None,
        "new": [issue.short_id for issue in new],
        "gone": [row.get("issue") for row in gone],
        "stayed": [row.get("issue") for _, row in stayed],
        "errors": sum(int(row.get("count()") or 0) for row in in_head.values()),
        "errors_before": sum(int(row.get("count()") or 0) for row in in_base.values()),
        "commits": [commit.id for commit in commits[:_SHOWN]],
        "deployed_to": sorted({deploy for deploy, _ in deploys}),
    }
    answer.show("new errors", *(_new(issue, in_head) for issue in new[:_SHOWN]))
    answer.show("gone", *(_gone(row) for row in gone[:_SHOWN]))
    answer.show("in both", *(_both(*each) for each in stayed[:_SHOWN]))
    answer.show("commits, newest first", *(_commit(each) for each in commits[:_SHOWN]))
    if deploys:
        answer.tell("deployed", *(f"{name(where)} {when}" for where, when in deploys[:5]))
    answer.notes += [each.note for each in (head, base) if each and each.note]
    if new:
        answer.next.append(f'explain_issue(issue="{new[0].short_id}")')
    elif in_head:
        answer.next.append(f'find_errors(release="{plain(head.version) or "latest"}")')
    return answer


async def _nothing() -> dict[str, dict[str, Any]]:
    return {}


async def _commits(desk: Desk, version: str) -> list[Commit]:
    try:
        return [each async for each in desk.sentry.releases.commits(version)]
    except SentryApiError:
        return []  # a release without commits, or a token that may not read them


async def _deploys(desk: Desk, version: str) -> list[tuple[str, str]]:
    try:
        found = [each async for each in desk.sentry.releases.deploys(version)]
    except SentryApiError:
        return []
    return [(each.environment, ago(each.date_finished or each.date_started)) for each in found]


def _verdict(
    head: Named,
    base: Named | None,
    new: list[Issue],
    gone: list[dict[str, Any]],
    stayed: list[tuple[dict[str, Any], dict[str, Any]]],
    in_head: dict[str, dict[str, Any]],
    deploys: list[tuple[str, str]],
    *,
    check: bool,
) -> str:
    errors = sum(int(row.get("count()") or 0) for row in in_head.values())
    of, than = name(head.version, _ODD), name(base.version, _ODD) if base else "nothing"
    against = f" against {than}" if base else ", its first release,"
    changed = f"{many(len(new), 'new error')}, {len(gone)} gone, {len(stayed)} in both"
    if not check:
        return f"From {than} to {of}: {changed}."
    released = head.release.date_released
    state = f"released {ago(released)}" if released else "not released yet"
    where = f", deployed to {name(deploys[0][0])}" if deploys else ", deployed nowhere"
    word = "needs a look" if new else "looks healthy"
    return f"{of} {word}: {changed}{against} with {many(errors, 'event')} ({state}{where})."


def _new(issue: Issue, counts: dict[str, dict[str, Any]]) -> str:
    events = int((counts.get(issue.id) or {}).get("count()") or issue.count)
    seen = f"{many(events, 'event')}, last {ago(issue.last_seen)}"
    return f"{issue.short_id} {seen}: {line(issue.title, 140)}"


def _gone(row: dict[str, Any]) -> str:
    seen = f"{many(int(row.get('count()') or 0), 'event')} before"
    return f"{line(row.get('issue'), 40)} {seen}: {line(row.get('title'), 140)}"


def _both(before: dict[str, Any], now: dict[str, Any]) -> str:
    then, events = int(before.get("count()") or 0), int(now.get("count()") or 0)
    seen = f"{then} before, {many(events, 'event')} now"
    return f"{line(now.get('issue'), 40)} {seen}: {line(now.get('title'), 140)}"


def _commit(commit: Commit) -> str:
    author = f" by {line(commit.author.name or commit.author.email, 40)}" if commit.author else ""
    first = (commit.message or "").partition("\n")[0]
    return f"{line(commit.id[:10])}{author}: {line(first, 120)}"


async def _of_fix(desk: Desk, target: str, project: str) -> Answer:
    """Is an issue's fix released, and did the error stop?"""
    issue, _ = await find_issue(desk, target, project)
    table = await desk.sentry.explore.table(
        "errors",
        ["release", "count()", "last_seen()"],
        query=f"issue.id:{issue.id}",
        sort="-last_seen()",
        period=last("90d"),
        limit=_MOST,
    )
    seen = {str(row.get("release") or ""): row for row in table.data}
    of = issue.project.slug if issue.project else ""
    releases = [each async for each in desk.sentry.releases.of_project(of, limit=50)] if of else []
    fixed = _fixed_in(issue, releases)
    fix = next((each for each in releases if each.version == fixed), None) if fixed else None
    after = releases[: releases.index(fix) + 1] if fix else []
    since = sum(
        int(seen[each.version].get("count()") or 0) for each in after if each.version in seen
    )
    deploys = await _deploys(desk, fix.version) if fix else []
    answer = Answer(_fix_verdict(issue, fixed, fix, since, deploys, seen))
    answer.facts = {
        "issue": issue.short_id,
        "status": issue.status,
        "fixed_in": plain(fixed) if fixed else None,
        "released": bool(fix and fix.date_released),
        "stopped": bool(fix) and since == 0,
        "events_since": since if fix else None,
        "last_seen": issue.last_seen.isoformat(timespec="seconds") if issue.last_seen else None,
        "deployed_to": sorted({where for where, _ in deploys}),
    }
    answer.show(
        "events by release, newest first",
        *(
            f"{line(version or 'no release', 80)}: {many(int(row.get('count()') or 0), 'event')}"
            for version, row in seen.items()
        ),
    )
    if desk.checkout is not None and issue.short_id:
        mentions = await desk.checkout.log(
            "--max-count=5", "--fixed-strings", f"--grep={issue.short_id}"
        )
        answer.tell(
            "commits here that name it",
            *(f"{each.short} {ago(each.at)}: {line(each.subject, 100)}" for each in mentions),
        )
    answer.next.append(f'explain_issue(issue="{issue.short_id}")')
    return answer


def _fixed_in(issue: Issue, releases: list[Release]) -> str | None:
    """The release that somebody said holds the fix; the last one named, where it came back."""
    details = issue.status_details
    if isinstance(details.get("inRelease"), str):
        return str(details["inRelease"])
    for activity in sorted(issue.activity, key=lambda each: each.date_created, reverse=True):
        data = activity.data or {}
        if activity.type in ("set_resolved_in_release", "set_resolved_in_commit"):
            version = data.get("version")
            if isinstance(version, str) and version:
                return version
            commit = data.get("commit")
            sha = commit.get("id") if isinstance(commit, dict) else commit
            for each in releases:
                revision = revision_of(each.version)
                if isinstance(sha, str) and revision and sha.startswith(revision):
                    return each.version
    return None


def _fix_verdict(
    issue: Issue,
    fixed: str | None,
    fix: Release | None,
    since: int,
    deploys: list[tuple[str, str]],
    seen: dict[str, dict[str, Any]],
) -> str:
    which = f"{issue.short_id} ({issue.status}, last seen {ago(issue.last_seen)})"
    if issue.status_details.get("inNextRelease"):
        return f"The fix of {which} is not released: it waits for the next release."
    if fixed is None:
        newest = next(iter(seen), "")
        said = f"; it was last seen in {name(newest, _ODD)}" if newest else ""
        return f"No release is said to fix {which}{said}."
    if fix is None:
        return f"{which} is said to be fixed in {name(fixed, _ODD)}, which is not released."
    state = f"released {ago(fix.date_released)}" if fix.date_released else "made, but not released"
    where = f" and deployed to {name(deploys[0][0])} {deploys[0][1]}" if deploys else ""
    if since == 0:
        stopped = "the error stopped: no event in it or later"
    else:
        stopped = f"the error did NOT stop: {many(since, 'event')} in it or later"
    return f"The fix of {which} is {state} in {name(fix.version, _ODD)}{where}; {stopped}."
