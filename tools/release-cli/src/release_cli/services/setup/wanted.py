"""What Sentry should look like, from the `sentry_project` targets and the plan's own projects."""

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from release_cli.errors import SettingsInvalid
from release_cli.projects import AlertRule, SentryProject

# Whoever runs a machine knows that it answers; crawlers report errors that nobody sees.
_EVERYWHERE = ("filtered-transaction", "web-crawlers")
_IN_BROWSERS = ("browser-extensions",)
_DEFAULT_RULES = (
    AlertRule(name="A new kind of error", trigger="new_issue"),
    AlertRule(name="An error is back", trigger="regression"),
    AlertRule(name="Many errors at once", trigger="event_count", window_minutes=5, threshold=10),
)


@dataclass(frozen=True, slots=True)
class WantedProject:
    """A project as it should be.

    Attributes:
        slug: in Sentry.
        platform: in Sentry's words.
        teams: slugs; the first gets the project when it is made.
        folder: of the project in the workspace, or None when it has none (yet).
        ownership: rules, one each.
        alert_rules: by their names.
        filters: inbound filters that are switched on.
        ignored_messages: globs of error messages that are not taken in.
        code_mappings: (what frames begin with, where that is in the repository).
    """

    slug: str
    platform: str
    teams: tuple[str, ...]
    folder: str | None = None
    ownership: tuple[str, ...] = ()
    alert_rules: tuple[AlertRule, ...] = ()
    filters: tuple[str, ...] = ()
    ignored_messages: tuple[str, ...] = ()
    code_mappings: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Wanted:
    """An organization as it should be.

    Attributes:
        projects: sorted by slug.
        repository: what Sentry calls the repository of the code mappings.
        environment: where the addresses of webhooks stand, which may be secrets.
    """

    projects: tuple[WantedProject, ...]
    repository: str
    environment: Mapping[str, str] = field(default_factory=lambda: os.environ, repr=False)

    @property
    def teams(self) -> tuple[str, ...]:
        """Every team that somebody names, once."""
        return tuple(dict.fromkeys(team for project in self.projects for team in project.teams))

    def webhook(self, rule: AlertRule) -> str:
        """The address that a rule calls.

        Raises:
            SettingsInvalid: its variable is not set.
        """
        url = self.environment.get(rule.url_env or "", "")
        if not url.startswith(("http://", "https://")):
            raise SettingsInvalid(
                f"The alert rule {rule.name!r} calls the address in {rule.url_env},"
                " which holds none.",
                f"Set {rule.url_env} in the environment, or take the rule from its BUILD file.",
            )
        return url


def wanted_of_targets(
    projects: Iterable[SentryProject], *, default_team: str
) -> tuple[WantedProject, ...]:
    """What the `sentry_project` targets say."""
    return tuple(
        sorted((_of_target(each, default_team) for each in projects), key=lambda one: one.slug)
    )


def _of_target(project: SentryProject, default_team: str) -> WantedProject:
    named = [word for rule in project.ownership_rules for word in rule.split()[1:]]
    teams = [name[1:] for name in (*project.owners, *named) if name.startswith("#")]
    return WantedProject(
        slug=project.project,
        platform=project.platform,
        teams=tuple(dict.fromkeys(teams)) or (default_team,),
        folder=project.root,
        ownership=project.ownership_rules,
        alert_rules=project.alert_rules,
        filters=_filters(project.platform),
        ignored_messages=project.ignore_rules,
        code_mappings=tuple(
            (_as_folder(each.stack_root), _as_folder(each.source_root))
            for each in project.code_mappings
        ),
    )


def with_the_plans(projects: Sequence[WantedProject], *, team: str) -> tuple[WantedProject, ...]:
    """The projects of the plan; what a target says of one of them wins."""
    said = {project.slug: project for project in projects}
    plan = {
        project.slug: replace(
            project, teams=(team,), ownership=(f"path:{project.folder}/* #{team}",)
        )
        for project in _PLAN
    }
    return tuple(sorted((plan | said).values(), key=lambda one: one.slug))


def _planned(slug: str, platform: str, folder: str, *modules: str) -> WantedProject:
    return WantedProject(
        slug=slug,
        platform=platform,
        teams=(),
        folder=folder,
        alert_rules=_DEFAULT_RULES,
        filters=_filters(platform),
        code_mappings=tuple((f"{name}/", f"{folder}/src/{name}/") for name in modules),
    )


def _filters(platform: str) -> tuple[str, ...]:
    browser = platform.startswith("javascript")
    return (*_EVERYWHERE, *_IN_BROWSERS) if browser else _EVERYWHERE


def _as_folder(path: str) -> str:
    return f"{path.rstrip('/')}/" if path else path


_PLAN = (
    _planned("kijko-web", "javascript-nextjs", "apps/web"),
    _planned("kijko-api", "python-fastapi", "apps/comfyui-gateway", "comfyui_gateway"),
    _planned("kijko-editor", "javascript-react", "packages/editor"),
    _planned("kijko-observability", "python", "packages/observability", "observability"),
    _planned("kijko-release-cli", "python", "tools/release-cli", "release_cli"),
    _planned("kijko-mcp-server", "python", "tools/mcp-server", "kijko_mcp"),
)
