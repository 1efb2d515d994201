"""The client: one connection to one Sentry, and its API by subject."""

from types import TracebackType
from typing import Self

from sentry_api._transport import Transport
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
from sentry_api.settings import SentrySettings


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
        where = (_transport, self.organization)
        self.organizations = Organizations(*where)
        self.projects = Projects(*where)
        self.issues = Issues(*where)
        self.events = Events(*where)
        self.explore = Explore(*where)
        self.replays = Replays(*where)
        self.releases = Releases(*where)
        self.artifacts = Artifacts(*where)
        self.sources = Sources(*where)
        self.alerts = Alerts(*where)

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
