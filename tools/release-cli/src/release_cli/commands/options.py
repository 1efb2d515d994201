"""Options that several verbs share."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

if TYPE_CHECKING:
    from release_cli.projects import SentryProject

Last = Literal["create", "upload", "finalize", "deploy", "tag"]
Apps = Annotated[
    list[str] | None,
    typer.Argument(help="Names as in the workspace or in Sentry; by default all.", metavar="APP…"),
]
ProjectsFile = Annotated[
    Path | None,
    typer.Option("--projects", help="What `./pants sentry-projects --json` printed."),
]
AffectedFrom = Annotated[
    Path | None,
    typer.Option(
        "--affected-from",
        help="What commits affect, from a file: by commit the names of projects, or what "
        "`./pants affected --json --targets` said. Without it Pants is asked.",
    ),
]
Depth = Annotated[
    int, typer.Option("--initial-depth", min=1, help="Commits of an app's first release.")
]
Environment = Annotated[
    str | None,
    typer.Option("--environment", "-e", help="Where it goes; by default SENTRY_ENVIRONMENT."),
]


def checkout_root() -> Path:
    """The root of the checkout, or the current folder where there is none (a sandbox)."""
    from release_cli.clients.git import GitFailed, Repository

    try:
        return Repository(Path.cwd()).root
    except GitFailed:
        return Path.cwd()


def known_projects(file: Path | None) -> "tuple[SentryProject, ...]":
    """The projects that a file lists; where none is given, those that Pants knows."""
    from release_cli.clients.pants import Pants
    from release_cli.projects import parse_projects, read_projects

    return read_projects(file) if file else parse_projects(Pants(checkout_root()).sentry_projects())
