"""What would be released: for each app the commits since its last release, and its next version."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from release_cli.clients.git import Commit, Repository, short
from release_cli.errors import ReleaseCliError
from release_cli.projects import SentryProject
from release_cli.services.conventional import Said, read_message
from release_cli.services.effects import Effect, Effects
from release_cli.services.version_plans import FOLDER, VersionPlan, read_version_plan
from release_cli.services.versions import Level, Tagged, Version, tag_of, tagged_versions

# Sentry's own number for a first release: nobody wants all of history in one.
INITIAL_DEPTH = 20
# What Sentry's API takes in one request.
_MOST_COMMITS = 1000


class AppUnknown(ReleaseCliError):
    """An app was asked for that the workspace does not map to Sentry."""

    kind = "app-unknown"


@dataclass(frozen=True, slots=True)
class PlannedCommit:
    """A commit of a release.

    Attributes:
        own: whether it changes the app's own folder, and not only what the app is built from.
    """

    commit: Commit
    said: Said
    own: bool

    @property
    def level(self) -> Level:
        """How far it moves the app's version: shared code moves its dependents by a patch."""
        return self.said.level if self.own else Level.PATCH


@dataclass(frozen=True, slots=True)
class AppPlan:
    """What would be released of one app.

    Attributes:
        last: its release before this one.
        release: the name this one has everywhere.
        head: the commit it is built from.
        commits: exactly those that affect the app since then, newest first.
        plans: version plans that name the app.
        is_tagged: whether the commit already carries the tag of this version.
        warnings: what is not as sure as the rest.
    """

    app: SentryProject
    last: Tagged | None
    version: Version
    release: str
    head: str
    commits: tuple[PlannedCommit, ...]
    plans: tuple[VersionPlan, ...] = ()
    is_tagged: bool = False
    warnings: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """What people call the app."""
        return self.app.workspace_project

    @property
    def is_needed(self) -> bool:
        """Whether there is anything new, or a release of this very commit to complete."""
        return bool(self.commits or self.plans or self.is_tagged)

    @property
    def tag(self) -> str:
        """The tag that makes it the last release."""
        return tag_of(self.name, self.version)

    @property
    def reason(self) -> str:
        """Why the version is what it is."""
        if self.is_tagged:
            return f"tag {self.tag} is here"
        if self.plans:
            return ", ".join(plan.path for plan in self.plans)
        if not self.commits:
            return "nothing new"
        if not any(each.own for each in self.commits):
            return "shared code"
        return "commits" if self.last is not None else "first release"


@dataclass(slots=True)
class Planner:
    """Plans releases of one checkout.

    Attributes:
        depth: the most commits of an app's first release.
        found: what commits affect, as far as it was asked.
    """

    repository: Repository
    effects: Effects
    depth: int = INITIAL_DEPTH
    head: str = ""
    found: dict[str, Effect] = field(default_factory=dict)
    _commits: dict[str | None, list[Commit]] = field(default_factory=dict)

    def plan(self, apps: Sequence[SentryProject]) -> list[AppPlan]:
        """Plan each app."""
        self.head = self.repository.head
        tags = self.repository.tags()
        dirty = ".dirty" if self.repository.is_dirty else ""
        return [self._app(app, tags, dirty) for app in apps]

    def _app(self, app: SentryProject, tags: dict[str, str], dirty: str) -> AppPlan:
        versions = tagged_versions(app.workspace_project, tags)
        here = next((each for each in versions if each.commit == self.head), None)
        older = [each for each in versions if here is None or each.version < here.version]
        last = older[0] if older else None
        base = last.commit if last else None
        commits = tuple(self._touching(app, base))
        plans = tuple(self._plans(app, base))
        version = here.version if here else _next(app, last, commits, plans)
        name = f"{app.project}@{version}+{short(self.head)}{dirty}"
        return AppPlan(
            app, last, version, name, self.head, commits, plans,
            is_tagged=here is not None,
            warnings=tuple(self._warnings(commits, base, is_dirty=bool(dirty))),
        )  # fmt: skip

    def _touching(self, app: SentryProject, base: str | None) -> list[PlannedCommit]:
        if base not in self._commits:
            limit = self.depth if base is None else _MOST_COMMITS
            self._commits[base] = self.repository.commits(base, self.head, limit=limit)
        own = f"{app.root}/"
        return [
            PlannedCommit(
                commit,
                read_message(commit.message),
                any(file.path.startswith(own) for file in commit.files),
            )
            for commit in self._commits[base]
            if self._effect(commit).touches(app)
        ]

    def _effect(self, commit: Commit) -> Effect:
        if commit.sha not in self.found:
            self.found[commit.sha] = self.effects.of(commit)
        return self.found[commit.sha]

    def _plans(self, app: SentryProject, base: str | None) -> list[VersionPlan]:
        if not (self.repository.root / FOLDER).is_dir():
            return []
        read = [
            read_version_plan(path, self.repository.file_at(self.head, path))
            for path in self.repository.files_added(base, self.head, FOLDER)
            if path.endswith(".md")
        ]
        return [plan for plan in read if app.workspace_project in plan.levels]

    def _warnings(
        self, commits: Sequence[PlannedCommit], base: str | None, *, is_dirty: bool
    ) -> list[str]:
        warnings = []
        unknown = [each for each in commits if self._effect(each.commit).trouble is not None]
        if unknown:
            why = self._effect(unknown[0].commit).trouble
            warnings.append(
                f"{len(unknown)} commits have no build graph and count for every app "
                f"({short(unknown[0].commit.sha)}: {why})"
            )
        if base is None and len(self._commits[base]) == self.depth:
            warnings.append(
                f"a first release: only the newest {self.depth} commits of history were looked at"
            )
        if is_dirty:
            warnings.append("files differ from the commit, so the release is named dirty")
        return warnings


def choose(projects: Sequence[SentryProject], names: Sequence[str]) -> list[SentryProject]:
    """The projects of these names, as people type them or as Sentry has them; all without names.

    Raises:
        AppUnknown: there is none of that name.
    """
    if not names:
        return list(projects)
    known = {each.project: each for each in projects}
    known |= {each.workspace_project: each for each in projects}
    missing = [name for name in names if name not in known]
    if missing:
        raise AppUnknown(
            f"{', '.join(missing)} is not mapped to Sentry.",
            f"Choose among {', '.join(each.workspace_project for each in projects)}, "
            "or give it a sentry_project in its BUILD file.",
        )
    return list({known[name].project: known[name] for name in names}.values())


def _next(
    app: SentryProject,
    last: Tagged | None,
    commits: Sequence[PlannedCommit],
    plans: Sequence[VersionPlan],
) -> Version:
    version = last.version if last else Version()
    if not commits and not plans:
        return version
    planned = [plan.levels[app.workspace_project] for plan in plans]
    if planned:
        return version.next(max(planned), planned=True)
    return version.next(max(each.level for each in commits))
