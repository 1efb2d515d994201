"""The command line: `devstack`, which `./pants up` runs."""

from pathlib import Path
from typing import Annotated

import typer

from devstack import run
from devstack.errors import DevstackError
from devstack.report import Report
from devstack.settings import Settings

app = typer.Typer(add_completion=True, pretty_exceptions_enable=False, rich_markup_mode="rich")


@app.command()
def up(
    *,
    check: Annotated[
        bool,
        typer.Option("--check", help="Start a stack of its own, verify every claim, and end."),
    ] = False,
    comfyui_install: Annotated[
        bool | None,
        typer.Option(
            "--comfyui-install/--no-comfyui-install",
            help="Whether a missing ComfyUI may be installed: 1.5 GB on disk.",
            show_default="--comfyui-install",
        ),
    ] = None,
    data: Annotated[
        Path | None,
        typer.Option(
            help="Where everything is kept; by default one folder per checkout, outside of it.",
            file_okay=False,
        ),
    ] = None,
    gateway_port: Annotated[
        int | None, typer.Option(min=0, max=65535, help="0 takes any.", show_default="8080")
    ] = None,
    sentry_port: Annotated[
        int | None, typer.Option(min=0, max=65535, help="0 takes any.", show_default="8969")
    ] = None,
    comfyui_port: Annotated[
        int | None, typer.Option(min=0, max=65535, help="0 takes any.", show_default="8188")
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object per line.")
    ] = False,
    quiet: Annotated[
        bool, typer.Option("--quiet", "-q", help="Print only what goes wrong.")
    ] = False,
) -> None:
    """Start Local Sentry, ComfyUI and the gateway, show them working, and serve until Ctrl-C.

    COMFYUI_URL names a ComfyUI of yours to use; without it a real one is installed once, and run
    on the CPU. A port that is taken is replaced by a free one.

    Exit status: 0 when all went well and was stopped, 1 when something failed, 2 for a wrong
    command line, 128 + N when signal N came before the stack was up.
    """
    report = Report(as_json=as_json, quiet=quiet)
    try:
        settings = Settings.load(
            comfyui_install=comfyui_install,
            data=data.absolute() if data else None,
            gateway_port=gateway_port,
            sentry_port=sentry_port,
            comfyui_port=comfyui_port,
        )
        work = run.check(settings, report) if check else run.keep_up(settings, report)
        status = run.until_told_to_stop(work)
    except DevstackError as error:
        report.error(error)
        status = run.EXIT_FAILED
    raise typer.Exit(status)


def main() -> None:
    """Run the command line."""
    app(prog_name="devstack")
