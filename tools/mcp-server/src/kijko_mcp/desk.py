"""What every answer works with: Sentry, the checkout, and which project or release is meant."""

import asyncio
import difflib
import re
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from kijko_mcp.answers.untrusted import plain
from kijko_mcp.errors import NothingFound, Unclear
from kijko_mcp.settings import McpSettings
from kijko_mcp.workspace.checkout import Checkout
from sentry_api import SentryClient, SentrySettings
from sentry_api.models.catalog import Project
from sentry_api.models.releases import Release

_FRESH = 60.0  # seconds that the list of projects is believed
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
        self._projects: tuple[float, list[Project]] | None = None
        self._lock = asyncio.Lock()

    async def projects(self) -> list[Project]:
        """The organization's projects."""
        await self.find_organization()
        async with self._lock:
            if self._projects is None or time.monotonic() - self._projects[0] > _FRESH:
                found = [project async for project in self.sentry.projects.list()]
                self._projects = (time.monotonic(), found)
            return self._projects[1]

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


def _is_nearly(wanted: str, slug: str) -> bool:
    return bool(difflib.get_close_matches(wanted, [slug, slug.split("-", 1)[-1]], 1, 0.75))


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
    async with SentryClient(where) as sentry:
        yield Desk(sentry, checkout, settings, where.url)
