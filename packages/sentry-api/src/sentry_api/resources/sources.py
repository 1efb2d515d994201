"""Where code is: repositories and code mappings."""

from collections.abc import AsyncIterator, Sequence

from pydantic import TypeAdapter

from sentry_api._call import delete, get, post
from sentry_api.models.base import reader
from sentry_api.models.releases import Commit, Repository
from sentry_api.models.settings import CodeMapping, MappingOutcomes
from sentry_api.resources.base import Resource

_REPOSITORY = TypeAdapter(Repository)
_REPOSITORIES = reader(list[Repository])
_COMMITS = reader(list[Commit])
_MAPPINGS = reader(list[CodeMapping])
_OUTCOMES = TypeAdapter(MappingOutcomes)
_REPOS = "/organizations/{organization}/repos/"
_CODE = "/organizations/{organization}/code-mappings/"


class Sources(Resource):
    """``…/repos/`` and ``…/code-mappings/``."""

    def repositories(self) -> AsyncIterator[Repository]:
        """The organization's repositories."""
        call = get(_REPOS, "org:read", organization=self._organization)
        return self._each(call, _REPOSITORIES)

    async def create_repository(self, name: str, url: str | None = None) -> Repository:
        """Names a repository; sentry.io takes this only where no host of repositories is set up."""
        call = post(
            _REPOS,
            "org:write",
            body={"name": name} | ({"url": url} if url else {}),
            organization=self._organization,
        )
        return await self._transport.fetch(call, _REPOSITORY)

    def commits(self, repository: str) -> AsyncIterator[Commit]:
        """What Sentry knows of a repository, by its id."""
        call = get(
            f"{_REPOS}{{repository}}/commits/",
            "org:read",
            organization=self._organization,
            repository=repository,
        )
        return self._each(call, _COMMITS)

    def mappings(self, *, project_id: str | None = None) -> AsyncIterator[CodeMapping]:
        """Code mappings: of one project by its id, or of all."""
        call = get(
            _CODE,
            "org:read",
            query={"project": project_id or "-1"},
            organization=self._organization,
        )
        return self._each(call, _MAPPINGS)

    async def put_mappings(
        self,
        project: str,
        repository: str,
        mappings: Sequence[tuple[str, str]],
        *,
        default_branch: str = "main",
    ) -> MappingOutcomes:
        """Makes code mappings, or sets those whose stack root is there.

        Args:
            project: The project's slug.
            repository: The repository's name.
            mappings: (what frames begin with, where that is in the repository).
            default_branch: The branch that links lead to.
        """
        call = post(
            f"{_CODE}bulk/",
            "org:write",
            "org:ci",
            body={
                "project": project,
                "repository": repository,
                "defaultBranch": default_branch,
                "mappings": [{"stackRoot": s, "sourceRoot": r} for s, r in mappings],
            },
            repeatable=True,
            organization=self._organization,
        )
        return await self._transport.fetch(call, _OUTCOMES)

    async def delete_mapping(self, mapping: str) -> None:
        """Removes a code mapping by its id.

        Raises:
            NotFound: there is none.
        """
        call = delete(
            f"{_CODE}{{mapping}}/", "org:admin", organization=self._organization, mapping=mapping
        )
        await self._transport.send(call)
