"""Releases apps side by side: one that fails does not stop the others, and says how far it came."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from release_cli.clients.git import Repository
from release_cli.clients.sentry import Sentry
from release_cli.errors import ReleaseCliError, designed
from release_cli.services.journal import Journal, Step
from release_cli.services.plan import AppPlan
from release_cli.services.release_steps import ReleaseSteps, Wishes
from release_cli.services.tagging import Tagger
from release_cli.services.uploaded import Uploaded

_SIDE_BY_SIDE = 8


@dataclass(frozen=True, slots=True)
class Outcome:
    """How the release of one app went.

    Attributes:
        done: steps that are done, in this run or an earlier one.
        skipped: those of them that an earlier run did.
        open: steps that are not done.
        error: why not, if there are any and it was not for want of asking.
    """

    plan: AppPlan
    done: tuple[str, ...]
    skipped: tuple[str, ...] = ()
    open: tuple[str, ...] = ()
    uploaded: Uploaded | None = None
    error: ReleaseCliError | None = None

    @property
    def status(self) -> str:
        """`failed`, `released`, or `begun` where a later run is to go on."""
        if self.error is not None:
            return "failed"
        return "released" if "finalize" in self.done else "begun"

    def as_json(self) -> dict[str, object]:
        """As it stands in JSON."""
        return {
            "app": self.plan.name,
            "project": self.plan.app.project,
            "release": self.plan.release,
            "version": str(self.plan.version),
            "commits": [each.commit.sha for each in self.plan.commits],
            "status": self.status,
            "done": list(self.done),
            "already_done": list(self.skipped),
            "not_done": list(self.open),
            "upload": self.uploaded.as_json() if self.uploaded else None,
            "error": self.error.as_json() if self.error else None,
        }


# Is told of each step: the app, the step, and whether it is over.
OnStep = Callable[[AppPlan, Step, bool], None]


def _silent(plan: AppPlan, step: Step, over: bool) -> None:
    """Tell nobody."""


@dataclass(slots=True)
class ReleaseRun:
    """Releases planned apps.

    Attributes:
        sentry: where to.
        server: its address and organization, by which journals are kept apart.
        repository_name: what Sentry calls the repository.
        folder: where journals are kept.
        on_step: is told of each step.
    """

    sentry: Sentry
    server: str
    repository: Repository
    repository_name: str
    wishes: Wishes
    folder: Path
    on_step: OnStep = _silent
    _slots: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(_SIDE_BY_SIDE))
    _tagger: Tagger = field(init=False)

    def __post_init__(self) -> None:
        self._tagger = Tagger(self.repository, self.wishes.push)

    async def release(
        self, plans: Sequence[AppPlan], failed: dict[str, ReleaseCliError]
    ) -> list[Outcome]:
        """Release the apps, in the order given.

        Args:
            plans: what to release.
            failed: apps that could not even be packaged, by name, and why.
        """
        return list(await asyncio.gather(*(self._one(each, failed) for each in plans)))

    async def _one(self, plan: AppPlan, failed: dict[str, ReleaseCliError]) -> Outcome:
        steps = self.wishes.steps
        error = failed.get(plan.name)
        if error is not None:
            return Outcome(plan, (), open=steps, error=error)
        journal = Journal(self.folder, self.server, plan.release)
        work = ReleaseSteps(
            plan, self.sentry, self.repository, self.repository_name, self.wishes, self._tagger
        )
        done: list[str] = []
        skipped: list[str] = []
        async with self._slots:
            try:
                for step in steps:
                    if journal.is_done(work.key(step)):
                        skipped.append(step)
                    else:
                        self.on_step(plan, step, False)
                        await work.of(step)()
                        journal.note(work.key(step))
                    done.append(step)
                    self.on_step(plan, step, True)
            except Exception as problem:
                error = designed(problem)
        open_steps = tuple(step for step in steps if step not in done)
        return Outcome(plan, tuple(done), tuple(skipped), open_steps, work.uploaded, error)
