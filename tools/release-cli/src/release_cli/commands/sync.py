"""`release sync`: Sentry's projects as the `sentry_project` targets say."""

import asyncio
from typing import Annotated

import typer

from release_cli.commands.options import ProjectsFile
from release_cli.commands.setup_options import Team, read_wanted
from release_cli.errors import ReleaseCliError, SettingsInvalid
from release_cli.output import AsJson, Quiet, console, print_json


def register(app: typer.Typer) -> None:
    """Give the command line this verb."""
    app.command()(sync)


def sync(
    projects: ProjectsFile = None,
    plan: Annotated[bool, typer.Option("--plan", help="Show what would change.")] = False,
    apply: Annotated[bool, typer.Option("--apply", help="Change it.")] = False,
    prune: Annotated[
        bool,
        typer.Option(
            "--prune",
            help="Take away rules, mappings and lines that no target has. Never projects or teams.",
        ),
    ] = False,
    detailed: Annotated[
        bool,
        typer.Option("--detailed-exitcode", help="--plan: exit 2 when something would change."),
    ] = False,
    team: Team = "kijko",
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Make Sentry's projects what the sentry_project targets say; without --apply, show how.

    Exit status: 0 when it is done or shown, 1 when something failed, 2 for a wrong command line.
    """
    if plan and apply:
        raise SettingsInvalid("--plan and --apply exclude each other.", "Give one of them.")
    # What it brings along is of no use to other verbs.
    from release_cli.services.setup.sync import synchronize

    try:
        wanted = read_wanted(projects, team, plan=False)
        outcome = asyncio.run(synchronize(wanted, apply=apply, prune=prune, quiet=quiet or as_json))
    except ReleaseCliError as error:
        if detailed:
            error.exit_code = 1  # 2 says that something would change
        raise
    if as_json:
        print_json(outcome.as_json())
    else:
        outcome.show(console(), quiet=quiet)
    if outcome.failures:
        raise typer.Exit(1)
    if detailed and not apply and outcome.steps:
        raise typer.Exit(2)
