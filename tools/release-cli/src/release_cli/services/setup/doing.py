"""Takes the steps. What fails does not stop what does not depend on it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from release_cli.errors import ReleaseCliError
from release_cli.services.setup import alert_parts
from release_cli.services.setup.changes import Action, Change, Kind
from release_cli.services.setup.there import MESSAGES
from release_cli.services.setup.wanted import Wanted
from sentry_api import Conflict, SentryApiError, SentryClient
from sentry_api.models.settings import RuleParts


@dataclass(frozen=True, slots=True)
class Failure:
    """A step that did not work, and why.

    Attributes:
        follows: whether it was not even tried, because its project could not be made.
    """

    change: Change
    problem: str
    advice: str
    follows: bool = False

    def as_json(self) -> dict[str, object]:
        """The failure as it stands in JSON."""
        return {**self.change.as_json(), "what": self.problem, "advice": self.advice}


async def take(
    sentry: SentryClient,
    wanted: Wanted,
    changes: Sequence[Change],
    *,
    on_step: Callable[[Change], None] = lambda change: None,
) -> tuple[Failure, ...]:
    """Take every step, in order.

    A project that cannot be made fails its own steps and no others; so does a team.

    Args:
        sentry: The organization.
        wanted: What the steps lead to.
        changes: The steps.
        on_step: Told of each before it is taken.

    Returns:
        The steps that did not work.
    """
    taker = _Taker(sentry, wanted)
    failures: list[Failure] = []
    missing: set[str] = set()
    for change in changes:
        on_step(change)
        if change.project in missing:
            problem = f"There is no project {change.project}."
            failures.append(Failure(change, problem, "See why it was not made.", follows=True))
            continue
        try:
            await taker.take(change)
        except SentryApiError as error:
            failures.append(Failure(change, error.problem, error.advice))
        except ReleaseCliError as error:
            failures.append(Failure(change, error.what, error.advice))
        else:
            continue
        if change.kind is Kind.PROJECT and change.action is Action.CREATE:
            missing.add(change.project)
    return tuple(failures)


class _Taker:
    def __init__(self, sentry: SentryClient, wanted: Wanted) -> None:
        self._sentry = sentry
        self._wanted = wanted
        self._projects = {project.slug: project for project in wanted.projects}
        self._parts: dict[str, RuleParts] = {}

    async def take(self, change: Change) -> None:
        match change.kind:
            case Kind.TEAM:
                await self._create_team(change.name)
            case Kind.PROJECT:
                await self._set_project(change)
            case Kind.MEMBERSHIP:
                await self._sentry.projects.add_team(change.project, change.name)
            case Kind.OWNERSHIP:
                await self._set_ownership(change)
            case Kind.ALERT:
                await self._set_alert(change)
            case Kind.FILTER:
                await self._sentry.alerts.set_filter(change.project, change.name, active=True)
            case Kind.IGNORED:
                options = {"options": {MESSAGES: "\n".join(change.after)}}
                await self._sentry.projects.update(change.project, options)
            case Kind.MAPPING:
                await self._set_mapping(change)

    async def _create_team(self, slug: str) -> None:
        try:
            await self._sentry.organizations.create_team(slug)
        except Conflict:
            # Somebody was quicker, or an answer was lost: then it is there.
            if slug not in [team.slug async for team in self._sentry.organizations.teams()]:
                raise

    async def _set_project(self, change: Change) -> None:
        project = self._projects[change.project]
        if change.action is Action.UPDATE:
            await self._sentry.projects.update(project.slug, {"platform": project.platform})
            return
        first, *others = project.teams
        try:
            await self._sentry.projects.create(first, project.slug, platform=project.platform)
        except Conflict:
            await self._sentry.projects.get(project.slug)  # ours, or somebody else's?
            await self._sentry.projects.add_team(project.slug, first)
        for team in others:
            await self._sentry.projects.add_team(project.slug, team)

    async def _set_ownership(self, change: Change) -> None:
        alerts, slug, raw = self._sentry.alerts, change.project, "\n".join(change.after)
        known = await alerts.ownership(slug)
        if not known.raw:
            await alerts.set_ownership(slug, raw)
            return
        # Where there were rules before, who is assigned by them stays as somebody chose it.
        await alerts.set_ownership(
            slug, raw, fallthrough=known.fallthrough, auto_assignment=known.auto_assignment
        )

    async def _set_alert(self, change: Change) -> None:
        alerts, slug = self._sentry.alerts, change.project
        if change.alert is None:
            await alerts.delete_rule(slug, change.target)
            return
        if slug not in self._parts:
            self._parts[slug] = await alerts.rule_parts(slug)
        is_call = change.alert.action == "webhook"
        url = self._wanted.webhook(change.alert) if is_call else None
        sent = alert_parts.as_sent(change.alert, url, self._parts[slug])
        if change.action is Action.UPDATE:
            await alerts.update_rule(slug, change.target, sent)
        else:
            await alerts.create_rule(slug, sent)

    async def _set_mapping(self, change: Change) -> None:
        if change.action is Action.DELETE:
            await self._sentry.sources.delete_mapping(change.target)
            return
        source = dict(self._projects[change.project].code_mappings)[change.name]
        done = await self._sentry.sources.put_mappings(
            change.project, self._wanted.repository, [(change.name, source)]
        )
        refused = next((each for each in done.mappings if each.status == "error"), None)
        if refused is not None:
            raise alert_parts.ServerLacks(
                f"Sentry did not take the code mapping {change.name}: {refused.detail}.",
                f"Connect the repository {self._wanted.repository} in Sentry's settings.",
            )
