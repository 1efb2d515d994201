"""What all resources share: the organization they speak of, and lists that turn their own pages."""

from collections.abc import AsyncIterator, Sequence
from typing import TypeVar

from pydantic import TypeAdapter

from sentry_api._call import Call, Parameters
from sentry_api._transport import Transport
from sentry_api.errors import BadConfiguration

_T = TypeVar("_T")


class Resource:
    """Some endpoints of one organization."""

    def __init__(self, transport: Transport, organization: str) -> None:
        self._transport = transport
        self._named = organization

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._named!r})"

    @property
    def _organization(self) -> str:
        if not self._named:
            raise BadConfiguration("No organization is named.", "Set SENTRY_ORG to its slug.")
        return self._named

    def _each(
        self, call: Call, page: TypeAdapter[list[_T]], *, limit: int | None = None
    ) -> AsyncIterator[_T]:
        """The things of all pages; no page more than ``limit`` things need is asked for."""
        pages = self._transport.pages(call, page)
        return at_most(limit, (thing async for things in pages for thing in things))


async def at_most(limit: int | None, things: AsyncIterator[_T]) -> AsyncIterator[_T]:
    """The first things; the one after them is not asked for."""
    left = limit
    while left is None or left > 0:
        try:
            yield await anext(things)
        except StopAsyncIteration:
            return
        left = None if left is None else left - 1


def page_size(limit: int | None, most: int = 100) -> int:
    """How many things to ask for at once."""
    return most if limit is None else max(1, min(limit, most))


def only(projects: Sequence[str]) -> Parameters:
    """The parameters that choose projects, which Sentry calls differently by id and by slug."""
    ids = [project for project in projects if project.lstrip("-").isdigit()]
    slugs = [project for project in projects if project not in ids]
    return {"project": ids, "projectSlug": slugs}
