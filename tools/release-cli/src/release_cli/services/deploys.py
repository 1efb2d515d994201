"""Where releases went, and going back to an earlier one."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from release_cli.clients.sentry import Sentry
from release_cli.errors import ReleaseCliError
from release_cli.projects import SentryProject
from sentry_api.models.releases import Release

_LONG_AGO = datetime.min.replace(tzinfo=UTC)


class NothingToRollBack(ReleaseCliError):
    """There is no deploy to go back from, or none to go back to."""

    kind = "nothing-to-roll-back"


@dataclass(frozen=True, slots=True)
class Deployed:
    """That a release went somewhere."""

    release: str
    commit: str | None
    environment: str
    name: str | None
    at: datetime

    def as_json(self) -> dict[str, object]:
        """As it stands in JSON."""
        return {
            "release": self.release,
            "commit": self.commit,
            "environment": self.environment,
            "name": self.name,
            "at": self.at.isoformat(),
        }


async def deploys_of(
    sentry: Sentry, app: SentryProject, *, environment: str | None = None, releases: int = 30
) -> list[Deployed]:
    """The deploys of an app's newest releases, newest first.

    Args:
        sentry: where to look.
        app: whose.
        environment: only those that went there.
        releases: how many releases to look at.
    """
    found: list[Deployed] = []
    for made in await sentry.releases(app.project, releases):
        if not made.deploy_count:
            continue
        found += [
            _deployed(made, each.environment, each.name, each.date_finished)
            for each in await sentry.deploys(made.version)
            if environment in (None, each.environment)
        ]
    return sorted(found, key=lambda each: each.at, reverse=True)


@dataclass(frozen=True, slots=True)
class Rollback:
    """A way back.

    Attributes:
        current: what is there now.
        target: what is to be there.
        is_done: whether it is there already.
    """

    current: Deployed
    target: Deployed
    is_done: bool

    def as_json(self) -> dict[str, object]:
        """As it stands in JSON."""
        return {
            "environment": self.current.environment,
            "from": self.current.release,
            "to": self.target.release,
            "commit": self.target.commit,
            "recorded": not self.is_done,
            "hook": self.hook(),
        }

    def hook(self) -> str:
        """What the deploy hook has to do; nothing here does it."""
        where = f" (commit {self.target.commit})" if self.target.commit else ""
        return (
            f"Deploy the artifact stamped {self.target.release}{where} to "
            f"{self.current.environment}. Kept artifacts are named by their release; without one, "
            "check that commit out and package it."
        )


def way_back(deploys: Sequence[Deployed], to: str | None) -> Rollback:
    """Which release to go back to.

    Args:
        deploys: of one environment, newest first.
        to: the release that is wanted; by default the one before.

    Raises:
        NothingToRollBack: there is none.
    """
    if not deploys:
        raise NothingToRollBack(
            "Nothing was deployed there.", "Look at `release deploys`, or name another environment."
        )
    current = deploys[0]
    earlier = [each for each in deploys if each.release != current.release]
    if to is not None:
        earlier = [each for each in deploys if each.release == to]
    if not earlier:
        raise NothingToRollBack(
            f"{to or 'A release before this one'} was never in {current.environment}.",
            "Choose one that `release deploys` shows.",
        )
    return Rollback(current, earlier[0], is_done=earlier[0].release == current.release)


async def record(sentry: Sentry, back: Rollback) -> None:
    """Note that the earlier release is there again."""
    if back.is_done:
        return
    moment = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    await sentry.deploy(back.target.release, back.current.environment, name=f"rollback {moment}")


def _deployed(made: Release, environment: str, name: str | None, at: datetime | None) -> Deployed:
    return Deployed(made.version, made.ref, environment, name, at or _LONG_AGO)
