"""Reads, compares, and changes where that is wanted."""

from collections.abc import Sequence
from dataclasses import dataclass

from rich.console import Console
from rich.status import Status

from release_cli.output import console
from release_cli.services.setup import changes as changing
from release_cli.services.setup import doing, shown
from release_cli.services.setup.changes import Action, Change
from release_cli.services.setup.doing import Failure
from release_cli.services.setup.there import read_there
from release_cli.services.setup.wanted import Wanted
from sentry_api import SentryClient


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was to do, and what was done.

    Attributes:
        changes: every step, and what is kept.
        applied: whether the steps were taken.
        failures: the steps that did not work.
    """

    changes: tuple[Change, ...]
    applied: bool
    failures: tuple[Failure, ...] = ()

    @property
    def steps(self) -> tuple[Change, ...]:
        """What there was to do."""
        return changing.steps(self.changes)

    def as_json(self) -> dict[str, object]:
        """The outcome as it stands in JSON."""
        return {
            "changes": [change.as_json() for change in self.steps],
            "kept": [each.as_json() for each in self.changes if each.action is Action.KEEP],
            "applied": self.applied,
            "failures": [failure.as_json() for failure in self.failures],
        }

    def show(self, to: Console, *, quiet: bool) -> None:
        """Print the outcome; with `quiet` only what did not work."""
        failed = {failure.change for failure in self.failures}
        worked = [change for change in self.changes if change not in failed]
        # Where nothing worked, "nothing to do" would be a lie.
        if not quiet and (not failed or changing.steps(worked)):
            shown.show(to, worked, done=self.applied)
        shown.show_failures(console(stderr=True), self.failures)


async def synchronize(wanted: Wanted, *, apply: bool, prune: bool, quiet: bool) -> Outcome:
    """Compare what is wanted with what is there; with `apply` make it so.

    Raises:
        SentryApiError: Sentry could not be read.
        SettingsInvalid: the address of a webhook is not set.
    """
    async with SentryClient() as sentry:
        return await make_so(sentry, wanted, apply=apply, prune=prune, quiet=quiet)


async def make_so(
    sentry: SentryClient, wanted: Wanted, *, apply: bool, prune: bool, quiet: bool
) -> Outcome:
    """The same over a connection that is open."""
    with _status(quiet=quiet) as status:
        status.update("Reading what is in Sentry")
        there = await read_there(sentry, [project.slug for project in wanted.projects])
        found = changing.difference(wanted, there, prune=prune)
        if not apply:
            return Outcome(found, applied=False)
        failures = await _take(sentry, wanted, changing.steps(found), status)
    return Outcome(found, applied=True, failures=failures)


async def _take(
    sentry: SentryClient, wanted: Wanted, steps: Sequence[Change], status: Status
) -> tuple[Failure, ...]:
    taken = 0

    def tell(change: Change) -> None:
        nonlocal taken
        taken += 1
        where = f" of {change.project}" if change.project else ""
        status.update(f"{taken}/{len(steps)} {change.kind.value}{where}")

    return await doing.take(sentry, wanted, steps, on_step=tell)


def _status(*, quiet: bool) -> Status:
    """A line that says what is going on, where somebody looks."""
    to = console(stderr=True)
    to.quiet = quiet or not to.is_terminal
    return to.status("")
