"""Options that several verbs share."""

from pathlib import Path
from typing import Annotated, Literal

import typer

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
