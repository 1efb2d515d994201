"""What `bootstrap` and `sync` are told: which projects, of which team and repository."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from release_cli.services.setup.wanted import Wanted

Team = Annotated[str, typer.Option("--team", help="Gets the projects whose targets name no team.")]


def read_wanted(projects: Path | None, team: str, *, plan: bool) -> "Wanted":
    """What Sentry should look like.

    Args:
        projects: What `./pants sentry-projects --json` printed; Pants is asked when not given.
        team: Gets the projects whose targets name no team.
        plan: Whether the projects of the plan belong to it; then a workspace is not needed.

    Raises:
        ReleaseCliError: the projects cannot be read; the type says why.
    """
    from release_cli.clients.git import GitFailed, Repository
    from release_cli.clients.pants import Pants
    from release_cli.projects import parse_projects, read_projects
    from release_cli.services.setup.wanted import Wanted, wanted_of_targets, with_the_plans
    from release_cli.settings import load_settings

    name = load_settings().repository
    try:
        repository = Repository(Path.cwd())
    except GitFailed:
        root = Path.cwd()
    else:
        root, name = repository.root, name or repository.name()
    pants = Pants(root)
    if projects is not None:
        known = read_projects(projects)
    elif plan and not pants.is_here:
        known = ()
    else:
        known = parse_projects(pants.sentry_projects())
    wanted = wanted_of_targets(known, default_team=team)
    if plan:
        wanted = with_the_plans(wanted, team=team)
    return Wanted(wanted, name or root.name)
