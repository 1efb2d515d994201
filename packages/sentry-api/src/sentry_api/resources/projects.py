"""Projects, the teams that have them, and the keys by which programs send to them."""

from collections.abc import AsyncIterator

from pydantic import TypeAdapter

from sentry_api._call import get, post, put
from sentry_api.models.base import Json, reader
from sentry_api.models.catalog import Project, ProjectKey
from sentry_api.resources.base import Resource

_PROJECT = TypeAdapter(Project)
_PROJECTS = reader(list[Project])
_KEY = TypeAdapter(ProjectKey)
_KEYS = reader(list[ProjectKey])
_ANY = TypeAdapter(Json)
_ONE = "/projects/{organization}/{project}/"


class Projects(Resource):
    """``/projects/…``."""

    def list(self, query: str = "") -> AsyncIterator[Project]:
        """The organization's projects; ``query`` is part of a slug."""
        call = get(
            "/organizations/{organization}/projects/",
            "project:read",
            query={"query": query or None},
            organization=self._organization,
        )
        return self._each(call, _PROJECTS)

    async def get(self, project: str) -> Project:
        """A project by its slug.

        Raises:
            NotFound: there is none.
        """
        call = get(_ONE, "project:read", organization=self._organization, project=project)
        return await self._transport.fetch(call, _PROJECT)

    async def create(
        self, team: str, slug: str, *, name: str = "", platform: str | None = None
    ) -> Project:
        """Makes a project in a team.

        Raises:
            Conflict: it is there already.
        """
        call = post(
            "/teams/{organization}/{team}/projects/",
            "project:write",
            body={"slug": slug, "name": name or slug, "platform": platform},
            organization=self._organization,
            team=team,
        )
        return await self._transport.fetch(call, _PROJECT)

    async def update(self, project: str, changes: dict[str, Json]) -> Project:
        """Sets what ``changes`` names, by the names on the wire; the rest stays."""
        call = put(
            _ONE,
            "project:write",
            body=changes,
            organization=self._organization,
            project=project,
        )
        return await self._transport.fetch(call, _PROJECT)

    async def add_team(self, project: str, team: str) -> None:
        """Gives a project to one more team; nothing changes where the team has it."""
        call = post(
            "/projects/{organization}/{project}/teams/{team}/",
            "project:write",
            repeatable=True,
            organization=self._organization,
            project=project,
            team=team,
        )
        await self._transport.fetch(call, _ANY)

    def keys(self, project: str) -> AsyncIterator[ProjectKey]:
        """A project's keys with their DSNs."""
        call = get(
            "/projects/{organization}/{project}/keys/",
            "project:read",
            organization=self._organization,
            project=project,
        )
        return self._each(call, _KEYS)

    async def create_key(self, project: str, name: str) -> ProjectKey:
        """Makes a key."""
        call = post(
            "/projects/{organization}/{project}/keys/",
            "project:write",
            body={"name": name},
            organization=self._organization,
            project=project,
        )
        return await self._transport.fetch(call, _KEY)
