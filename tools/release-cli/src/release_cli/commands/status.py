"""`release status`: which commits and which running versions have no release."""

import asyncio
from typing import TYPE_CHECKING, Annotated

import typer

from release_cli.commands.options import AffectedFrom, Apps, ProjectsFile
from release_cli.commands.progress import remarks
from release_cli.output import AsJson, console, print_json

if TYPE_CHECKING:
    from release_cli.clients.services import Running
    from release_cli.services.coverage import AppCoverage


def register(app: typer.Typer) -> None:
    """Give the command line this verb."""
    app.command()(status)


def status(
    apps: Apps = None,
    commits: Annotated[int, typer.Option(min=1, help="How many of the branch to look at.")] = 50,
    url: Annotated[
        list[str] | None, typer.Option(help="Where a service runs; its /healthz is asked.")
    ] = None,
    projects: ProjectsFile = None,
    affected_from: AffectedFrom = None,
    check: Annotated[
        bool, typer.Option("--check", help="Exit with 1 unless everything is covered.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Show how well releases cover what there is: commits on main, and versions that run."""
    from release_cli.clients.sentry import open_sentry
    from release_cli.clients.services import ask_services
    from release_cli.services.coverage import branch_commits, coverage, unknown_services
    from release_cli.services.plan import choose
    from release_cli.services.workspace import open_workspace
    from release_cli.settings import load_settings
    from sentry_api import SentrySettings

    settings = load_settings()
    server = SentrySettings.read()  # before Pants is asked, which takes longer
    with remarks(show=not as_json) as remark:
        workspace = open_workspace(
            settings, projects=projects, affected_from=affected_from, remark=remark
        )
        chosen = choose(workspace.projects, apps or ())
        on_branch = branch_commits(workspace.repository, settings.branch, commits)
        effects = {commit.sha: workspace.effects.of(commit) for commit in on_branch}

    async def work() -> "tuple[list[AppCoverage], list[Running]]":
        running = await ask_services(url or (), settings.service_token)
        async with open_sentry(server) as sentry:
            found = [await coverage(sentry, app, on_branch, effects) for app in chosen]
            return found, await unknown_services(sentry, running)

    found, unknown = asyncio.run(work())
    if as_json:
        print_json(
            {
                "apps": [each.as_json() for each in found],
                "services_without_release": [
                    {"url": each.url, "release": each.release, "trouble": each.trouble}
                    for each in unknown
                ],
            }
        )
    else:
        _print(found, unknown)
    covered = not unknown and all(each.percent == 100 and not each.unreleased for each in found)
    if check and not covered:
        raise typer.Exit(1)


def _print(found: "list[AppCoverage]", unknown: "list[Running]") -> None:
    from rich.markup import escape
    from rich.table import Table

    from release_cli.services.coverage import line

    out = console()
    table = Table("app", "releases", "with commits", "commits", "unreleased", box=None)
    for each in found:
        table.add_row(
            each.app.workspace_project,
            str(each.releases),
            f"{each.percent:.0f} %" if each.releases else "-",
            str(each.commits),
            str(len(each.unreleased)),
        )
    out.print(table)
    for each in found:
        name = each.app.workspace_project
        for commit in each.unreleased:
            out.print(f"{name}: in no release: {escape(line(commit))}", soft_wrap=True)
        for version in each.bare:
            out.print(f"{name}: runs, and nobody made its release: {version}", soft_wrap=True)
        for version in each.unfinished:
            out.print(f"{name}: not finalized: {version}", soft_wrap=True)
    for service in unknown:
        said = service.trouble or f"{service.url} runs {service.release}, which has no commits"
        out.print(f"service: {said}", soft_wrap=True)
