"""The pages of issues: the list with its search, and an issue with one of its events."""

import time
from sqlite3 import Connection

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from local_sentry.routes import api
from local_sentry.routes.api.exchange import blobs_of
from local_sentry.routes.pages.places import page_number, projects_of
from local_sentry.routes.rendering import render
from local_sentry.services.event_view import view_event
from local_sentry.services.search import InvalidQueryError
from local_sentry.store import (
    attachments,
    catalog,
    events,
    feedback,
    issue_search,
    issues,
    replays,
    spans,
)

PAGE_SIZE = 50
_HOURS = 24
_DAYS = 14
_NEW_FOR = issues.HOUR
_SHOWN_FEEDBACK = 20


def _hour_counts(hours: dict[int, int], now: int) -> list[int]:
    last = now // issues.HOUR
    return [hours.get(hour, 0) for hour in range(last - _HOURS + 1, last + 1)]


def _day_counts(hours: dict[int, int], now: int) -> list[tuple[int, int]]:
    """(µs of the day's start, events) for the last days."""
    last = now // issues.HOUR // 24
    days = dict.fromkeys(range(last - _DAYS + 1, last + 1), 0)
    for hour, count in hours.items():
        if hour // 24 in days:
            days[hour // 24] += count
    return [(day * 24 * issues.HOUR, count) for day, count in days.items()]


async def issue_list(request: Request) -> Response:
    """`/organizations/{org}/issues/`."""
    page = page_number(request)
    text = request.query_params.get("query", "is:unresolved")

    def query(connection: Connection) -> Response:
        wanted = api.issue_query(
            connection, request, default="is:unresolved", limit=PAGE_SIZE,
            offset=(page - 1) * PAGE_SIZE,
        )  # fmt: skip
        found, more = issue_search.find(connection, wanted)
        hours = issues.hourly(
            connection, [issue.id for issue in found], wanted.now // issues.HOUR - _HOURS
        )
        return render(
            "issues.html",
            issues=found,
            hours={issue.id: _hour_counts(hours[issue.id], wanted.now) for issue in found},
            total=issue_search.count(connection, wanted, at_most=1000),
            projects=projects_of(connection, request),
            query=text,
            project=request.query_params.get("project", ""),
            sort=wanted.sort,
            page=page,
            more=more,
            problem=None,
            new_since=wanted.now - _NEW_FOR,
        )

    try:
        return await api.read(request, query)
    except (InvalidQueryError, api.BadParameterError) as error:
        projects = await api.read(request, lambda connection: projects_of(connection, request))
        return render(
            "issues.html", status=400, issues=[], hours={}, total=0, projects=projects,
            query=text, project="", sort="date", page=1, more=False, problem=str(error),
            new_since=0,
        )  # fmt: skip


def _replay_of(connection: Connection, event: events.StoredEvent) -> str | None:
    """The replay an event happened in, when it is here to be played."""
    replay_id = replays.of_event(connection, bytes.fromhex(event.event_id))
    if replay_id is None or replays.get(connection, replay_id) is None:
        return None
    return replay_id.hex()


def _suggested(issue: issues.Issue, teams: list[catalog.Team]) -> list[tuple[str, str]]:
    """Who may own an issue that is not theirs yet, by the name to assign it to, and why."""
    slugs = {f"team:{team.id}": f"#{team.slug}" for team in teams}
    names: dict[str, str] = {}
    for owner in issue.owners:
        if owner.owner != issue.assigned_to:
            names.setdefault(slugs.get(owner.owner, "me"), owner.rule)
    return list(names.items())


async def issue_page(request: Request) -> Response:
    """`/organizations/{org}/issues/{issue}/`, or one of its events."""
    blobs = blobs_of(request)

    def query(connection: Connection) -> Response:
        issue = api.find_issue(connection, request)
        name = request.path_params.get("event", "latest")
        event, payload, _ = api.find_event(connection, blobs, issue.id, name)
        now = time.time_ns() // 1000
        hours = issues.hourly(connection, [issue.id], now // issues.HOUR - _DAYS * 24)[issue.id]
        previous, following = events.neighbours(connection, event)
        view = view_event(payload)
        owner = catalog.organization(connection, issue.organization_slug)
        teams = catalog.teams(connection, owner.id) if owner is not None else []
        span_count = 0
        if view.trace_id is not None:
            span_count = spans.count_of_trace(connection, bytes.fromhex(view.trace_id))
        distributions: dict[str, list[issues.TagValue]] = {}
        for value in issues.tag_values(connection, issue.id, per_key=4):
            distributions.setdefault(value.key, []).append(value)
        return render(
            "issue.html",
            issue=issue,
            event=event,
            view=view,
            tags=events.tags(connection, event.row),
            distributions=distributions,
            days=_day_counts(hours, now),
            previous=previous,
            following=following,
            span_count=span_count,
            replay=_replay_of(connection, event),
            suspects=api.suspects_of(connection, event, payload, issue),
            owners=_suggested(issue, teams),
            attachments=attachments.of_event(
                connection, event.project_id, bytes.fromhex(event.event_id)
            ),
            said=feedback.of_issue(connection, issue.id, _SHOWN_FEEDBACK),
            teams=teams,
        )

    return await api.read(request, query)


routes = [
    Route("/organizations/{organization}/issues/", issue_list),
    Route("/organizations/{organization}/issues/{issue}/", issue_page),
    Route("/organizations/{organization}/issues/{issue}/events/{event}/", issue_page),
    Route("/issues/{issue}/", issue_page),
]
