"""`release plan`: what would be released since the last release of each app."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from release_cli.commands.options import AffectedFrom, Apps, Depth, ProjectsFile
from release_cli.commands.progress import remarks
from release_cli.output import AsJson, console, print_json

if TYPE_CHECKING:
    from release_cli.services.plan import AppPlan


def register(app: typer.Typer) -> None:
    """Give the command line this verb."""
    app.command()(plan)


def plan(
    apps: Apps = None,
    projects: ProjectsFile = None,
    affected_from: AffectedFrom = None,
    depth: Depth = 20,
    write_affected: Annotated[
        Path | None, typer.Option(help="Write what commits affect, for --affected-from.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show what would be released since the last release of each app.

    Which commits are in a release is what the build graph says of each commit, not where its
    files lie.
    """
    from release_cli.services.effects import write_effects
    from release_cli.services.plan import choose
    from release_cli.services.plan_shape import shape
    from release_cli.services.workspace import open_workspace
    from release_cli.settings import load_settings

    with remarks(show=not as_json) as remark:
        workspace = open_workspace(
            load_settings(), projects=projects, affected_from=affected_from, remark=remark
        )
        planner = workspace.planner(depth)
        plans = planner.plan(choose(workspace.projects, apps or ()))
    if write_affected is not None:
        write_effects(write_affected, planner.found)
    if as_json:
        print_json([shape(each) for each in plans])
        return
    _print_table(plans)


def _print_table(plans: "list[AppPlan]") -> None:
    from rich.table import Table

    from release_cli.clients.git import short
    from release_cli.services.plan_shape import uploads

    out = console()
    table = Table("app", "last", "next", "why", "commits", "uploads", box=None, pad_edge=False)
    for each in plans:
        table.add_row(
            f"[bold]{each.name}[/bold]" if each.is_needed else f"[dim]{each.name}[/dim]",
            str(each.last.version) if each.last else "-",
            str(each.version) if each.is_needed else "-",
            each.reason,
            str(len(each.commits)),
            ", ".join(uploads(each)) if each.is_needed else "-",
        )
    out.print(table)
    for each in plans:
        if each.is_needed:
            out.print(f"\n[bold]{each.release}[/bold]", soft_wrap=True)
        for one in each.commits:
            where = "" if one.own else " [dim](shared code)[/dim]"
            out.print(
                f"  {short(one.commit.sha)} {_plain(one.commit.subject)}{where}", soft_wrap=True
            )
        for warning in each.warnings if each.is_needed else ():
            out.print(f"  [yellow]note:[/yellow] {_plain(warning)}", soft_wrap=True)


def _plain(text: str) -> str:
    from rich.markup import escape

    return escape(text)
