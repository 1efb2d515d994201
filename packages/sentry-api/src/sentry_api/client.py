"""The client: one connection to one Sentry, and its API by subject.

A subject is loaded when it is first spoken of: a program speaks of few, and starts sooner.
"""

from functools import cached_property
from types import TracebackType
from typing import TYPE_CHECKING, Self

from sentry_api._transport import Transport
from sentry_api.settings import SentrySettings

if TYPE_CHECKING:
    from sentry_api.resources.alerts import Alerts
    from sentry_api.resources.artifacts import Artifacts
    from sentry_api.resources.events import Events
    from sentry_api.resources.explore import Explore
    from sentry_api.resources.issues import Issues
    from sentry_api.resources.organizations import Organizations
    from sentry_api.resources.projects import Projects
    from sentry_api.resources.releases import Releases
    from sentry_api.resources.replays import Replays
    from sentry_api.resources.sources import Sources


class SentryClient:
    """Sentry's API for one organization.

    Use it as an async context manager; it holds a pool of connections. One client may be used by
    many tasks of one event loop at once. Every method raises ``SentryApiError``, whose type says
    what went wrong.

    Attributes:
        organization: The organization's slug.
    """

    def __init__(
        self,
        settings: SentrySettings | None = None,
        *,
        organization: str | None = None,
        _transport: Transport | None = None,
    ) -> None:
        """Prepares a client; nothing is sent yet.

        Args:
            settings: Where and who; from the environment when not given.
            organization: The organization's slug; that of the settings when not given.

        Raises:
            BadConfiguration: the environment has values that cannot be used.
        """
        if _transport is None:
            _transport = Transport(settings or SentrySettings.read())
        self._transport = _transport
        self.organization = organization or _transport.settings.org

    def __repr__(self) -> str:
        return f"SentryClient({self._transport.settings.url!r}, {self.organization!r})"

    async def __aenter__(self) -> Self:
        await self._transport.__aenter__()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self._transport.__aexit__(kind, error, traceback)

    def of(self, organization: str) -> "SentryClient":
        """The same connection for another organization; it ends with this one."""
        return SentryClient(organization=organization, _transport=self._transport)

    @cached_property
    def alerts(self) -> "Alerts":
        """Alert rules and when they fired, ownership, inbound filters."""
        from sentry_api.resources.alerts import Alerts

        return Alerts(self._transport, self.organization)

    @cached_property
    def artifacts(self) -> "Artifacts":
        """Chunk upload, assembling, bundles, look-up by debug id."""
        from sentry_api.resources.artifacts import Artifacts

        return Artifacts(self._transport, self.organization)

    @cached_property
    def events(self) -> "Events":
        """Events of issues and projects, by id; attachments."""
        from sentry_api.resources.events import Events

        return Events(self._transport, self.organization)

    @cached_property
    def explore(self) -> "Explore":
        """Tables and time series over everything; traces; attributes."""
        from sentry_api.resources.explore import Explore

        return Explore(self._transport, self.organization)

    @cached_property
    def issues(self) -> "Issues":
        """Issues: search, read, change, merge, comments."""
        from sentry_api.resources.issues import Issues

        return Issues(self._transport, self.organization)

    @cached_property
    def organizations(self) -> "Organizations":
        """Who the token is; organizations, teams, members, environments."""
        from sentry_api.resources.organizations import Organizations

        return Organizations(self._transport, self.organization)

    @cached_property
    def projects(self) -> "Projects":
        """Projects, their teams, keys with DSNs."""
        from sentry_api.resources.projects import Projects

        return Projects(self._transport, self.organization)

    @cached_property
    def releases(self) -> "Releases":
        """Releases, commits with patch sets, deploys, files."""
        from sentry_api.resources.releases import Releases

        return Releases(self._transport, self.organization)

    @cached_property
    def replays(self) -> "Replays":
        """Replays and their recordings."""
        from sentry_api.resources.replays import Replays

        return Replays(self._transport, self.organization)

    @cached_property
    def sources(self) -> "Sources":
        """Repositories, code mappings."""
        from sentry_api.resources.sources import Sources

        return Sources(self._transport, self.organization)
