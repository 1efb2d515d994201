"""The difference between what is wanted and what is there, as steps in the order to take them.

Nothing is taken away but with `prune`; projects and teams never are.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from release_cli.projects import AlertRule
from release_cli.services.setup import alert_parts
from release_cli.services.setup.there import ProjectThere, There
from release_cli.services.setup.wanted import Wanted, WantedProject
from sentry_api.models.settings import AlertRule as KnownRule
from sentry_api.models.settings import NewAlertRule


class Action(StrEnum):
    """What happens to something."""

    CREATE = "create"
    UPDATE = "update"
    DELETE = "delete"
    KEEP = "keep"  # it is there, nobody wants it, and it stays without `prune`


class Kind(StrEnum):
    """What it happens to."""

    TEAM = "team"
    PROJECT = "project"
    MEMBERSHIP = "team of the project"
    OWNERSHIP = "ownership rules"
    ALERT = "alert rule"
    FILTER = "inbound filter"
    IGNORED = "ignored messages"
    MAPPING = "code mapping"


@dataclass(frozen=True, slots=True)
class Change:
    """A step: what it does, and for people what was and what will be, line by line.

    Attributes:
        name: of what it happens to, within its project.
        target: its id on the server, where it is changed or taken away by that.
        alert: the rule, where it is one.
    """

    action: Action
    kind: Kind
    project: str
    name: str
    before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    target: str = ""
    alert: AlertRule | None = None

    def as_json(self) -> dict[str, object]:
        """The step as it stands in JSON."""
        return {
            "action": self.action.value,
            "kind": self.kind.value,
            "project": self.project,
            "name": self.name,
            "before": list(self.before),
            "after": list(self.after),
        }


def difference(wanted: Wanted, there: There, *, prune: bool) -> tuple[Change, ...]:
    """Every step from what is there to what is wanted, and what is kept.

    Raises:
        SettingsInvalid: the address of a webhook is not set.
        ServerLacks: a server does not know an action.
    """
    return tuple(_all(wanted, there, prune=prune))


def _all(wanted: Wanted, there: There, *, prune: bool) -> Iterator[Change]:
    for team in wanted.teams:
        if team not in there.teams:
            yield Change(Action.CREATE, Kind.TEAM, "", team, after=(f"#{team}",))
    for project in wanted.projects:
        known = there.projects.get(project.slug)
        if known is None:
            after = (f"{project.platform}, of #{project.teams[0]}",)
            yield Change(Action.CREATE, Kind.PROJECT, project.slug, project.slug, after=after)
        else:
            yield from _project(project, known)
        yield from _lines(
            Kind.OWNERSHIP,
            project.slug,
            "ownership",
            known.ownership if known else (),
            project.ownership,
            prune=prune,
        )
        yield from _alerts(wanted, project, known, prune=prune)
        yield from _filters(project, known)
        yield from _lines(
            Kind.IGNORED,
            project.slug,
            "messages",
            known.ignored_messages if known else (),
            project.ignored_messages,
            prune=prune,
        )
        yield from _mappings(wanted.repository, project, known, prune=prune)


def _project(project: WantedProject, known: ProjectThere) -> Iterator[Change]:
    slug = project.slug
    if known.platform != project.platform:
        yield Change(
            Action.UPDATE,
            Kind.PROJECT,
            slug,
            slug,
            (known.platform or "no platform",),
            (project.platform,),
        )
    for team in project.teams:
        if team not in known.teams:
            yield Change(Action.CREATE, Kind.MEMBERSHIP, slug, team, after=(f"#{team}",))


def _lines(
    kind: Kind,
    slug: str,
    name: str,
    known: tuple[str, ...],
    wanted: tuple[str, ...],
    *,
    prune: bool,
) -> Iterator[Change]:
    """Texts of lines: without `prune` ours are added to theirs, with it there are only ours."""
    foreign = tuple(line for line in known if line not in wanted)
    after = wanted if prune else (*known, *(line for line in wanted if line not in known))
    if after != known:
        action = Action.UPDATE if known else Action.CREATE
        yield Change(action, kind, slug, name, known, after)
    if foreign and not prune:
        yield Change(Action.KEEP, kind, slug, name, foreign)


def _alerts(
    wanted: Wanted, project: WantedProject, known: ProjectThere | None, *, prune: bool
) -> Iterator[Change]:
    rules: dict[str, list[KnownRule]] = {}
    for has in known.alert_rules if known else ():
        rules.setdefault(has.name, []).append(has)
    for rule in project.alert_rules:
        url = wanted.webhook(rule) if rule.action == "webhook" else None
        after = (alert_parts.said(rule),)
        there = rules.pop(rule.name, [])
        if known is None or not there:
            yield Change(
                Action.CREATE, Kind.ALERT, project.slug, rule.name, after=after, alert=rule
            )
            continue
        same, *twice = there
        sent = alert_parts.as_sent(rule, url, known.parts)
        if not alert_parts.is_as_wanted(same, sent):
            yield Change(
                Action.UPDATE,
                Kind.ALERT,
                project.slug,
                rule.name,
                _parts(same, sent),
                after,
                same.id,
                rule,
            )
        if twice:
            rules[rule.name] = twice
    for others in rules.values():
        for other in others:
            yield _unwanted(Kind.ALERT, project.slug, other.name, other.id, prune=prune)


def _parts(known: KnownRule, wanted: NewAlertRule) -> tuple[str, ...]:
    words = f"{alert_parts.kinds(known.conditions)} → {alert_parts.kinds(known.actions)}"
    new = f"{alert_parts.kinds(wanted.conditions)} → {alert_parts.kinds(wanted.actions)}"
    return (words if words != new else f"{words}, with other values",)


def _filters(project: WantedProject, known: ProjectThere | None) -> Iterator[Change]:
    if known is not None and known.filters is None:
        return  # the server has no such filters
    for name in project.filters:
        if known is None or known.filters is None or not known.filters.get(name, True):
            yield Change(Action.UPDATE, Kind.FILTER, project.slug, name, ("off",), ("on",))


def _mappings(
    repository: str, project: WantedProject, known: ProjectThere | None, *, prune: bool
) -> Iterator[Change]:
    there = {mapping.stack_root: mapping for mapping in (known.code_mappings if known else ())}
    for stack, source in project.code_mappings:
        after = (f"{source} in {repository}",)
        mapping = there.pop(stack, None)
        if mapping is None:
            yield Change(Action.CREATE, Kind.MAPPING, project.slug, stack, after=after)
        elif (mapping.source_root, mapping.repo_name) != (source, repository):
            before = (f"{mapping.source_root} in {mapping.repo_name}",)
            yield Change(Action.UPDATE, Kind.MAPPING, project.slug, stack, before, after)
    for stack, mapping in there.items():
        if not mapping.automatically_generated:
            yield _unwanted(Kind.MAPPING, project.slug, stack, mapping.id, prune=prune)


def _unwanted(kind: Kind, slug: str, name: str, target: str, *, prune: bool) -> Change:
    action = Action.DELETE if prune else Action.KEEP
    return Change(action, kind, slug, name, (name,), target=target)


def steps(changes: Sequence[Change]) -> tuple[Change, ...]:
    """Those that do something."""
    return tuple(change for change in changes if change.action is not Action.KEEP)
