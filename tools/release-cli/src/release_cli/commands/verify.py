"""`release verify`: whether a release is what it should be."""

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from release_cli.commands.options import (
    Environment,
    Last,
    ProjectsFile,
    checkout_root,
    known_projects,
)
from release_cli.output import AsJson, Quiet, console, print_json

if TYPE_CHECKING:
    from release_cli.services.verification import Check


def register(app: typer.Typer) -> None:
    """Give the command line this verb."""
    app.command()(verify)


def verify(
    name: Annotated[str, typer.Argument(metavar="APP", help="As in the workspace or in Sentry.")],
    release: Annotated[
        str | None, typer.Option(help="The whole name; by default the artifact's.")
    ] = None,
    url: Annotated[
        list[str] | None, typer.Option(help="Where a service of it runs; its /healthz is asked.")
    ] = None,
    artifact: Annotated[
        Path | None, typer.Option(help="What is deployed; by default what packaging makes.")
    ] = None,
    environment: Environment = None,
    until: Annotated[
        Last,
        typer.Option(help="The last step that should be done."),
    ] = "tag",
    projects: ProjectsFile = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Check that artifact, Sentry and running service name one release, and that it is complete.

    Exit status: 0 when all that could be looked at is right, 1 when something is wrong.
    """
    from release_cli.clients.sentry import open_sentry
    from release_cli.clients.services import ask_services
    from release_cli.services.plan import choose
    from release_cli.services.verification import Expected, NoRelease, stamped
    from release_cli.services.verification import verify as look
    from release_cli.settings import load_settings
    from sentry_api import SentrySettings

    settings = load_settings()
    (app,) = choose(known_projects(projects), [name])
    where = artifact or (checkout_root() / app.artifact.path if app.artifact else None)
    wanted = release or stamped(app, where)
    if wanted is None:
        there = where is None or where.exists()
        raise NoRelease(
            f"{where or app.workspace_project} is "
            + ("stamped with no release." if there else "not there, so no release is named."),
            f"Package it, or name the release with --release; `release deploys {name}` lists them.",
        )

    async def work() -> "list[Check]":
        running = await ask_services(url or (), settings.service_token)
        async with open_sentry(SentrySettings.read()) as sentry:
            place = environment or settings.environment
            return await look(sentry, Expected(app, wanted, where, place, running, until))

    checks = asyncio.run(work())
    ok = all(check.ok is not False for check in checks)
    if as_json:
        print_json({"release": wanted, "ok": ok, "checks": [each.as_json() for each in checks]})
    else:
        _print(wanted, checks, quiet=quiet)
    if not ok:
        raise typer.Exit(1)


def _print(release: str, checks: "list[Check]", *, quiet: bool) -> None:
    out = console()
    marks = {True: "[green]ok[/green]  ", False: "[red]fail[/red]", None: "[dim]-[/dim]   "}
    if not quiet:
        out.print(f"[bold]{release}[/bold]", soft_wrap=True)
    for check in checks:
        if check.ok is False or not quiet:
            out.print(f"{marks[check.ok]} {check.name}: {check.detail}", soft_wrap=True)
