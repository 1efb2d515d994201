"""The command line: `gateway serve`, `worker`, `jobs`, `doctor`."""

import asyncio
import json
import sys
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar
from uuid import UUID

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Column, Table

from comfyui_gateway.logs import configure_logs
from comfyui_gateway.problems import GatewayError, JobStatus, StartRefused
from comfyui_gateway.settings import Settings, load_settings
from observability import ObservabilityError

if TYPE_CHECKING:
    from comfyui_gateway.models import Job, ReadyCheck
    from comfyui_gateway.services.gateway import Gateway

T = TypeVar("T")

app = typer.Typer(
    no_args_is_help=True,
    help="Workflows, media and jobs in front of ComfyUI and FFmpeg.",
    pretty_exceptions_enable=False,
)
jobs_app = typer.Typer(no_args_is_help=True, help="Look at jobs, stop them, and run them again.")
app.add_typer(jobs_app, name="jobs")

Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Log only what goes wrong.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
_out = Console()


def main() -> None:
    """Run the command line; a designed error is one sentence and exit status 1.

    With `--json` it is a problem on standard output too, as it would be over HTTP.
    """
    try:
        app()
    except GatewayError as error:
        sentence = error.detail
        if "--json" in sys.argv:
            _print_json(error.problem().as_json())
    except ObservabilityError as error:
        sentence = str(error)
    else:
        return
    sys.stderr.write(f"gateway: {sentence}\n")
    raise SystemExit(1)


@app.command()
def serve(
    host: Annotated[str | None, typer.Option(help="Where to listen.")] = None,
    port: Annotated[int | None, typer.Option(help="0 takes any free port and prints it.")] = None,
    worker: Annotated[bool, typer.Option(help="Run jobs in this process too.")] = True,
    data: Annotated[Path | None, typer.Option(help="The data folder.")] = None,
    quiet: Quiet = False,
) -> None:
    """Serve the HTTP API."""
    settings = load_settings(host=host, port=port, data_dir=data)
    configure_logs("warning" if quiet else settings.log_level)
    from comfyui_gateway import server

    server.serve(settings, worker=worker)


@app.command()
def worker(
    data: Annotated[Path | None, typer.Option(help="The data folder.")] = None,
    quiet: Quiet = False,
) -> None:
    """Run jobs without serving HTTP, beside other gateways on the same database."""
    settings = load_settings(data_dir=data)
    configure_logs("warning" if quiet else settings.log_level)
    from comfyui_gateway import server

    server.work(settings)


@jobs_app.command("list")
def list_jobs(
    status: Annotated[
        str | None, typer.Option(help="Only queued, running, succeeded, failed or cancelled jobs.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=1000)] = 20,
    as_json: AsJson = False,
) -> None:
    """List jobs, newest first."""
    only = _status(status)

    async def fetch(gateway: "Gateway") -> "list[Job]":
        return list(await gateway.store.list(status=only, limit=limit))

    jobs = _with_gateway(fetch)
    if as_json:
        from comfyui_gateway.routes.documents import encode_job

        _print_json([json.loads(encode_job(job)) for job in jobs])
        return
    # An id is there to be copied: it is whole on the narrowest terminal.
    table = Table(
        Column("job", min_width=36), "workflow", "status", "created", box=None, pad_edge=False
    )
    for job in jobs:
        table.add_row(
            str(job.id),
            job.workflow_id,
            job.status,
            f"{job.created_at:%m-%d %H:%M}",
        )
    _out.print(table)


@jobs_app.command("show")
def show_job(job_id: UUID, as_json: AsJson = False) -> None:
    """Show one job."""

    async def fetch(gateway: "Gateway") -> "Job":
        return await gateway.store.get(job_id)

    _print_job(_with_gateway(fetch), as_json=as_json)


@jobs_app.command("cancel")
def cancel_job(job_id: UUID, as_json: AsJson = False) -> None:
    """Stop a job that waits or runs."""

    async def cancel(gateway: "Gateway") -> "Job":
        return await gateway.cancel(job_id)

    _print_job(_with_gateway(cancel), as_json=as_json)


@jobs_app.command("again")
def run_again(
    job_id: UUID,
    wait: Annotated[float, typer.Option(min=0, help="Seconds to wait for its end.")] = 600.0,
    as_json: AsJson = False,
) -> None:
    """Run a job's workflow again with the same parameters: does what failed fail again?

    A gateway or worker that is running does the work. The exit status is 0 when it succeeds.
    """

    async def again(gateway: "Gateway") -> "Job":
        job = await gateway.run_again(job_id)
        sys.stderr.write(f"gateway: {job.workflow_id} runs again as {job.id}\n")
        return await gateway.watch.wait(job, wait)

    job = _with_gateway(again)
    _print_job(job, as_json=as_json)
    if not job.finished:
        sys.stderr.write("gateway: it has not ended yet; is a gateway or worker running?\n")
    if job.status != "succeeded":
        raise typer.Exit(1)


@app.command()
def doctor(as_json: AsJson = False) -> None:
    """Check what the gateway needs: Postgres, ComfyUI, FFmpeg, the data folder."""
    from comfyui_gateway.services.video_step import check_ffmpeg

    async def check(gateway: "Gateway") -> "list[ReadyCheck]":
        return [*await gateway.checks(), await check_ffmpeg()]

    checks = _with_gateway(check)
    if as_json:
        _print_json([check.model_dump() for check in checks])
    else:
        for found in checks:
            mark = "[green]ok[/green]  " if found.ok else "[red]fail[/red]"
            _out.print(f"{mark} {found.name}: {found.detail}", soft_wrap=True)
    if not all(found.ok for found in checks):
        raise typer.Exit(1)


def _with_gateway(use: Callable[["Gateway"], Coroutine[object, object, T]]) -> T:
    from comfyui_gateway.services.gateway import open_gateway

    settings: Settings = load_settings()
    configure_logs("warning")

    async def run() -> T:
        async with open_gateway(settings, worker=False) as gateway:
            return await use(gateway)

    return asyncio.run(run())


def _status(given: str | None) -> JobStatus | None:
    known: tuple[JobStatus, ...] = ("queued", "running", "succeeded", "failed", "cancelled")
    for status in known:
        if status == given:
            return status
    if given is None:
        return None
    raise StartRefused(f"{given!r} is no status; jobs are {', '.join(known)}.")


def _print_job(job: "Job", *, as_json: bool) -> None:
    from comfyui_gateway.routes.documents import encode_job

    document = json.loads(encode_job(job))
    if as_json:
        _print_json(document)
        return
    for name, value in document.items():
        shown = escape(value if isinstance(value, str) else json.dumps(value))
        _out.print(f"[bold]{name}[/bold]: {shown}", soft_wrap=True)


def _print_json(value: object) -> None:
    sys.stdout.write(json.dumps(value, indent=2) + "\n")
