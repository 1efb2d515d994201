"""`release plan`: what would be released since the last release of each app."""

from pathlib import Path
from typing import Annotated

import typer

from release_cli.output import AsJson, print_json
from release_cli.projects import read_projects

ProjectsFile = Annotated[
    Path,
    typer.Option("--projects", help="What `./pants sentry-projects --json` printed."),
]


def register(app: typer.Typer) -> None:
    """Give the command line this verb."""
    app.command()(plan)


def plan(projects: ProjectsFile, as_json: AsJson = False) -> None:
    """Show what would be released since the last release of each app."""
    print_json([each.model_dump() for each in read_projects(projects)])
