"""`release run`: releases apps, and continues where an earlier run was cut off."""

import asyncio
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from release_cli import telemetry
from release_cli.commands.options import (
    AffectedFrom,
    Apps,
    Depth,
    Environment,
    Last,
    ProjectsFile,
)
from release_cli.commands.progress import progress, remarks
from release_cli.errors import ReleaseCliError, SettingsInvalid, designed
from release_cli.output import AsJson, Quiet, console, print_error, print_json

if TYPE_CHECKING:
    from release_cli.services.plan import AppPlan
    from release_cli.services.release_run import Outcome
    from release_cli.services.release_steps import Wishes
    from release_cli.services.workspace import Workspace


def register(app: typer.Typer) -> None:
    """Give the command line this verb."""
    app.command()(run)


def run(
    apps: Apps = None,
    affected: Annotated[
        bool, typer.Option("--affected", help="Every app that has something new.")
    ] = False,
    environment: Environment = None,
    no_deploy: Annotated[bool, typer.Option("--no-deploy", help="Note no deploy.")] = False,
    until: Annotated[
        Last, typer.Option(help="The last step of this run; the next run continues after it.")
    ] = "tag",
    auto: Annotated[
        bool, typer.Option("--auto", help="Let sentry-cli decide the commits: all of them.")
    ] = False,
    projects: ProjectsFile = None,
    affected_from: AffectedFrom = None,
    depth: Depth = 20,
    artifact: Annotated[
        list[str] | None, typer.Option(help="APP=PATH: release this, package nothing.")
    ] = None,
    shared: Annotated[
        list[str] | None,
        typer.Option(help="APP=FOLDER: scripts of a shared package that APP serves too."),
    ] = None,
    keep_maps: Annotated[
        bool, typer.Option("--keep-maps", help="Leave source maps in what is served.")
    ] = False,
    no_tag: Annotated[bool, typer.Option("--no-tag", help="Do not tag the commit.")] = False,
    push: Annotated[str | None, typer.Option(help="The remote to push tags to.")] = None,
    deploy_name: Annotated[
        str, typer.Option(help="Names the deploy: the same name is the same deploy.")
    ] = "release",
    deploy_url: Annotated[str | None, typer.Option(help="Where it can be seen.")] = None,
    allow_dirty: Annotated[
        bool, typer.Option("--allow-dirty", help="Release files that differ from the commit.")
    ] = False,
    best_effort: Annotated[
        bool, typer.Option("--best-effort", help="Warn instead of failing; the exit status is 0.")
    ] = False,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Release apps: make the release, its commits and sources; finalize, note the deploy, tag.

    Cut off anywhere, the same command continues. An app that fails does not stop the others.

    Exit status: 0 when all is released, 1 when an app is not, 2 for a wrong command line.
    """
    from release_cli.services.workspace import open_workspace
    from release_cli.settings import load_settings

    if bool(apps) == affected:
        raise SettingsInvalid("Say what to release.", "Name apps, or give --affected.")
    try:
        settings = load_settings()
        show = not (as_json or quiet)
        with remarks(show=show) as remark:
            workspace = open_workspace(
                settings, projects=projects, affected_from=affected_from, remark=remark
            )
            plans = _planned(workspace, apps or [], depth, allow_dirty=allow_dirty)
        from release_cli.services.release_steps import Wishes

        wishes = Wishes(
            environment=None if no_deploy else environment or settings.environment,
            deploy_name=deploy_name,
            deploy_url=deploy_url,
            auto_commits=auto,
            until=until,
            tag=not no_tag,
            push=push,
            artifacts={name: paths[0] for name, paths in _pairs(artifact).items()},
            shared=_pairs(shared),
            keep_maps=keep_maps,
        )
        outcomes = _release(workspace, plans, wishes, show=show)
    except Exception as error:
        if not best_effort:
            raise
        telemetry.capture(error)
        print_error(designed(error), as_json=as_json)
        sys.stderr.write("release: --best-effort: nothing was released, and that is no failure.\n")
        return
    if as_json:
        print_json([each.as_json() for each in outcomes])
    _report(outcomes, quiet=quiet or as_json)
    if any(each.error for each in outcomes):
        if not best_effort:
            raise typer.Exit(1)
        sys.stderr.write("release: --best-effort: that something is not done is no failure.\n")


def _planned(
    workspace: "Workspace", names: list[str], depth: int, *, allow_dirty: bool
) -> "list[AppPlan]":
    from release_cli.services.plan import choose

    plans = workspace.planner(depth).plan(choose(workspace.projects, names))
    if plans and plans[0].release.endswith(".dirty") and not allow_dirty:
        raise DirtyCheckout(
            "Files differ from the commit, so nobody could say what is in the release.",
            "Commit or stash them, or give --allow-dirty.",
        )
    return [each for each in plans if each.is_needed]


def _release(
    workspace: "Workspace", plans: "list[AppPlan]", wishes: "Wishes", *, show: bool
) -> "list[Outcome]":
    from release_cli.clients.sentry import open_sentry
    from release_cli.services.journal import Journal
    from release_cli.services.packaging import package
    from release_cli.services.release_run import ReleaseRun
    from sentry_api import SentrySettings

    settings = SentrySettings.read()
    server = f"{settings.url}/{settings.org}"
    to_upload = [
        plan
        for plan in plans
        if "upload" in wishes.steps
        and not Journal(workspace.journals, server, plan.release).is_done("upload")
    ]
    with remarks(show=show and bool(to_upload)) as remark:
        remark("packaging")
        failed = package(to_upload, workspace.repository, workspace.pants, wishes.artifacts)

    async def work() -> "list[Outcome]":
        with progress(plans, wishes.steps, show=show) as on_step:
            async with open_sentry(settings) as sentry:
                releasing = ReleaseRun(
                    sentry,
                    server,
                    workspace.repository,
                    workspace.repository_name,
                    wishes,
                    workspace.journals,
                    on_step,
                )
                return await releasing.release(plans, failed)

    return asyncio.run(work())


def _report(outcomes: "list[Outcome]", *, quiet: bool) -> None:
    out = None if quiet else console()
    if out is not None and not outcomes:
        out.print("Nothing to release: no app has anything new.")
    for each in outcomes:
        for warning in (*each.plan.warnings, *(each.uploaded.warnings if each.uploaded else ())):
            sys.stderr.write(f"release: {each.plan.name}: {warning}\n")
        if each.error is not None:
            telemetry.capture(each.error)
            done = ", ".join(each.done) or "nothing"
            sys.stderr.write(
                f"release: {each.plan.name}: {each.error.what} {each.error.advice} "
                f"Done: {done}. Not done: {', '.join(each.open)}.\n"
            )
        elif out is not None:
            again = " (was done before)" if each.skipped == each.done else ""
            out.print(f"[green]{each.status}[/green] {each.plan.release}{again}", soft_wrap=True)


def _pairs(given: list[str] | None) -> dict[str, tuple[Path, ...]]:
    found: dict[str, tuple[Path, ...]] = {}
    for each in given or []:
        name, _, path = each.partition("=")
        if not name or not path:
            raise SettingsInvalid(f"{each!r} is not APP=PATH.", "Write gateway=dist/gateway.pex.")
        found[name] = (*found.get(name, ()), Path(path).absolute())
    return found


class DirtyCheckout(ReleaseCliError):
    """What would be released is in no commit."""

    kind = "dirty-checkout"
