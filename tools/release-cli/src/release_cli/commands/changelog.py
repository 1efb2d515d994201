"""`release changelog`: what changed, in Markdown."""

import sys

import typer

from release_cli.commands.options import AffectedFrom, Apps, Depth, ProjectsFile
from release_cli.commands.progress import remarks
from release_cli.output import AsJson, print_json


def register(app: typer.Typer) -> None:
    """Give the command line this verb."""
    app.command()(changelog)


def changelog(
    apps: Apps = None,
    projects: ProjectsFile = None,
    affected_from: AffectedFrom = None,
    depth: Depth = 20,
    as_json: AsJson = False,
) -> None:
    """Print what changed in each app since its last release, or in the one this commit is."""
    from release_cli.services.changelog import changelog as write
    from release_cli.services.plan import choose
    from release_cli.services.workspace import open_workspace
    from release_cli.settings import load_settings

    with remarks(show=not as_json) as remark:
        workspace = open_workspace(
            load_settings(), projects=projects, affected_from=affected_from, remark=remark
        )
        plans = workspace.planner(depth).plan(choose(workspace.projects, apps or ()))
    wanted = [each for each in plans if each.is_needed or apps]
    if as_json:
        print_json([{"app": each.name, "release": each.release, "changelog": write(each)}
                    for each in wanted])  # fmt: skip
        return
    sys.stdout.write("\n".join(write(each) for each in wanted))
