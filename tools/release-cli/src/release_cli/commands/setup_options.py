"""What `bootstrap` and `sync` are told: which projects, of which team and repository."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    pass

ProjectsFile = Annotated[
    Path | None,
    typer.Option("--projects", help="What `./pants sentry-projects --json` printed."),
]
Team = Annotated[str, typer.Option("--team", help="Gets the projects whose targets name no owner.")]
RepositoryName = Annotated[
    str | None,
    typer.Option(
        "--repository",
        envvar="SENTRY_REPOSITORY",
        help="What Sentry calls the repository; owner/name of the origin when not given.",
    ),
]
