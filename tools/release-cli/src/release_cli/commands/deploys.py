"""`release deploys` and `release rollback`: where releases went, and going back."""

import asyncio
from typing import TYPE_CHECKING, Annotated

import typer

from release_cli.commands.options import Apps, Environment, ProjectsFile, known_projects
from release_cli.output import AsJson, console, print_json

if TYPE_CHECKING:
    from release_cli.projects import SentryProject
    from release_cli.services.deploys import Deployed, Rollback


def register(app: typer.Typer) -> None:
    """Give the command line these verbs."""
    app.command()(deploys)
    app.command()(rollback)


def deploys(
    apps: Apps = None,
    environment: Annotated[
        str | None, typer.Option("--environment", "-e", help="Only those that went there.")
    ] = None,
    projects: ProjectsFile = None,
    as_json: AsJson = False,
) -> None:
    """Show where the newest releases went, newest first."""
    from release_cli.clients.sentry import open_sentry
    from release_cli.services.deploys import deploys_of
    from sentry_api import SentrySettings

    chosen = _chosen(projects, apps or [])

    async def work() -> "list[Deployed]":
        async with open_sentry(SentrySettings.read()) as sentry:
            each = [await deploys_of(sentry, app, environment=environment) for app in chosen]
        return sorted((one for some in each for one in some), key=lambda one: one.at, reverse=True)

    found = asyncio.run(work())
    if as_json:
        print_json([each.as_json() for each in found])
        return
    from rich.table import Table

    table = Table("when", "environment", "release", "name", box=None, pad_edge=False)
    for each in found:
        when = f"{each.at:%Y-%m-%d %H:%M}"
        table.add_row(when, each.environment, each.release, each.name or "-")
    console().print(table if found else "No deploys.")


def rollback(
    name: Annotated[str, typer.Argument(metavar="APP", help="As in the workspace or in Sentry.")],
    to: Annotated[
        str | None, typer.Option(help="The release's whole name; by default the one before.")
    ] = None,
    environment: Environment = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Note nothing.")] = False,
    projects: ProjectsFile = None,
    as_json: AsJson = False,
) -> None:
    """Note that an earlier release is deployed again, and say what the deploy hook must do."""
    from release_cli.clients.sentry import open_sentry
    from release_cli.services.deploys import deploys_of, record, way_back
    from release_cli.settings import load_settings
    from sentry_api import SentrySettings

    (app,) = _chosen(projects, [name])
    place = environment or load_settings().environment

    async def work() -> "Rollback":
        async with open_sentry(SentrySettings.read()) as sentry:
            back = way_back(await deploys_of(sentry, app, environment=place), to)
            if not dry_run:
                await record(sentry, back)
            return back

    back = asyncio.run(work())
    if as_json:
        print_json(back.as_json() | {"recorded": not (back.is_done or dry_run)})
        return
    out = console()
    if back.is_done:
        out.print(f"{back.target.release} is in {place} already.", soft_wrap=True)
        return
    verb = "would be noted" if dry_run else "is noted"
    out.print(f"The way from {back.current.release} back {verb}.", soft_wrap=True)
    out.print(back.hook(), soft_wrap=True)


def _chosen(projects: ProjectsFile, names: list[str]) -> "list[SentryProject]":
    from release_cli.services.plan import choose

    return choose(known_projects(projects), names)
