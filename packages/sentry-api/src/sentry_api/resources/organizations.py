"""Organizations, their teams, members and environments, and who asks."""

from collections.abc import AsyncIterator

from pydantic import BaseModel, TypeAdapter

from sentry_api import _regions
from sentry_api._call import get, post
from sentry_api.errors import NotAllowed, NotAuthenticated, NotFound
from sentry_api.models.base import Shape, reader
from sentry_api.models.catalog import Environment, Member, Organization, Person, Team
from sentry_api.resources.base import Resource

_ORGANIZATION = TypeAdapter(Organization)
_ORGANIZATIONS = reader(list[Organization])
_TEAM = TypeAdapter(Team)
_TEAMS = reader(list[Team])
_MEMBERS = reader(list[Member])
Environments = list[Environment]  # a method here is called list
_ENVIRONMENTS = TypeAdapter(Environments)


class _Regions(BaseModel):
    class Region(BaseModel):
        name: str = ""
        url: str

    regions: list[Region]


class _Auth(Shape):
    scopes: tuple[str, ...] = ()


class WhoAmI(Shape):
    """Who a token speaks for, and what it may do."""

    user: Person | None = None
    auth: _Auth | None = None

    @property
    def scopes(self) -> tuple[str, ...]:
        """What the token may do."""
        return tuple(self.auth.scopes) if self.auth is not None else ()


_WHO = TypeAdapter(WhoAmI)


class Organizations(Resource):
    """``/organizations/`` and what belongs to one as a whole."""

    async def who_am_i(self) -> WhoAmI:
        """Whom the token speaks for; also the cheapest question that shows that it is good."""
        return await self._transport.fetch(get("/"), _WHO)

    async def list(self) -> AsyncIterator[Organization]:
        """Every organization that the token sees, of all regions."""
        call = get("/organizations/", "org:read")
        seen: set[str] = set()
        for base in await self._region_addresses():
            async for page in self._transport.pages(call, _ORGANIZATIONS, base=base):
                for organization in page:
                    if organization.id not in seen:
                        seen.add(organization.id)
                        yield organization

    async def _region_addresses(self) -> tuple[str, ...]:
        base = self._transport.settings.url
        try:
            found = await self._transport.fetch(
                get("/users/me/regions/", "org:read"), TypeAdapter(_Regions)
            )
        except (NotFound, NotAllowed, NotAuthenticated):
            return (base,)  # one region, or a token of a build: the list itself says the rest
        if len(found.regions) < 2:
            return (base,)
        return tuple(_regions.trusted(base, region.url) for region in found.regions)

    async def get(self) -> Organization:
        """This organization.

        Raises:
            NotFound: there is none of that name, or the token may not see it.
        """
        call = get("/organizations/{organization}/", "org:read", organization=self._organization)
        return await self._transport.fetch(call, _ORGANIZATION)

    async def create(self, slug: str, name: str = "") -> Organization:
        """Makes an organization; servers that sell them refuse.

        Raises:
            Conflict: it is there already.
        """
        body = {"slug": slug, "name": name or slug, "agreeTerms": True}
        return await self._transport.fetch(
            post("/organizations/", "org:write", body=body), _ORGANIZATION
        )

    def teams(self) -> AsyncIterator[Team]:
        """Its teams, with their projects."""
        call = get(
            "/organizations/{organization}/teams/", "team:read", organization=self._organization
        )
        return self._each(call, _TEAMS)

    async def create_team(self, slug: str, name: str = "") -> Team:
        """Makes a team.

        Raises:
            Conflict: it is there already.
        """
        call = post(
            "/organizations/{organization}/teams/",
            "team:write",
            body={"slug": slug, "name": name or slug},
            organization=self._organization,
        )
        return await self._transport.fetch(call, _TEAM)

    def members(self) -> AsyncIterator[Member]:
        """Its people."""
        call = get(
            "/organizations/{organization}/members/",
            "member:read",
            organization=self._organization,
        )
        return self._each(call, _MEMBERS)

    async def environments(self) -> Environments:
        """The environments that its events came from."""
        call = get(
            "/organizations/{organization}/environments/",
            "org:read",
            organization=self._organization,
        )
        return await self._transport.fetch(call, _ENVIRONMENTS)
