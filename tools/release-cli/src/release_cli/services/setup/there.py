"""What is in Sentry now, as far as we set it up; read with few calls at a time."""

import asyncio
from collections.abc import Awaitable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from sentry_api import NotFound, SentryClient
from sentry_api.models.settings import AlertRule, CodeMapping, RuleParts

_T = TypeVar("_T")
MESSAGES = "filters:error_messages"  # Sentry's name of the option
_AT_ONCE = 4  # projects that are read beside each other


@dataclass(frozen=True, slots=True)
class ProjectThere:
    """A project as it is.

    Attributes:
        filters: None where the server has none to switch.
        ignored_messages: globs, in their order.
        ownership: lines, in their order.
    """

    slug: str
    platform: str | None
    teams: tuple[str, ...]
    ownership: tuple[str, ...]
    alert_rules: tuple[AlertRule, ...]
    parts: RuleParts
    filters: dict[str, bool] | None
    ignored_messages: tuple[str, ...]
    code_mappings: tuple[CodeMapping, ...] = ()


@dataclass(frozen=True, slots=True)
class There:
    """An organization as it is; `projects` are those that were asked for and exist, by slug."""

    teams: frozenset[str] = frozenset()
    projects: dict[str, ProjectThere] = field(default_factory=dict)


async def read_there(sentry: SentryClient, slugs: Sequence[str]) -> There:
    """Read what is there of some projects.

    Raises:
        SentryApiError: it cannot be read.
    """
    teams = frozenset([team.slug async for team in sentry.organizations.teams()])
    known = {project.slug async for project in sentry.projects.list()}
    mappings = [mapping async for mapping in sentry.sources.mappings()]
    turn = asyncio.Semaphore(_AT_ONCE)

    async def one(slug: str) -> ProjectThere:
        async with turn:
            own = tuple(each for each in mappings if each.project_slug == slug)
            return await _read_project(sentry, slug, own)

    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(one(slug)) for slug in slugs if slug in known]
    except ExceptionGroup as failures:
        raise failures.exceptions[0] from None  # one says enough
    return There(teams, {task.result().slug: task.result() for task in tasks})


async def _read_project(
    sentry: SentryClient, slug: str, mappings: tuple[CodeMapping, ...]
) -> ProjectThere:
    project = await sentry.projects.get(slug)
    ownership = await sentry.alerts.ownership(slug)
    rules = tuple([rule async for rule in sentry.alerts.rules(slug)])
    parts = await sentry.alerts.rule_parts(slug)
    filters = await _if_there(sentry.alerts.filters(slug))
    return ProjectThere(
        slug=slug,
        platform=project.platform,
        teams=tuple(team.slug for team in project.teams),
        ownership=_lines(ownership.raw),
        alert_rules=rules,
        parts=parts,
        filters=None if filters is None else {each.id: bool(each.active) for each in filters},
        ignored_messages=_lines(project.options.get(MESSAGES)),
        code_mappings=mappings,
    )


async def _if_there(answer: Awaitable[_T]) -> _T | None:
    try:
        return await answer
    except NotFound:
        return None


def _lines(text: object) -> tuple[str, ...]:
    return tuple(line.strip() for line in str(text or "").splitlines() if line.strip())
