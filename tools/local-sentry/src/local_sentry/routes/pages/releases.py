"""The pages of releases: the list with adoption, and one with commits, deploys and new issues."""

import time
from sqlite3 import Connection

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from local_sentry.routes import api
from local_sentry.routes.api.periods import project_ids_of
from local_sentry.routes.api.places import organization_of
from local_sentry.routes.api.releases import release_of
from local_sentry.routes.pages.places import page_number
from local_sentry.routes.rendering import render
from local_sentry.services.adoption import adoption
from local_sentry.services.search import Filter
from local_sentry.store import catalog, commits, health, issue_search, issues, releases

PAGE_SIZE = 50
_SHOWN_COMMITS = 100
_SHOWN_ISSUES = 25
_HOURS = 24


def _last_hours(now: int) -> range:
    last = now // issues.HOUR
    return range(last - _HOURS + 1, last + 1)


async def release_list(request: Request) -> Response:
    """`/organizations/{org}/releases/`: `query` is a part of the version."""
    parameters = request.query_params
    page = page_number(request)
    now = time.time_ns() // 1000
    hours = _last_hours(now)

    def query(connection: Connection) -> Response:
        owner = organization_of(connection, request)
        problem = None
        found: list[releases.Release] = []
        try:
            found = releases.listed(
                connection,
                owner.id,
                project_ids=project_ids_of(connection, request, owner),
                query=parameters.get("query", "").strip(),
                limit=PAGE_SIZE,
                offset=(page - 1) * PAGE_SIZE,
            )
        except api.BadParameterError as error:
            problem = str(error)
        counts = health.hourly(connection, (), hours[0] * issues.HOUR, now)
        rows = []
        for release in found[:PAGE_SIZE]:
            projects = releases.projects(connection, release.id)
            deploys = commits.deploys(connection, release.id) if release.deploys else []
            of = adoption(counts, release.version, [p.id for p in projects], hours)
            rows.append((release, projects, deploys, of))
        return render(
            "releases.html",
            status=200 if problem is None else 400,
            rows=rows,
            query=parameters.get("query", ""),
            project=parameters.get("project", ""),
            projects=catalog.projects(connection, owner.id),
            page=page,
            more=len(found) > PAGE_SIZE,
            problem=problem,
        )

    return await api.read(request, query)


async def release_page(request: Request) -> Response:
    """`/organizations/{org}/releases/{version}/`."""
    now = time.time_ns() // 1000
    hours = _last_hours(now)

    def query(connection: Connection) -> Response:
        owner = organization_of(connection, request)
        release = release_of(connection, request, owner)
        projects = releases.projects(connection, release.id)
        counts = health.hourly(
            connection, tuple(p.id for p in projects), hours[0] * issues.HOUR, now
        )
        wanted = issue_search.IssueQuery(
            condition=Filter("firstRelease", "=", (release.version,)), now=now, limit=_SHOWN_ISSUES
        )
        found, more = issue_search.find(connection, wanted)
        events = issues.hourly(connection, [issue.id for issue in found], hours[0])
        return render(
            "release.html",
            release=release,
            projects=projects,
            adoption=adoption(counts, release.version, [p.id for p in projects], hours),
            commits=commits.of_release(connection, release.id, limit=_SHOWN_COMMITS),
            deploys=commits.deploys(connection, release.id),
            issues=found,
            more=more,
            hours={issue: [at.get(hour, 0) for hour in hours] for issue, at in events.items()},
            new_since=now - issues.HOUR,
        )

    return await api.read(request, query)


routes = [
    Route("/organizations/{organization}/releases/", release_list),
    Route("/organizations/{organization}/releases/{version:path}/", release_page),
]
