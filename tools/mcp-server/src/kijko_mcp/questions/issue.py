"""Explains one issue: where in this checkout, since when, by whom, whose it is, how to see it."""

import asyncio
from dataclasses import dataclass, field
from datetime import UTC
from typing import Any

from kijko_mcp.answers.answer import Answer
from kijko_mcp.answers.untrusted import line, name
from kijko_mcp.answers.words import ago, many
from kijko_mcp.desk import Desk, revision_of
from kijko_mcp.questions.event import (
    crumbs,
    extra,
    messages,
    place_of,
    request,
    stack_lines,
    tag,
    tags,
)
from kijko_mcp.questions.reproduce import reproduce
from kijko_mcp.questions.targets import find_issue
from kijko_mcp.workspace.commits import LocalCommit
from kijko_mcp.workspace.owners import owners_of
from kijko_mcp.workspace.places import Place, Places
from sentry_api import NotFound, SentryApiError
from sentry_api.models.events import Event, Failure, Frame
from sentry_api.models.issues import Issue
from sentry_api.models.releases import Commit, CommitFile

_FRAMES = 12


@dataclass(slots=True)
class Evidence:
    """What was found out about an issue."""

    issue: Issue
    event: Event
    frames: list[tuple[Frame, Place | None]] = field(default_factory=list)
    suspect: LocalCommit | None = None
    suspect_by_sentry: tuple[Commit | None, CommitFile] | None = None
    owners: list[str] = field(default_factory=list)
    replay: str | None = None

    @property
    def release(self) -> str | None:
        """The release of the event."""
        found = (self.event.release or {}).get("version")
        return found if isinstance(found, str) else tag(self.event, "release")

    @property
    def first_place(self) -> Place | None:
        """The innermost place in this checkout."""
        return next((place for _, place in self.frames if place is not None), None)


async def explain_issue(desk: Desk, target: str, project: str) -> Answer:
    """Explains an issue.

    Raises:
        NothingFound: there is none.
        Unclear: it cannot be an issue.
    """
    issue, event = await find_issue(desk, target, project)
    evidence = Evidence(issue, event)
    await asyncio.gather(_in_checkout(desk, evidence), _seen(desk, evidence))
    return _answer(desk, evidence)


async def _in_checkout(desk: Desk, evidence: Evidence) -> None:
    evidence.suspect, _ = await asyncio.gather(_committer(desk, evidence), _place(desk, evidence))
    first, version = evidence.first_place, evidence.release
    revision = revision_of(version) if version else None
    if evidence.suspect is None and desk.checkout and first and revision:
        evidence.suspect = await desk.checkout.last_change(first.path, first.line, revision)
    if evidence.suspect is None and version:
        await _suspect_of_release(desk, evidence, version)


async def _place(desk: Desk, evidence: Evidence) -> None:
    """Where the frames are in this checkout, and whose the innermost is."""
    version, checkout, project = evidence.release, desk.checkout, evidence.issue.project
    stack = _stack(evidence.event)
    if checkout is None:
        evidence.frames = [(frame, None) for frame in stack]
        return
    try:
        mappings = await desk.mappings(project.id) if project is not None else []
    except SentryApiError:
        mappings = []  # a token without org:read still gets what the files' names tell
    places = Places(checkout, mappings, revision_of(version) if version else None)
    evidence.frames = [(frame, await places.of(frame)) for frame in stack]
    if (first := evidence.first_place) is not None:
        evidence.owners = await owners_of(desk, first.path, project)


async def _committer(desk: Desk, evidence: Evidence) -> LocalCommit | None:
    """The commit that Sentry itself suspects; None where it suspects none."""
    event, project = evidence.event, evidence.issue.project
    identity = event.event_id or event.id
    if project is None or not identity:
        return None
    try:
        found = await desk.sentry.events.committers(project.slug, identity)
    except SentryApiError:
        return None  # it knows of no commits, or the token may not read them
    for each in found:
        for commit in each.commits:
            author = commit.author or each.author
            by = (author.name or author.email) if author else None
            subject = (commit.message or "").strip().partition("\n")[0]
            return LocalCommit(commit.id, by or "somebody", commit.date_created, subject)
    return None


async def _suspect_of_release(desk: Desk, evidence: Evidence, version: str) -> None:
    """The release's newest commit that touched a file of the stack, as Sentry knows it."""
    paths = [place.path if place else (frame.filename or "") for frame, place in evidence.frames]
    try:
        files = [each async for each in desk.sentry.releases.commit_files(version)]
        commits = {each.id: each async for each in desk.sentry.releases.commits(version)}
    except SentryApiError:
        return
    for path in filter(None, paths):
        for each in files:
            if each.filename.endswith(path) or path.endswith(each.filename):
                evidence.suspect_by_sentry = (commits.get(each.commit_id or ""), each)
                return


async def _seen(desk: Desk, evidence: Evidence) -> None:
    event = evidence.event
    replay = (event.contexts or {}).get("replay")
    named = replay.get("replay_id") if isinstance(replay, dict) else None
    evidence.replay = named or tag(event, "replayId")
    if evidence.replay:
        return
    try:
        search = desk.sentry.replays.search(f"issue.id:{evidence.issue.id}", limit=1)
        evidence.replay = next((each.id for each in [each async for each in search]), None)
    except (NotFound, SentryApiError):
        return


def _stack(event: Event) -> list[Frame]:
    """The frames that matter, the innermost first: of the program itself, where it says which."""
    failures = event.failures
    frames = [frame for each in reversed(failures) for frame in _frames(each)]
    own = [frame for frame in frames if frame.in_app]
    return (own or frames)[:_FRAMES]


def _frames(failure: Failure) -> list[Frame]:
    return list(reversed((failure.stacktrace.frames if failure.stacktrace else None) or []))


def _answer(desk: Desk, evidence: Evidence) -> Answer:
    issue, event = evidence.issue, evidence.event
    answer = Answer(_conclusion(evidence))
    answer.facts = _facts(desk, evidence)
    answer.show("error", *messages(event))
    first = evidence.first_place
    code = first.code if first is not None else ()
    if first is not None and code:
        answer.tell(f"code, {first.state}", *code)
    elif first is not None:
        answer.tell("code", first.state)
    # The line that is quoted need not be told again.
    frames = [each for each in evidence.frames if not (code and each[1] is first)]
    answer.show("called by" if code else "stack, innermost first", *stack_lines(frames))
    answer.tell("first seen", f"{ago(issue.first_seen)}{_in(issue.first_release)}")
    answer.tell("event", _about(evidence))
    if command := answer.facts.get("reproduce"):
        answer.tell("reproduce", command)
    if issue.permalink:
        answer.tell("page", issue.permalink)
    if issue.assigned_to and not name(issue.assigned_to.name, ""):
        answer.show("assigned to", line(issue.assigned_to.name, 80))
    answer.show("tags", *tags(event))
    answer.show("request", *request(event))
    answer.show("extra", *extra(event))
    answer.show("breadcrumbs, oldest first", *crumbs(event), keep="last")
    if evidence.replay:
        answer.next.append(f'show_replay(replay="{evidence.replay}")')
    if event.trace_id:
        answer.next.append(f'explain_trace(trace="{event.trace_id}")')
    if not answer.next:
        answer.next.append(f'release_status(issue="{issue.short_id}")')
    return answer


def _conclusion(evidence: Evidence) -> str:
    issue, first = evidence.issue, evidence.first_place
    frame = evidence.frames[0][0] if evidence.frames else None
    if first is not None:
        at = f" fails at {first.shown}"
    elif frame is not None and frame.filename:
        at = f" fails at {name(place_of(frame), 'a place named below')}"
    else:
        at = " has no stack trace"
    function = next((f.function for f, place in evidence.frames if place is first), None)
    within = f" in {name(function)}" if function and name(function, "") else ""
    suspect = f"; suspect {_suspect(evidence)}" if _suspect(evidence) else ""
    whose = f"; owner {', '.join(evidence.owners)}" if evidence.owners else ""
    if issue.assigned_to and issue.assigned_to.name:
        whose += f"; assigned to {name(issue.assigned_to.name, 'whoever is named below')}"
    return (
        f"{issue.short_id} ({_state(issue)}, {many(issue.count, 'event')},"
        f" {many(issue.user_count, 'user')}, last {ago(issue.last_seen)})"
        f"{at}{within}{suspect}{whose}."
    )


def _state(issue: Issue) -> str:
    more = issue.substatus if issue.substatus not in (None, issue.status, "ongoing") else None
    return f"{issue.status}, {more}" if more else issue.status


def _about(evidence: Evidence) -> str:
    """The event that is shown: where it ran, in which release, whether the program caught it."""
    event = evidence.event
    where = tag(event, "environment")
    caught = {"yes": "handled", "no": "unhandled"}.get(tag(event, "handled") or "")
    at = event.date_created.astimezone(UTC) if event.date_created else None
    more = [
        f"{at:%Y-%m-%dT%H:%M:%SZ}" if at else "",
        name(where, "") if where else "",
        name(evidence.release, "release named nowhere") if evidence.release else "",
        caught or "",
    ]
    return ", ".join([event.event_id or event.id, *filter(None, more)])


def _suspect(evidence: Evidence) -> str:
    if (commit := evidence.suspect) is not None:
        by = f"commit {commit.short} by {line(commit.author, 40)}, {ago(commit.at)}"
        return f"{by}: {line(commit.subject, 80)}"
    if evidence.suspect_by_sentry is not None:
        found, file = evidence.suspect_by_sentry
        sha = (found.id if found else file.commit_id or "")[:10]
        author = found.author.name if found and found.author else None
        by = f" by {name(author, 'somebody')}" if author else ""
        return f"commit {name(sha)}{by}, which touched {name(file.filename)}"
    return ""


def _in(release: Any) -> str:
    return f" in {name(release.version)}" if release else ""


def _facts(desk: Desk, evidence: Evidence) -> dict[str, Any]:
    issue, event, first = evidence.issue, evidence.event, evidence.first_place
    facts: dict[str, Any] = {
        "issue": issue.short_id,
        "status": issue.status,
        "first_seen": issue.first_seen.isoformat(timespec="seconds") if issue.first_seen else None,
        "last_seen": issue.last_seen.isoformat(timespec="seconds") if issue.last_seen else None,
        "project": issue.project.slug if issue.project else None,
        "events": issue.count,
        "users": issue.user_count,
        "event": event.event_id or event.id,
        "at": event.date_created.isoformat(timespec="seconds") if event.date_created else None,
        "trace": event.trace_id,
        "replay": evidence.replay,
        "place": first.shown if first else None,
        "unchanged": first.same if first else None,
        "owners": evidence.owners,
        "suspect": evidence.suspect.sha if evidence.suspect else None,
        "reproduce": reproduce(tag(event, "job_id"), desk.settings.gateway),
        "page": issue.permalink,
    }
    if evidence.suspect is None and evidence.suspect_by_sentry is not None:
        found, file = evidence.suspect_by_sentry
        facts["suspect"] = found.id if found else file.commit_id
    return {key: value for key, value in facts.items() if value not in (None, [], "")}
