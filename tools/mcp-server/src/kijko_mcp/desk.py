"""What every answer works with: Sentry, the checkout, and which project or release is meant."""

import asyncio
import difflib
import re
from collections.abc import AsyncIterator, Hashable, Sequence
from contextlib import AsyncExitStack, aclosing, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

from kijko_mcp.answers.untrusted import plain
from kijko_mcp.errors import NothingFound, Unclear
from kijko_mcp.remembering import Lately, Remembered
from kijko_mcp.settings import McpSettings
from kijko_mcp.workspace.checkout import Checkout
from kijko_mcp.workspace.projects import Graph, graph, printed_graph
from sentry_api import Period, SentryClient, SentrySettings
from sentry_api.models.catalog import Project
from sentry_api.models.releases import Release
from sentry_api.models.settings import CodeMapping

_FRESH = 60.0  # seconds that the settings of projects are believed
_PROJECTS = 256  # how many have theirs remembered
_LONG = timedelta(hours=6)
_STEP = 300.0  # seconds that a table of the past is believed
_TABLES = 64  # how many, and listings of errors, are remembered
_GRAPHS = 8  # how many are remembered, each of one state of the checkout
_OF_A_CALL = 0.9  # how much of a call's time Pants may take
_NEWEST = 50
_REVISION = re.compile(r"[+@]([0-9a-f]{7,40})$|^([0-9a-f]{7,40})$")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Named:
    """A release that was asked for, and how it was found.

    Attributes:
        note: what the reader must know, such as how far the checkout is ahead of it.
    """

    release: Release
    note: str | None = None

    @property
    def version(self) -> str:
        """The release's whole name."""
        return self.release.version


class Desk:
    """One Sentry and one checkout; used by many calls at once."""

    def __init__(
        self, sentry: SentryClient, checkout: Checkout | None, settings: McpSettings, url: str
    ) -> None:
        self.sentry = sentry
        self.checkout = checkout
        self.settings = settings
        self.url = url
        self._projects: Remembered[str, list[Project]] = Remembered(1, _FRESH)
        self._mappings: Remembered[str, list[CodeMapping]] = Remembered(_PROJECTS, _FRESH)
        self._owners: Remembered[str, str] = Remembered(_PROJECTS, _FRESH)
        self._past: Remembered[Hashable, list[dict[str, Any]]] = Remembered(_TABLES, _STEP)
        self._graphs: Remembered[Hashable, Graph] = Remembered(_GRAPHS)
        self.had_older: Lately[Hashable] = Lately(_TABLES)  # see questions.errors
        self._lock = asyncio.Lock()

    async def projects(self) -> list[Project]:
        """The organization's projects."""
        await self.find_organization()

        async def ask() -> list[Project]:
            return [project async for project in self.sentry.projects.list()]

        return await self._projects.get("", ask)

    async def mappings(self, project_id: str) -> list[CodeMapping]:
        """Where a project's sources lie in their repository."""

        async def ask() -> list[CodeMapping]:
            listed = self.sentry.sources.mappings(project_id=project_id)
            return [each async for each in listed]

        return await self._mappings.get(project_id, ask)

    async def ownership(self, project: str) -> str:
        """A project's ownership rules, as they are written in Sentry."""

        async def ask() -> str:
            return (await self.sentry.alerts.ownership(project)).raw or ""

        return await self._owners.get(project, ask)

    async def spans_of_past(
        self,
        period: Period,
        fields: Sequence[str],
        *,
        sort: str,
        limit: int,
        query: str = "",
        projects: Sequence[str] = (),
    ) -> list[dict[str, Any]]:
        """A table of spans of a time that is over, to compare with; believed for five minutes.

        A stretch of hours is moved back to the last five minutes of the clock; a shorter one is
        asked for as it is, each time.
        """
        over, is_long = period, False
        if period.start is not None and period.end is not None:
            is_long = period.end - period.start >= _LONG
        if is_long:
            over = Period(None, *(each and _stepped(each) for each in (period.start, period.end)))

        async def ask() -> list[dict[str, Any]]:
            table = await self.sentry.explore.table(
                "spans", fields, query=query, sort=sort, period=over, projects=projects, limit=limit
            )
            return table.data

        key = (over, tuple(fields), query, sort, tuple(projects), limit)
        return await self._past.get(key, ask)

    async def graph(self, checkout: Checkout) -> Graph:
        """Which project needs which; Pants is asked again when a file is another.

        Raises:
            CheckoutUnreadable: Pants cannot say.
        """
        if self.settings.graph is not None:
            return await printed_graph(self.settings.graph)
        key = (await checkout.head(), await checkout.changed())
        seconds = _OF_A_CALL * self.settings.call_timeout
        return await self._graphs.get(key, lambda: graph(checkout, seconds))

    async def find_organization(self) -> None:
        """Takes the only organization that the token sees, where none is named.

        Raises:
            Unclear: it sees several, or none; the advice lists them.
        """
        async with self._lock:
            if not self.sentry.organization:
                self.sentry = self.sentry.of(await self._only_organization())

    async def _only_organization(self) -> str:
        found = [each.slug async for each in self.sentry.organizations.list()]
        if len(found) == 1:
            return found[0]
        raise Unclear(
            "SENTRY_ORG names no organization.",
            f"Set it to one of: {', '.join(sorted(found)) or 'none is visible to this token'}.",
        )

    async def project(self, name: str) -> Project:
        """The project that is meant: its slug, its end (``web``), or nearly so.

        Raises:
            Unclear: there is none like it, or several; the advice lists them.
        """
        projects = await self.projects()
        wanted = name.strip().lower().replace("_", "-").replace(" ", "-")
        for fits in (
            lambda slug: slug == wanted,
            lambda slug: slug.endswith(f"-{wanted}"),
            lambda slug: wanted.endswith(f"-{slug}") or wanted in slug.split("-"),
            lambda slug: bool(
                difflib.get_close_matches(wanted, [slug, slug.split("-", 1)[-1]], 1, 0.75)
            ),
        ):
            found = [each for each in projects if fits(each.slug.lower())]
            if len(found) == 1:
                return found[0]
            if found:
                break
        listed = ", ".join(sorted(each.slug for each in projects)) or "there are none"
        raise Unclear(
            "There is no such project." if not found else "Several projects are called like that.",
            f"The projects are: {listed}.",
        )

    async def one_or_all(self, name: str) -> list[Project]:
        """The project that is meant; none, which is all, where none is named."""
        return [await self.project(name)] if name.strip() else []

    async def release(self, name: str, project: Project | None) -> Named:
        """The release that is meant: ``latest``, ``previous``, ``current`` commit, or a name.

        Raises:
            Unclear: there is none like it; the advice lists the newest.
            NothingFound: there are no releases.
        """
        wanted = " ".join(name.strip().lower().split())
        if "@" in wanted and (exact := await self.sentry.releases.find(name.strip())):
            return Named(exact)
        releases = await self._newest(project)
        if not releases:
            of = f"{project.slug} has" if project else "There are"
            raise NothingFound(
                f"{of} no releases yet.",
                "Make one with: ./pants run tools/release-cli:release -- run",
            )
        if wanted in ("latest", "last", "newest", ""):
            return Named(releases[0])
        if wanted in ("previous", "before", "prior") and len(releases) > 1:
            return Named(releases[1])
        if wanted in ("current", "current commit", "head", "this commit", "checkout"):
            return await self._of_checkout(releases)
        found = [each for each in releases if wanted in each.version.lower()]
        if found:
            return Named(found[0])
        listed = ", ".join(filter(None, (plain(each.version) for each in releases[:5])))
        raise Unclear("There is no such release.", f"The newest are: {listed}.")

    async def _newest(self, project: Project | None) -> list[Release]:
        listed = (
            self.sentry.releases.of_project(project.slug, limit=_NEWEST)
            if project is not None
            else self.sentry.releases.list(limit=_NEWEST)
        )
        return [each async for each in listed]

    async def _of_checkout(self, releases: Sequence[Release]) -> Named:
        if self.checkout is None:
            raise Unclear(
                "This server was not started in a git checkout.",
                "Start it there, or set MCP_WORKSPACE.",
            )
        head = await self.checkout.head()
        nearest: tuple[int, Release] | None = None
        for each in releases:
            revision = revision_of(each.version)
            if revision is None:
                continue
            if head.startswith(revision):
                return Named(each, f"The commit {head[:10]} that is checked out is this release.")
            behind = await self.checkout.distance(revision, head)
            if behind is not None and (nearest is None or behind < nearest[0]):
                nearest = (behind, each)
        if nearest is None:
            raise NothingFound(
                f"No release is of the checked-out commit {head[:10]}, or of one before it.",
                "Name a release, or ask without one.",
            )
        return Named(
            nearest[1],
            f"The checkout ({head[:10]}) is {nearest[0]} commits after this release, the nearest.",
        )


def _stepped(moment: datetime) -> datetime:
    return moment - timedelta(seconds=moment.timestamp() % _STEP)


def revision_of(version: str) -> str | None:
    """The commit in a release's name, shortened or not; None when it names none."""
    match = _REVISION.search(version)
    return (match[1] or match[2]) if match else None


async def gathered(*asked: AsyncIterator[T]) -> list[list[T]]:
    """What several lists hold, asked for at the same time."""

    async def whole(listed: AsyncIterator[T]) -> list[T]:
        return [each async for each in listed]

    return list(await asyncio.gather(*(whole(listed) for listed in asked)))


@asynccontextmanager
async def open_desk(
    settings: McpSettings, sentry_settings: SentrySettings | None = None
) -> AsyncIterator[Desk]:
    """Connects to Sentry and looks for the checkout; nothing is sent yet.

    Raises:
        BadConfiguration: the environment has values that cannot be used.
    """
    where = sentry_settings or SentrySettings.read()
    checkout = await Checkout.find(settings.workspace or Path.cwd())
    async with AsyncExitStack() as opened:
        if checkout is not None:
            await opened.enter_async_context(aclosing(checkout))
        sentry = await opened.enter_async_context(SentryClient(where))
        yield Desk(sentry, checkout, settings, where.url)
