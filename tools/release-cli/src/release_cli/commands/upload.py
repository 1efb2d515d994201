"""`release upload`: the source upload of one artifact; what `./pants publish` runs."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from release_cli.output import AsJson, Quiet, console, print_json


def register(app: typer.Typer) -> None:
    """Give the command line this verb."""
    app.command()(upload)


def upload(
    projects: Annotated[
        Path, typer.Option("--projects", help="What `./pants sentry-projects --json` printed.")
    ],
    project: Annotated[str, typer.Option(help="The Sentry project's slug.")],
    release: Annotated[str, typer.Option(help="The release's whole name.")],
    artifact: Annotated[
        Path | None, typer.Option(help="What was packaged; a library has none.")
    ] = None,
    shared: Annotated[
        list[Path] | None,
        typer.Option(help="A folder of a shared package whose scripts are served too."),
    ] = None,
    keep_maps: Annotated[
        bool, typer.Option("--keep-maps", help="Leave source maps in what is served.")
    ] = False,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Upload the sources of an artifact under its release; what Sentry has is not sent again.

    Python: exactly the first-party files of the artifact, and the code mappings. JavaScript: debug
    ids are written into scripts and maps, the maps uploaded, seen to be there, and removed from
    what is served.
    """
    from release_cli.clients.sentry import open_sentry
    from release_cli.commands.options import checkout_root
    from release_cli.projects import read_projects
    from release_cli.services.plan import choose
    from release_cli.services.uploaded import Uploaded
    from release_cli.services.uploads import UploadRequest
    from release_cli.services.uploads import upload as upload_sources
    from release_cli.settings import load_settings
    from sentry_api import SentrySettings

    (app,) = choose(read_projects(projects), [project])
    wanted = UploadRequest(
        app,
        release,
        artifact.absolute() if artifact else None,
        load_settings().repository or _repository_name(),
        checkout_root(),
        tuple(folder.absolute() for folder in shared or ()),
        keep_maps,
    )

    async def work() -> Uploaded:
        async with open_sentry(SentrySettings.read()) as sentry:
            return await upload_sources(sentry, wanted)

    done = asyncio.run(work())
    if as_json:
        print_json({"project": app.project, "release": release, **done.as_json()})
    elif not quiet:
        sent = f"{done.sent} sent" if done.sent else "all there before"
        console().print(f"{release}: {done.files} {done.what} ({sent})", soft_wrap=True)
    for warning in done.warnings:
        console(stderr=True).print(f"[yellow]note:[/yellow] {warning}", soft_wrap=True)


def _repository_name() -> str:
    from release_cli.clients.git import GitFailed, Repository

    try:
        return Repository(Path.cwd()).name()
    except GitFailed:
        return ""
