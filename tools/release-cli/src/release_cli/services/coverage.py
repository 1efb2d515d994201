"""What is not released: commits of the branch, and versions that run, without a release."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from release_cli.clients.git import Commit, Repository, short
from release_cli.clients.sentry import Sentry
from release_cli.clients.services import Running
from release_cli.projects import SentryProject
from release_cli.services.effects import Effect

_RELEASES = 50


@dataclass(frozen=True, slots=True)
class AppCoverage:
    """How well the releases of an app cover what there is.

    Attributes:
        releases: how many were looked at, the newest ones.
        with_commits: those that say what is in them.
        unfinished: names of those that were never finalized.
        bare: names of those that events were sent from, and nobody made: they have no commits.
        commits: commits of the branch that affect the app, newest first.
        unreleased: those of them that are in no release.
    """

    app: SentryProject
    releases: int
    with_commits: int
    unfinished: tuple[str, ...]
    bare: tuple[str, ...]
    commits: int
    unreleased: tuple[Commit, ...]

    @property
    def percent(self) -> float:
        """The share of releases that have commits; of none, all."""
        return 100.0 * self.with_commits / self.releases if self.releases else 100.0

    def as_json(self) -> dict[str, object]:
        """As it stands in JSON."""
        return {
            "app": self.app.workspace_project,
            "project": self.app.project,
            "releases": self.releases,
            "with_commits": self.with_commits,
            "percent": round(self.percent, 1),
            "unfinished": list(self.unfinished),
            "running_without_release": list(self.bare),
            "commits": self.commits,
            "unreleased": [
                {"sha": commit.sha, "subject": commit.subject} for commit in self.unreleased
            ],
        }


async def coverage(
    sentry: Sentry, app: SentryProject, commits: Sequence[Commit], effects: Mapping[str, Effect]
) -> AppCoverage:
    """Compare an app's releases with the commits of a branch.

    Args:
        sentry: where to look.
        app: whose.
        commits: of the branch, newest first.
        effects: what they affect, by their hash.
    """
    made = await sentry.releases(app.project, _RELEASES)
    ours = [commit for commit in commits if effects[commit.sha].touches(app)]
    released: set[str] = set()
    for each in made:
        if released.issuperset(commit.sha for commit in ours):
            break
        if each.commit_count:
            released.update(await sentry.commits(each.version))
    return AppCoverage(
        app,
        releases=len(made),
        with_commits=sum(each.commit_count > 0 for each in made),
        unfinished=tuple(each.version for each in made if each.date_released is None),
        bare=tuple(
            each.version for each in made if not each.commit_count and each.last_event is not None
        ),
        commits=len(ours),
        unreleased=tuple(commit for commit in ours if commit.sha not in released),
    )


async def unknown_services(sentry: Sentry, running: Sequence[Running]) -> list[Running]:
    """Services that do not say which release they are, or say one that has no commits."""
    found = []
    for each in running:
        made = await sentry.find(each.release) if each.release else None
        if made is None or not made.commit_count:
            found.append(each)
    return found


def branch_commits(repository: Repository, branch: str, limit: int) -> list[Commit]:
    """The newest commits of a branch; of what is checked out where there is no such branch."""
    for name in (branch, f"origin/{branch}", "HEAD"):
        if repository.has(name):
            return repository.commits(None, repository.resolve(name), limit=limit)
    return []


def line(commit: Commit) -> str:
    """A commit in a line."""
    return f"{short(commit.sha)} {commit.subject}"
