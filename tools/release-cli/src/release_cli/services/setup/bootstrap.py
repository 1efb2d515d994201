"""From an empty organization to projects that programs can send to."""

from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.text import Text

from release_cli.errors import ReleaseCliError
from release_cli.services.setup.doing import Failure
from release_cli.services.setup.dsn_files import DsnFile, Written, write_dsns
from release_cli.services.setup.sync import Outcome, make_so
from release_cli.services.setup.wanted import Wanted
from sentry_api import NotFound, SentryApiError, SentryClient


class NoOrganization(ReleaseCliError):
    """The organization is not there, and cannot be made."""

    kind = "no-organization"


@dataclass(frozen=True, slots=True)
class SetUp:
    """What was made, and where the DSNs are."""

    organization: str
    outcome: Outcome
    files: tuple[DsnFile, ...]

    @property
    def failures(self) -> tuple[Failure, ...]:
        """The steps that did not work."""
        return self.outcome.failures

    def as_json(self) -> dict[str, object]:
        """What was made as it stands in JSON; no DSN is in it."""
        files = [
            {
                "project": file.project,
                "path": str(file.path) if file.path else None,
                "written": file.written.value,
            }
            for file in self.files
        ]
        return {"organization": self.organization, **self.outcome.as_json(), "dsn_files": files}

    def show(self, to: Console, *, quiet: bool) -> None:
        """Print it."""
        self.outcome.show(to, quiet=quiet)
        if quiet:
            return
        for file in self.files:
            if file.written is not Written.NOWHERE:
                to.print(Text(f"DSN of {file.project}: {file.path} ({file.written.value})"))
        nowhere = [file.project for file in self.files if file.written is Written.NOWHERE]
        if nowhere:
            to.print(Text(f"No folder yet, so no DSN was written: {', '.join(nowhere)}"))


async def set_up(
    wanted: Wanted, *, workspace: Path, create_organization: bool, dsns: bool, quiet: bool
) -> SetUp:
    """Make all of it, as far as it is not there.

    Raises:
        NoOrganization: there is none of that name, and it cannot be made.
        SentryApiError: Sentry could not be read.
        DsnFileUnsafe: a DSN would be written where it could be committed.
    """
    async with SentryClient() as sentry:
        await _find_organization(sentry, create=create_organization)
        outcome = await make_so(sentry, wanted, apply=True, prune=False, quiet=quiet)
        lost = {failure.change.project for failure in outcome.failures}
        made = [project for project in wanted.projects if project.slug not in lost]
        files = await write_dsns(sentry, made, workspace) if dsns else ()
    return SetUp(sentry.organization, outcome, files)


async def _find_organization(sentry: SentryClient, *, create: bool) -> None:
    try:
        await sentry.organizations.get()
    except NotFound as error:
        if not create:
            raise NoOrganization(
                f"There is no organization {sentry.organization!r}, or the token may not see it.",
                "Make it in Sentry, set SENTRY_ORG to its slug, or give --create-organization.",
            ) from error
        await _create(sentry)


async def _create(sentry: SentryClient) -> None:
    try:
        await sentry.organizations.create(sentry.organization)
    except SentryApiError as error:
        raise NoOrganization(
            f"The organization {sentry.organization!r} cannot be made: {error.problem}",
            "Make it in Sentry's own pages.",
        ) from error
