"""What clients do to issues: resolve, archive, assign, merge, delete; one or many at a time."""

import time
from sqlite3 import Connection
from typing import Literal

from pydantic import BaseModel, Field
from starlette.requests import Request
from starlette.responses import Response

from local_sentry.models import LocalUser
from local_sentry.protocol.lenient_json import Document, JsonObject
from local_sentry.routes import issue_shape
from local_sentry.routes.api.exchange import base_url, json_response, write
from local_sentry.routes.api.places import find_issue, organization_of
from local_sentry.routes.api.problems import BadParameterError, InvalidBodyError, NotFoundError
from local_sentry.services.assignees import UnknownAssigneeError, parse_assignee
from local_sentry.services.search import parse_query
from local_sentry.store import catalog, issue_changes, issue_search, issues, releases
from local_sentry.store.session import WriteSession

_MINUTE = 60_000_000  # µs
_MOST_AT_ONCE = 1000
_OPEN_SUBSTATUSES = ("new", "ongoing", "escalating", "regressed")
_Count = Field(default=None, ge=1, le=1_000_000_000)


class InCommit(BaseModel):
    """The commit that resolves an issue."""

    commit: str
    repository: str = ""


class StatusDetails(BaseModel):
    """When a resolution or an archiving ends; durations and windows are minutes."""

    inNextRelease: bool = False  # noqa: N815 - the wire's name
    inRelease: str | None = None  # noqa: N815 - the wire's name
    inCommit: InCommit | None = None  # noqa: N815 - the wire's name
    ignoreDuration: int | None = _Count  # noqa: N815 - the wire's name
    ignoreCount: int | None = _Count  # noqa: N815 - the wire's name
    ignoreWindow: int | None = _Count  # noqa: N815 - the wire's name
    ignoreUserCount: int | None = _Count  # noqa: N815 - the wire's name
    ignoreUserWindow: int | None = _Count  # noqa: N815 - the wire's name


class IssueChanges(StatusDetails):
    """The body of an update; conditions may stand in `statusDetails` or beside it."""

    status: (
        Literal["resolved", "unresolved", "ignored", "muted", "resolvedInNextRelease"] | None
    ) = None
    statusDetails: StatusDetails | None = None  # noqa: N815 - the wire's name
    substatus: str | None = None
    assignedTo: str | None = None  # noqa: N815 - the wire's name
    priority: Literal["high", "medium", "low"] | None = None
    merge: bool = False
    hasSeen: bool | None = None  # noqa: N815 - the wire's name
    isBookmarked: bool | None = None  # noqa: N815 - the wire's name
    isSubscribed: bool | None = None  # noqa: N815 - the wire's name


def _archive(issue: issues.Issue, details: StatusDetails, now: int) -> issue_changes.Archive:
    duration, count, users = details.ignoreDuration, details.ignoreCount, details.ignoreUserCount
    return issue_changes.Archive(
        until=now + duration * _MINUTE if duration else None,
        times_seen=issue.times_seen + count if count else None,
        users_seen=issue.users_seen + users if users else None,
    )


def _resolve(
    session: WriteSession, issue: issues.Issue, changes: IssueChanges, details: StatusDetails
) -> None:
    connection, now, actor = session.connection, time.time_ns() // 1000, LocalUser().username
    resolution, version = "now", None
    data: JsonObject = {}
    if details.inNextRelease or changes.status == "resolvedInNextRelease":
        resolution = "in_next_release"
        version = catalog.latest_release(connection, issue.project_id)
        data = {"version": "", "inNextRelease": True}
    elif details.inRelease is not None:
        resolution, version = "in_release", details.inRelease
        if version == "latest":
            version = catalog.latest_release(connection, issue.project_id)
        data = {"version": version}
    elif details.inCommit is not None:
        resolution = "in_release"
        version = releases.release_of_commit(connection, details.inCommit.commit)
        data = {"commit": details.inCommit.commit, "version": version or ""}
    release_id = releases.find_id(connection, version) if version else None
    if release_id is None and resolution == "in_release":
        said = "The release, or the release of the commit, is not known here."
        raise InvalidBodyError({"statusDetails": [said]})
    issue_changes.resolve(
        session, issue.id, now, actor=actor, resolution=resolution, release_id=release_id, data=data
    )


def _set_status(session: WriteSession, issue: issues.Issue, changes: IssueChanges) -> None:
    details = changes.statusDetails or changes
    now, actor = time.time_ns() // 1000, LocalUser().username
    match changes.status:
        case "resolved" | "resolvedInNextRelease":
            _resolve(session, issue, changes, details)
        case "ignored" | "muted":
            until = _archive(issue, details, now)
            inferred = "condition_met" if until.is_conditional else "escalating"
            substatus = changes.substatus or f"archived_until_{inferred}"
            if not substatus.startswith("archived_"):
                raise InvalidBodyError({"substatus": ["It does not go with the status ignored."]})
            issue_changes.archive(
                session, issue.id, now, actor=actor, substatus=substatus, until=until
            )
        case "unresolved":
            substatus = changes.substatus or "ongoing"
            if substatus not in _OPEN_SUBSTATUSES:
                raise InvalidBodyError({"substatus": ["It does not go with status unresolved."]})
            issue_changes.unresolve(session, issue.id, now, actor=actor, substatus=substatus)
        case None:
            pass


def apply(session: WriteSession, issue: issues.Issue, changes: IssueChanges) -> None:
    """Does what the body says to one issue.

    Raises:
        InvalidBodyError: an assignee or a release is not known.
    """
    now, actor = time.time_ns() // 1000, LocalUser().username
    _set_status(session, issue, changes)
    if "assignedTo" in changes.model_fields_set:
        owner = catalog.organization(session.connection, issue.organization_slug)
        assert owner is not None  # noqa: S101 - the issue names it
        try:
            assignee = parse_assignee(
                changes.assignedTo or "", catalog.teams(session.connection, owner.id)
            )
        except UnknownAssigneeError as error:
            raise InvalidBodyError({"assignedTo": [str(error)]}) from None
        issue_changes.assign(session, issue.id, now, actor=actor, assignee=assignee)
    if changes.priority is not None:
        issue_changes.prioritize(session, issue.id, now, actor=actor, priority=changes.priority)


async def change_issue(request: Request, changes: IssueChanges) -> Response:
    """`PUT /api/0/organizations/{org}/issues/{issue}/`, also without the organization."""

    def command(session: WriteSession) -> Document:
        found = find_issue(session.connection, request)
        apply(session, found, changes)
        changed = find_issue(session.connection, request)
        return issue_shape.issue(changed, base_url(request))

    return json_response(await write(request, command))


def _chosen(connection: Connection, request: Request) -> list[issues.Issue]:
    """The issues that `id`, or else `query`, name.

    Raises:
        NotFoundError: one of the ids is none.
        BadParameterError: neither is given.
    """
    owner = organization_of(connection, request)
    names = request.query_params.getlist("id")
    if names:
        found = [issues.get(connection, name) for name in dict.fromkeys(names)]
        chosen = [i for i in found if i is not None and i.organization_slug == owner.slug]
        if len(chosen) != len(found):
            raise NotFoundError
        return chosen
    if "query" not in request.query_params:
        raise BadParameterError("Say which issues: by id, or by query.")
    wanted = issue_search.IssueQuery(
        condition=parse_query(request.query_params["query"]),
        now=time.time_ns() // 1000,
        project_ids=tuple(p.id for p in catalog.projects(connection, owner.id)) or (0,),
        limit=_MOST_AT_ONCE,
    )
    return issue_search.find(connection, wanted)[0]


async def change_issues(request: Request, changes: IssueChanges) -> Response:
    """`PUT …/issues/`: the same to many; `merge` makes one of them."""

    def command(session: WriteSession) -> Document:
        chosen = _chosen(session.connection, request)
        answer: Document = changes.model_dump(exclude_unset=True, exclude={"merge"})
        if changes.merge:
            if len(chosen) < 2:
                raise BadParameterError("Merging takes at least two issues.")
            parent, *children = sorted(chosen, key=lambda i: (-i.times_seen, i.id))
            numbers = [child.id for child in children]
            issue_changes.merge(
                session, parent.id, numbers, time.time_ns() // 1000, actor=LocalUser().username
            )
            merged = {"parent": str(parent.id), "children": [str(number) for number in numbers]}
            return answer | {"merge": merged}
        for issue in chosen:
            apply(session, issue, changes)
        first = issues.get(session.connection, str(chosen[0].id)) if chosen else None
        if first is None:
            return answer
        shape = issue_shape.issue(first, "")
        told = ["isPublic", "status", "statusDetails"]
        return answer | {
            name: shape[name] for name in told + ["assignedTo"] * ("assignedTo" in answer)
        }

    return json_response(await write(request, command))


async def delete_issue(request: Request) -> Response:
    """`DELETE /api/0/organizations/{org}/issues/{issue}/`."""

    def command(session: WriteSession) -> None:
        found = find_issue(session.connection, request)
        issue_changes.delete(session, found.id)

    await write(request, command)
    return Response(status_code=202)
