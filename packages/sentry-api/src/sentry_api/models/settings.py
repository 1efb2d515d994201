"""How projects are set up: ownership, code mappings, alert rules, inbound filters."""

from datetime import datetime

from sentry_api.models.base import Id, Json, Shape


class CodeMapping(Shape):
    """Where in a repository the frames that begin with ``stack_root`` are."""

    id: Id
    project_id: Id | None = None
    project_slug: str = ""
    repo_name: str = ""
    stack_root: str = ""
    source_root: str = ""
    default_branch: str | None = None
    automatically_generated: bool = False


class MappingOutcome(Shape):
    """What became of one mapping that was sent."""

    stack_root: str
    source_root: str
    status: str = ""
    detail: str | None = None


class MappingOutcomes(Shape):
    """What became of all of them."""

    created: int = 0
    updated: int = 0
    errors: int = 0
    mappings: tuple[MappingOutcome, ...] = ()


class Ownership(Shape):
    """Who is asked first about what, in Sentry's ownership language."""

    raw: str | None = None
    fallthrough: bool = True
    auto_assignment: str = ""
    is_active: bool | None = None
    codeowners_auto_sync: bool | None = None
    last_updated: datetime | None = None


class AlertRule(Shape):
    """An issue alert rule; ``frequency`` is the minutes it then stays silent about an issue."""

    id: Id
    name: str
    environment: str | None = None
    frequency: int = 30
    action_match: str = "all"
    filter_match: str = "all"
    conditions: tuple[dict[str, Json], ...] = ()
    filters: tuple[dict[str, Json], ...] = ()
    actions: tuple[dict[str, Json], ...] = ()
    status: str | None = None
    owner: str | None = None
    date_created: datetime | None = None
    last_triggered: datetime | None = None


class NewAlertRule(Shape):
    """An issue alert rule as it is sent."""

    name: str
    environment: str | None = None
    frequency: int = 30
    action_match: str = "any"
    filter_match: str = "all"
    conditions: list[dict[str, Json]]
    filters: tuple[dict[str, Json], ...] = ()
    actions: list[dict[str, Json]]


class RulePart(Shape):
    """A condition, filter or action that rules may have."""

    id: str
    label: str = ""
    enabled: bool = True


class RuleParts(Shape):
    """What rules can be made of on this server."""

    actions: tuple[RulePart, ...] = ()
    conditions: tuple[RulePart, ...] = ()
    filters: tuple[RulePart, ...] = ()


class InboundFilter(Shape):
    """A filter of what a project takes: on, off, or which of its parts are on."""

    id: str
    active: bool | list[str]


class FiredIssue(Shape):
    """The issue that a rule fired for."""

    id: Id
    short_id: str = ""
    title: str = ""


class AlertFiring(Shape):
    """That a rule fired for an issue: how often, when last, and for which event that was."""

    group: FiredIssue
    count: int = 1
    last_triggered: datetime
    event_id: str | None = None
