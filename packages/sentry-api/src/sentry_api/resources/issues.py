"""Issues: searched, read, changed, talked about."""

from collections.abc import AsyncIterator, Sequence
from typing import Literal

from pydantic import TypeAdapter

from sentry_api._call import delete, get, post, put
from sentry_api.models.base import Json, reader
from sentry_api.models.issues import (
    Activity,
    ActivityList,
    Comment,
    Issue,
    TagKey,
    TagValue,
    TagValues,
    UserReport,
)
from sentry_api.resources.base import Resource, only, page_size

Status = Literal["resolved", "unresolved", "ignored"]
_ISSUE = TypeAdapter(Issue)
_ISSUES = reader(list[Issue])
_COMMENT = TypeAdapter(Comment)
_COMMENTS = reader(list[Comment])
_ACTIVITIES = TypeAdapter(ActivityList)
_TAG = TypeAdapter(TagValues)
_TAGS = reader(list[TagValues])
_TAG_VALUES = reader(list[TagValue])
_TAG_KEYS = reader(list[TagKey])
_REPORTS = reader(list[UserReport])
_ANY = TypeAdapter(Json)
_ALL = "/organizations/{organization}/issues/"
_ONE = f"{_ALL}{{issue}}/"


class Issues(Resource):
    """``/organizations/…/issues/``. An issue is named by its id or its short id."""

    def search(
        self,
        query: str = "is:unresolved",
        *,
        projects: Sequence[str] = (),
        environments: Sequence[str] = (),
        sort: str = "date",
        period: str | None = None,
        limit: int | None = None,
    ) -> AsyncIterator[Issue]:
        """Issues that a search finds.

        Args:
            query: In Sentry's search language.
            projects: Ids or slugs; all when empty.
            environments: All when empty.
            sort: ``date``, ``new``, ``freq``, ``user``, ``trends`` or ``inbox``.
            period: How far back to look, such as ``14d``.
            limit: How many at most.
        """
        call = get(
            _ALL,
            "event:read",
            query={
                "query": query,
                **only(projects),
                "environment": environments,
                "sort": sort,
                "statsPeriod": period,
                "limit": page_size(limit),
            },
            organization=self._organization,
        )
        return self._each(call, _ISSUES, limit=limit)

    async def get(self, issue: str) -> Issue:
        """An issue with its history.

        Raises:
            NotFound: there is none.
        """
        call = get(_ONE, "event:read", organization=self._organization, issue=issue)
        return await self._transport.fetch(call, _ISSUE)

    async def update(
        self,
        issue: str,
        *,
        status: Status | None = None,
        status_details: dict[str, Json] | None = None,
        substatus: str | None = None,
        assigned_to: str | None = None,
        priority: Literal["high", "medium", "low"] | None = None,
    ) -> Issue:
        """Changes an issue; what is not given stays.

        Args:
            issue: Which.
            status: Resolve, reopen, archive.
            status_details: When that ends, such as ``{"inNextRelease": True}``.
            substatus: Such as ``archived_until_escalating``.
            assigned_to: A user or ``team:<id>``; empty takes it from whoever has it.
            priority: How much it matters.
        """
        changes = {
            "status": status,
            "statusDetails": status_details,
            "substatus": substatus,
            "assignedTo": assigned_to,
            "priority": priority,
        }
        call = put(
            _ONE,
            "event:write",
            body={name: value for name, value in changes.items() if value is not None},
            organization=self._organization,
            issue=issue,
        )
        return await self._transport.fetch(call, _ISSUE)

    async def merge(self, issues: Sequence[str]) -> None:
        """Makes one issue of several."""
        call = put(
            _ALL,
            "event:write",
            body={"merge": 1},
            query={"id": issues},
            repeatable=False,
            organization=self._organization,
        )
        await self._transport.fetch(call, _ANY)

    async def delete(self, issue: str) -> None:
        """Removes an issue and its events."""
        call = delete(_ONE, "event:admin", organization=self._organization, issue=issue)
        await self._transport.send(call)

    def comments(self, issue: str) -> AsyncIterator[Comment]:
        """What people wrote, newest first."""
        call = get(f"{_ONE}comments/", "event:read", organization=self._organization, issue=issue)
        return self._each(call, _COMMENTS)

    async def comment(self, issue: str, text: str) -> Comment:
        """Writes a comment."""
        call = post(
            f"{_ONE}comments/",
            "event:write",
            body={"text": text},
            organization=self._organization,
            issue=issue,
        )
        return await self._transport.fetch(call, _COMMENT)

    async def activity(self, issue: str) -> list[Activity]:
        """What happened to it, newest first."""
        call = get(f"{_ONE}activities/", "event:read", organization=self._organization, issue=issue)
        return (await self._transport.fetch(call, _ACTIVITIES)).activity

    async def tags(self, issue: str) -> list[TagValues]:
        """Its tags with their commonest values."""
        call = get(f"{_ONE}tags/", "event:read", organization=self._organization, issue=issue)
        return await self._transport.fetch(call, _TAGS)

    async def tag(self, issue: str, key: str) -> TagValues:
        """One of its tags."""
        call = get(
            f"{_ONE}tags/{{key}}/",
            "event:read",
            organization=self._organization,
            issue=issue,
            key=key,
        )
        return await self._transport.fetch(call, _TAG)

    def tag_values(self, issue: str, key: str) -> AsyncIterator[TagValue]:
        """All values of one of its tags."""
        call = get(
            f"{_ONE}tags/{{key}}/values/",
            "event:read",
            organization=self._organization,
            issue=issue,
            key=key,
        )
        return self._each(call, _TAG_VALUES)

    async def tag_keys(self, *, dataset: str = "errors") -> list[TagKey]:
        """What the organization's events can be searched by."""
        call = get(
            "/organizations/{organization}/tags/",
            "event:read",
            query={"dataset": dataset},
            organization=self._organization,
        )
        return await self._transport.fetch(call, _TAG_KEYS)

    def user_reports(self, issue: str) -> AsyncIterator[UserReport]:
        """What users said of it."""
        call = get(
            f"{_ONE}user-reports/", "event:read", organization=self._organization, issue=issue
        )
        return self._each(call, _REPORTS)
