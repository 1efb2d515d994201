"""Issues: searched, shown, changed, in `/organizations/…/issues/` and `/projects/…/issues/`."""

from sqlite3 import Connection

from starlette.requests import Request
from starlette.responses import Response

from local_sentry.protocol.lenient_json import Document
from local_sentry.routes import issue_shape
from local_sentry.routes.api import resources
from local_sentry.routes.api.exchange import base_url, json_response, link_header, page_of, read
from local_sentry.routes.api.issue_changes import (
    IssueChanges,
    change_issue,
    change_issues,
    delete_issue,
)
from local_sentry.routes.api.periods import environments_of, period_of, project_ids_of
from local_sentry.routes.api.places import find_issue, organization_of, project_of
from local_sentry.routes.api.problems import BadParameterError
from local_sentry.routes.api.resources import resource, taking
from local_sentry.services.search import All, Condition, Filter, parse_query
from local_sentry.services.timestamps import isoformat
from local_sentry.store import feedback, issue_activity, issue_search, issues

_DAY_HOURS = 24
_COUNTED = 1000


def issue_query(
    connection: Connection, request: Request, *, default: str, limit: int, offset: int
) -> issue_search.IssueQuery:
    """The search that a request's parameters describe.

    Raises:
        InvalidQueryError: the search text cannot be understood.
        BadParameterError: another parameter cannot be.
        NotFoundError: the address names an organization or project that is not there.
    """
    parameters = request.query_params
    if "project" in request.path_params:
        projects: tuple[int, ...] = (project_of(connection, request)[1].id,)
    else:
        projects = project_ids_of(connection, request, organization_of(connection, request))
    sort = parameters.get("sort") or "date"
    if sort not in issue_search.SORTS:
        raise BadParameterError(f"Invalid sort. It may be one of {', '.join(issue_search.SORTS)}.")
    period = period_of(request)
    return issue_search.IssueQuery(
        condition=_condition(request, default),
        now=period.now,
        project_ids=projects,
        environments=environments_of(request),
        since=period.since,
        until=period.until,
        sort=sort,
        offset=offset,
        limit=limit,
    )


def _condition(request: Request, default: str) -> Condition:
    text = request.query_params.get("query", default)
    condition = parse_query(text)
    groups = tuple(filter(None, request.query_params.getlist("group")))
    return All((condition, Filter("issue.id", "=", groups))) if groups else condition


def in_list(request: Request, issue: issues.Issue, hours: dict[int, int], now: int) -> Document:
    """An issue as lists show it, with its events over time."""
    period = request.query_params.get("groupStatsPeriod") or "24h"
    if period == "auto":
        period = request.query_params.get("statsPeriod") or "14d"
    if period == "24h":
        stats = issue_shape.hourly_stats(hours, now, _DAY_HOURS)
    else:
        stats = issue_shape.daily_stats(hours, now, 14)
    expanded: Document = {}
    if "owners" in request.query_params.getlist("expand"):
        expanded["owners"] = issue_shape.owners(issue)
    return (
        issue_shape.issue(issue, base_url(request))
        | expanded
        | {
            "stats": {period: stats},
            "lifetime": {
                "count": str(issue.times_seen),
                "userCount": issue.users_seen,
                "firstSeen": isoformat(issue.first_seen),
                "lastSeen": isoformat(issue.last_seen),
                "stats": {},
            },
            "filtered": None,
        }
    )


async def list_issues(request: Request) -> Response:
    """`GET …/issues/`: `query`, `sort`, `project`, `environment`, a period, a page."""
    limit, offset = page_of(request, default=25)

    def query(connection: Connection) -> tuple[list[Document], bool, int]:
        wanted = issue_query(
            connection, request, default="is:unresolved", limit=limit, offset=offset
        )
        found, more = issue_search.find(connection, wanted)
        since = wanted.now // issues.HOUR - 14 * _DAY_HOURS
        hours = issues.hourly(connection, [issue.id for issue in found], since)
        hits = offset + len(found)
        if more:
            hits = issue_search.count(connection, wanted, at_most=_COUNTED)
        return [in_list(request, issue, hours[issue.id], wanted.now) for issue in found], more, hits

    found, more, hits = await read(request, query)
    return json_response(
        found,
        {
            "link": link_header(request, offset, limit, more=more),
            "x-max-hits": str(_COUNTED),
            "x-hits": str(hits),
        },
    )


async def get_issue(request: Request) -> Response:
    """`GET /api/0/organizations/{org}/issues/{issue}/`, also without the organization."""
    now = period_of(request).now

    def query(connection: Connection) -> Document:
        found = find_issue(connection, request)
        hours = issues.hourly(connection, [found.id], now // issues.HOUR - _DAY_HOURS * 30)
        keys = dict.fromkeys(t.key for t in issues.tag_values(connection, found.id, per_key=1))
        first, last = found.first_release, found.last_release
        activity = issue_activity.of_issue(connection, found.id, limit=100)
        return issue_shape.issue(found, base_url(request)) | {
            "activity": issue_shape.activity(found, activity),
            "owners": issue_shape.owners(found),
            "firstRelease": {"version": first} if first else None,
            "lastRelease": {"version": last} if last else None,
            "tags": [{"key": key, "name": key, "totalValues": found.times_seen} for key in keys],
            "stats": {
                "24h": issue_shape.hourly_stats(hours[found.id], now, _DAY_HOURS),
                "30d": issue_shape.daily_stats(hours[found.id], now, 30),
            },
            "seenBy": [],
            "participants": [],
            "userReportCount": len(feedback.of_issue(connection, found.id, 1000)),
            "pluginActions": [],
            "pluginIssues": [],
            "pluginContexts": [],
        }

    return json_response(await read(request, query))


async def get_short_id(request: Request) -> Response:
    """`GET /api/0/organizations/{org}/shortids/{issue}/`."""

    def query(connection: Connection) -> Document:
        found = find_issue(connection, request)
        return {
            "organizationSlug": found.organization_slug,
            "projectSlug": found.project_slug,
            "groupId": str(found.id),
            "group": issue_shape.issue(found, base_url(request)),
            "shortId": found.short_id,
        }

    return json_response(await read(request, query))


_ORGANIZATION = "/organizations/{organization}"

routes = [
    *(
        resource(
            f"{where}/issues/",
            resources.EVENT,
            get=list_issues,
            put=taking(IssueChanges, change_issues),
        )
        for where in (_ORGANIZATION, "/projects/{organization}/{project}")
    ),
    *(
        resource(
            f"{where}/issues/{{issue}}/",
            resources.EVENT,
            get=get_issue,
            put=taking(IssueChanges, change_issue),
            delete=delete_issue,
        )
        for where in (_ORGANIZATION, "")
    ),
    resource(f"{_ORGANIZATION}/shortids/{{issue}}/", resources.EVENT, get=get_short_id),
]
