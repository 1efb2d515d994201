"""`release bootstrap`: from an empty organization to projects that programs can send to."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from release_cli.commands.options import ProjectsFile
from release_cli.commands.setup_options import Team, read_wanted
from release_cli.output import AsJson, Quiet, console, print_json


def register(app: typer.Typer) -> None:
    """Give the command line this verb."""
    app.command()(bootstrap)


def bootstrap(
    projects: ProjectsFile = None,
    team: Team = "kijko",
    create_organization: Annotated[
        bool,
        typer.Option(
            "--create-organization", help="Make the organization too, where the server allows it."
        ),
    ] = False,
    workspace: Annotated[
        Path, typer.Option("--workspace", help="Where the projects' folders are.")
    ] = Path(),
    dsns: Annotated[
        bool, typer.Option("--dsns/--no-dsns", help="Write each project's DSN into its folder.")
    ] = True,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Set up Kijko's projects in an organization, and write their DSNs; again changes nothing.

    Exit status: 0 when all is there, 1 when something failed, 2 for a wrong command line.
    """
    from release_cli.services.setup.bootstrap import set_up

    outcome = asyncio.run(
        set_up(
            read_wanted(projects, team, plan=True),
            workspace=workspace,
            create_organization=create_organization,
            dsns=dsns,
            quiet=quiet or as_json,
        )
    )
    if as_json:
        print_json(outcome.as_json())
    else:
        outcome.show(console(), quiet=quiet)
    if outcome.failures:
        raise typer.Exit(1)
