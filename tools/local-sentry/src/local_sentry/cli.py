"""The command line: `serve`, `token`, `doctor`."""

import contextlib
import json
import sqlite3
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from pydantic import ValidationError
from rich.console import Console
from rich.table import Table

from local_sentry import archive, logs
from local_sentry.app import DataInUseError, prepare_data
from local_sentry.doctor import examine
from local_sentry.server import CannotListenError, run
from local_sentry.settings import Settings
from local_sentry.store import tokens
from local_sentry.store.database import IncompatibleDatabaseError, connect

app = typer.Typer(
    name="local-sentry",
    help="A Sentry-compatible server for one machine.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
token_app = typer.Typer(
    help="Tokens for the API and the pages. Without a verb: make one.",
    invoke_without_command=True,
)
app.add_typer(token_app, name="token")
_err = Console(stderr=True)

Data = Annotated[
    Path | None, typer.Option("--data", help="Data folder.", envvar="LOCAL_SENTRY_DATA")
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def _fail(message: str) -> typer.Exit:
    _err.print(f"[bold red]error:[/] {message}", highlight=False, soft_wrap=True)
    return typer.Exit(1)


def _settings(**given: object) -> Settings:
    """Settings from the environment, overridden by the options that were given."""
    try:
        return Settings.model_validate({**Settings().model_dump(), **_present(given)})
    except ValidationError as error:
        first = error.errors()[0]
        name = "_".join(str(part) for part in first["loc"])
        raise _fail(
            f"{name} is not valid: {first['msg'].lower()}."
            f" Set --{name.replace('_', '-')} or LOCAL_SENTRY_{name.upper()}."
        ) from None


def _present(given: dict[str, object]) -> dict[str, object]:
    return {name: value for name, value in given.items() if value is not None}


@contextlib.contextmanager
def _plainly() -> Iterator[None]:
    """Turns the errors a person can do something about into one sentence."""
    try:
        yield
    except (
        archive.ArchiveError, DataInUseError, CannotListenError, IncompatibleDatabaseError,
    ) as error:  # fmt: skip
        raise _fail(str(error)) from None
    except (OSError, sqlite3.Error) as error:
        raise _fail(f"The data folder cannot be used: {error}.") from None


@app.command()
def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(help="0 takes a free port and prints it.")] = None,
    data: Data = None,
    no_auth: Annotated[
        bool, typer.Option("--no-auth", help="Let everyone on this machine read. Loopback only.")
    ] = False,
    allow_private_webhooks: Annotated[
        bool,
        typer.Option(
            "--allow-private-webhooks", help="Let alerts call loopback and private networks."
        ),
    ] = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="Log only what goes wrong.")] = False,
    as_json: Json = False,
) -> None:
    """Serve until Ctrl-C."""
    settings = _settings(
        host=host,
        port=port,
        data=data,
        require_auth=False if no_auth else None,
        allow_private_webhooks=allow_private_webhooks or None,
        quiet=quiet or None,
    )
    logs.configure(quiet=settings.quiet)
    with _plainly():
        run(settings, announce_json=as_json or settings.port == 0)


@token_app.callback()
def create_token(
    context: typer.Context,
    name: Annotated[str, typer.Option(help="What it is for.")] = "default",
    scope: Annotated[
        list[str] | None,
        typer.Option(help="What it allows, like event:write; several times. Default: reading."),
    ] = None,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Make a token and print it. It is not shown again."""
    if context.invoked_subcommand is not None:
        return
    scopes = tuple(dict.fromkeys(scope or tokens.READ_SCOPES))
    if unknown := set(scopes) - tokens.SCOPES:
        known = " ".join(sorted(tokens.SCOPES))
        raise _fail(f"There is no scope {' '.join(sorted(unknown))}. There are: {known}.")
    with _plainly(), contextlib.closing(_connection(data)) as connection:
        secret = tokens.create(connection, name, scopes)
    typer.echo(json.dumps({"token": secret}) if as_json else secret)


@token_app.command("list")
def list_tokens(data: Data = None, as_json: Json = False) -> None:
    """List the tokens, without their secrets."""
    with _plainly(), contextlib.closing(_connection(data)) as connection:
        found = tokens.listed(connection)
    if as_json:
        typer.echo(json.dumps([{"id": t.id, "name": t.name, "hint": t.hint} for t in found]))
        return
    table = Table("id", "name", "token", "scopes")
    for token in found:
        table.add_row(
            str(token.id), token.name, f"{tokens.PREFIX}…{token.hint}", " ".join(token.scopes)
        )
    Console().print(table)


@token_app.command("revoke")
def revoke_token(token_id: int, data: Data = None) -> None:
    """Delete a token."""
    with _plainly(), contextlib.closing(_connection(data)) as connection:
        if not tokens.revoke(connection, token_id):
            raise _fail(f"There is no token {token_id}. See: local-sentry token list.")


def _connection(data: Path | None) -> sqlite3.Connection:
    return connect(prepare_data(_settings(data=data).data))


@app.command()
def doctor(data: Data = None, as_json: Json = False) -> None:
    """Check a data folder: integrity, what waits in the journal, what could not be processed."""
    with _plainly():
        report = examine(_settings(data=data).data)
    if as_json:
        typer.echo(json.dumps(report.as_dict()))
    else:
        table = Table("check", "", "finding", show_edge=False)
        for check in report.checks:
            table.add_row(check.name, "[green]ok[/]" if check.ok else "[red]bad[/]", check.finding)
        Console().print(table)
    if not report.ok:
        raise typer.Exit(1)


@app.command("export")
def export_archive(target: Path, data: Data = None, as_json: Json = False) -> None:
    """Write everything into one file. The server may run meanwhile."""
    with _plainly():
        summary = archive.export_data(_settings(data=data).data, target)
    _say(f"{target}: {summary.events} events, {summary.blobs} files", summary, as_json=as_json)


@app.command("import")
def import_archive(source: Path, data: Data = None, as_json: Json = False) -> None:
    """Fill a new data folder from an export, or merge it into one. Again changes nothing."""
    with _plainly():
        folder = _settings(data=data).data
        summary = archive.import_data(source, folder)
    if summary is None:
        _say(f"{folder} holds {source} already", None, as_json=as_json)
    else:
        _say(f"{folder}: {summary.events} events, {summary.blobs} files", summary, as_json=as_json)


def _say(line: str, summary: archive.Summary | None, *, as_json: bool) -> None:
    found = asdict(summary) if summary is not None else {"unchanged": True}
    typer.echo(json.dumps(found) if as_json else line)


def main() -> None:
    """The entry point of the packaged program."""
    app()
