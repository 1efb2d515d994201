"""Events and the files that came with them."""

from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager

from pydantic import TypeAdapter

from sentry_api._call import get
from sentry_api._transport import Download
from sentry_api.models.events import Attachment, Event, EventPlace
from sentry_api.models.releases import Committer, Committers
from sentry_api.resources.base import Resource, page_size

_EVENT = TypeAdapter(Event)
_EVENTS = TypeAdapter(list[Event])
_PLACE = TypeAdapter(EventPlace)
_COMMITTERS = TypeAdapter(Committers)
_ATTACHMENTS = TypeAdapter(list[Attachment])
_OF_ISSUE = "/organizations/{organization}/issues/{issue}/events/"
_OF_PROJECT = "/projects/{organization}/{project}/events/"
_ATTACHED = f"{_OF_PROJECT}{{event}}/attachments/"


class Events(Resource):
    """Events by issue, by project, by id."""

    def of_issue(
        self, issue: str, *, query: str = "", full: bool = False, limit: int | None = None
    ) -> AsyncIterator[Event]:
        """An issue's events, newest first; with ``full`` each has its entries."""
        call = get(
            _OF_ISSUE,
            "event:read",
            query={"query": query or None, "full": full or None, "per_page": page_size(limit)},
            organization=self._organization,
            issue=issue,
        )
        return self._each(call, _EVENTS, limit=limit)

    async def get_of_issue(self, issue: str, event: str = "latest") -> Event:
        """One event of an issue: by id, or ``latest``, ``oldest``, ``recommended``.

        Raises:
            NotFound: there is none.
        """
        call = get(
            f"{_OF_ISSUE}{{event}}/",
            "event:read",
            organization=self._organization,
            issue=issue,
            event=event,
        )
        return await self._transport.fetch(call, _EVENT)

    def of_project(
        self, project: str, *, full: bool = False, limit: int | None = None
    ) -> AsyncIterator[Event]:
        """A project's errors, newest first."""
        call = get(
            _OF_PROJECT,
            "event:read",
            query={"full": full or None, "per_page": page_size(limit)},
            organization=self._organization,
            project=project,
        )
        return self._each(call, _EVENTS, limit=limit)

    async def get_of_project(self, project: str, event: str) -> Event:
        """One event of a project.

        Raises:
            NotFound: there is none.
        """
        call = get(
            f"{_OF_PROJECT}{{event}}/",
            "event:read",
            organization=self._organization,
            project=project,
            event=event,
        )
        return await self._transport.fetch(call, _EVENT)

    async def find(self, event: str) -> EventPlace:
        """Where an event is that is known by its id alone.

        Raises:
            NotFound: there is none.
        """
        call = get(
            "/organizations/{organization}/eventids/{event}/",
            "event:read",
            organization=self._organization,
            event=event,
        )
        return await self._transport.fetch(call, _PLACE)

    async def committers(self, project: str, event: str) -> Sequence[Committer]:
        """Whose commits may have caused an event, the likeliest first.

        Raises:
            NotFound: there is no such event, or Sentry knows of no commits.
        """
        call = get(
            f"{_OF_PROJECT}{{event}}/committers/",
            "event:read",
            organization=self._organization,
            project=project,
            event=event,
        )
        return (await self._transport.fetch(call, _COMMITTERS)).committers

    def attachments(self, project: str, event: str) -> AsyncIterator[Attachment]:
        """The files that came with an event."""
        call = get(
            _ATTACHED,
            "event:read",
            organization=self._organization,
            project=project,
            event=event,
        )
        return self._each(call, _ATTACHMENTS)

    def download(
        self, project: str, event: str, attachment: str
    ) -> AbstractAsyncContextManager[Download]:
        """A file that came with an event, piece by piece."""
        call = get(
            f"{_ATTACHED}{{attachment}}/",
            "event:read",
            query={"download": True},
            organization=self._organization,
            project=project,
            event=event,
            attachment=attachment,
        )
        return self._transport.stream(call)
