"""The checkout that is released: its repository, its Sentry projects, what its commits affect."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from release_cli.clients.git import Repository
from release_cli.clients.pants import Pants
from release_cli.projects import SentryProject, parse_projects, read_projects
from release_cli.services.effects import Effects, GivenEffects, GraphEffects
from release_cli.services.plan import INITIAL_DEPTH, Planner
from release_cli.settings import Settings


@dataclass(frozen=True, slots=True)
class Workspace:
    """A checkout.

    Attributes:
        state: the folder of journals and of answers that stay true.
        repository_name: what Sentry calls the repository.
    """

    repository: Repository
    pants: Pants
    projects: tuple[SentryProject, ...]
    effects: Effects
    state: Path
    repository_name: str

    @property
    def journals(self) -> Path:
        """Where journals are kept."""
        return self.state / "journal"

    def planner(self, depth: int = INITIAL_DEPTH) -> Planner:
        """Plans its releases."""
        return Planner(self.repository, self.effects, depth)


def _to_nobody(remark: str) -> None:
    """Drop a remark."""


def open_workspace(
    settings: Settings,
    *,
    folder: Path | None = None,
    projects: Path | None = None,
    affected_from: Path | None = None,
    remark: Callable[[str], None] = _to_nobody,
) -> Workspace:
    """Look at a checkout.

    Args:
        settings: the knobs.
        folder: anything in it; the current folder when not given.
        projects: what `./pants sentry-projects --json` printed; Pants is asked when not given.
        affected_from: what commits affect; Pants is asked when not given.
        remark: is told what takes a while.

    Raises:
        ReleaseCliError: it cannot be read; the type says what of it.
    """
    repository = Repository(folder or Path.cwd())
    pants = Pants(repository.root)
    state = settings.state_dir or repository.root / ".pants.d" / "release"
    if projects is not None:
        known = read_projects(projects)
    else:
        remark("asking Pants which projects there are")
        known = parse_projects(pants.sentry_projects())
    effects: Effects
    if affected_from is not None:
        effects = GivenEffects(affected_from)
    else:
        effects = GraphEffects(repository, pants, state / "effects", remark)
    name = settings.repository or repository.name()
    return Workspace(repository, pants, known, effects, state, name)
