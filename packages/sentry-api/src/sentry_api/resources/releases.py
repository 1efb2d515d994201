"""Releases: made, filled with commits, finalized, deployed."""

from collections.abc import AsyncIterator, Sequence
from datetime import datetime

from pydantic import TypeAdapter

from sentry_api._call import delete, get, post, put
from sentry_api.errors import NotFound
from sentry_api.models.base import Json, reader
from sentry_api.models.releases import (
    Commit,
    CommitFile,
    Deploy,
    NewCommit,
    Release,
    ReleaseFile,
)
from sentry_api.resources.base import Resource, only, page_size

_RELEASE = TypeAdapter(Release)
_RELEASES = reader(list[Release])
_COMMITS = reader(list[Commit])
_COMMIT_FILES = reader(list[CommitFile])
_DEPLOY = TypeAdapter(Deploy)
_DEPLOYS = reader(list[Deploy])
_FILES = reader(list[ReleaseFile])
_JSON = TypeAdapter(Json)
_ALL = "/organizations/{organization}/releases/"
_ONE = f"{_ALL}{{version}}/"
_SCOPE = "project:releases"


class Releases(Resource):
    """``…/releases/``. All that makes or sets something may be repeated."""

    def list(
        self,
        *,
        projects: Sequence[str] = (),
        query: str = "",
        environments: Sequence[str] = (),
        limit: int | None = None,
    ) -> AsyncIterator[Release]:
        """Releases, newest first; ``query`` is part of a version."""
        call = get(
            _ALL,
            _SCOPE,
            query={
                **only(projects),
                "query": query or None,
                "environment": environments,
                "per_page": page_size(limit),
            },
            organization=self._organization,
        )
        return self._each(call, _RELEASES, limit=limit)

    def of_project(
        self, project: str, *, query: str = "", limit: int | None = None
    ) -> AsyncIterator[Release]:
        """A project's releases by its slug, newest first."""
        call = get(
            "/projects/{organization}/{project}/releases/",
            _SCOPE,
            query={"query": query or None, "per_page": page_size(limit)},
            organization=self._organization,
            project=project,
        )
        return self._each(call, _RELEASES, limit=limit)

    async def get(self, version: str) -> Release:
        """A release by its whole name.

        Raises:
            NotFound: there is none.
        """
        call = get(_ONE, _SCOPE, organization=self._organization, version=version)
        return await self._transport.fetch(call, _RELEASE)

    async def find(self, version: str) -> Release | None:
        """A release by its whole name, or None."""
        try:
            return await self.get(version)
        except NotFound:
            return None

    async def create(
        self,
        version: str,
        projects: Sequence[str],
        *,
        commits: Sequence[NewCommit] | None = None,
        ref: str | None = None,
        url: str | None = None,
        released: datetime | None = None,
    ) -> Release:
        """Makes a release, or sets what is given where it is there already.

        Args:
            version: The whole name, such as ``kijko-api@0.1.0+abc1234``.
            projects: Slugs of the projects it is of.
            commits: Exactly what is in it; replaces what was said before.
            ref: The commit it was built from.
            url: Where people can read about it.
            released: When; None leaves it open.
        """
        call = post(
            _ALL,
            _SCOPE,
            body={"version": version, "projects": list_of(projects)}
            | _changes(commits=commits, ref=ref, url=url, released=released),
            repeatable=True,
            organization=self._organization,
        )
        return await self._transport.fetch(call, _RELEASE)

    async def update(
        self,
        version: str,
        *,
        commits: Sequence[NewCommit] | None = None,
        ref: str | None = None,
        url: str | None = None,
        released: datetime | None = None,
    ) -> Release:
        """Sets what is given; ``released`` finalizes. Arguments as for ``create``."""
        call = put(
            _ONE,
            _SCOPE,
            body=_changes(commits=commits, ref=ref, url=url, released=released),
            organization=self._organization,
            version=version,
        )
        return await self._transport.fetch(call, _RELEASE)

    async def delete(self, version: str) -> None:
        """Removes a release; servers refuse where it has issues.

        Raises:
            NotFound: there is none.
        """
        call = delete(_ONE, "project:admin", organization=self._organization, version=version)
        await self._transport.send(call)

    def commits(self, version: str) -> AsyncIterator[Commit]:
        """What is in it, newest first."""
        call = get(f"{_ONE}commits/", _SCOPE, organization=self._organization, version=version)
        return self._each(call, _COMMITS)

    def commit_files(self, version: str) -> AsyncIterator[CommitFile]:
        """The files that its commits touched."""
        call = get(f"{_ONE}commitfiles/", _SCOPE, organization=self._organization, version=version)
        return self._each(call, _COMMIT_FILES)

    async def previous_with_commits(self, version: str) -> Release | None:
        """The release before it that has commits."""
        call = get(
            f"{_ONE}previous-with-commits/",
            _SCOPE,
            organization=self._organization,
            version=version,
        )
        found = await self._transport.fetch(call, _JSON)
        return Release.model_validate(found) if found else None

    def deploys(self, version: str) -> AsyncIterator[Deploy]:
        """Where it went, newest first."""
        call = get(f"{_ONE}deploys/", _SCOPE, organization=self._organization, version=version)
        return self._each(call, _DEPLOYS)

    async def deploy(
        self,
        version: str,
        environment: str,
        *,
        name: str | None = None,
        url: str | None = None,
        started: datetime | None = None,
        finished: datetime | None = None,
    ) -> Deploy:
        """Notes that it went somewhere. Twice is two deploys: look at ``deploys`` before."""
        call = post(
            f"{_ONE}deploys/",
            _SCOPE,
            body={
                "environment": environment,
                "name": name,
                "url": url,
                "dateStarted": started.isoformat() if started else None,
                "dateFinished": finished.isoformat() if finished else None,
            },
            organization=self._organization,
            version=version,
        )
        return await self._transport.fetch(call, _DEPLOY)

    def files(self, version: str) -> AsyncIterator[ReleaseFile]:
        """Files uploaded under it one by one; bundles are elsewhere (``artifacts``)."""
        call = get(f"{_ONE}files/", _SCOPE, organization=self._organization, version=version)
        return self._each(call, _FILES)


def list_of(names: Sequence[str]) -> Json:
    """A list for JSON, from any sequence of names."""
    return [*names]


def _changes(
    *,
    commits: Sequence[NewCommit] | None,
    ref: str | None,
    url: str | None,
    released: datetime | None,
) -> dict[str, Json]:
    given: dict[str, Json] = {
        "commits": None if commits is None else [commit.wire() for commit in commits],
        "ref": ref,
        "url": url,
        "dateReleased": None if released is None else released.isoformat(),
    }
    return {name: value for name, value in given.items() if value is not None}
