"""The command line: `mcp-server`."""

import asyncio
import json
import os
import sys
from typing import Annotated

import typer

from kijko_mcp.doctor import doctor
from kijko_mcp.install.command import install
from kijko_mcp.reporting import reported
from kijko_mcp.resident import residents
from kijko_mcp.settings import McpSettings

app = typer.Typer(
    name="mcp-server",
    help="Answers questions about Sentry and this workspace inside the editor, over MCP.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)


@app.callback()
def _program() -> None:
    """Answers questions about Sentry and this workspace inside the editor, over MCP."""


app.command()(install)
app.command()(doctor)


@app.command()
def serve(
    http: Annotated[bool, typer.Option("--http", help="Over HTTP on this machine.")] = False,
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 picks a free one.")] = 8970,
    allow_write: Annotated[
        bool, typer.Option("--allow-write", help="Offer the tool that changes issues.")
    ] = False,
) -> None:
    """Serve a client: over stdin and stdout, or with --http over streamable HTTP."""
    settings = McpSettings.read().offering(write=allow_write)
    if http:
        from kijko_mcp.http import serve_http

        asyncio.run(serve_http(settings, port, _announce))
    else:
        # Only with options that stdio does without: `__main__` serves the others at once.
        from kijko_mcp.stdio import serve as serve_stdio

        serve_stdio(settings)


@app.command()
def ask(
    question: Annotated[
        list[str], typer.Argument(help="A question, or a tool's name and key=value.")
    ],
    as_json: Annotated[bool, typer.Option("--json", help="The answer for programs.")] = False,
) -> None:
    """Ask from the terminal what an editor would ask."""
    from kijko_mcp.asking import ask as asked

    raise typer.Exit(asyncio.run(asked(McpSettings.read(), question, as_json=as_json)))


@app.command()
def stop(
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    """End the resident servers of this user, and the sessions they hold."""
    stopped = residents.stop(os.environ)
    if as_json:
        sys.stdout.write(f"{json.dumps([each.pid for each in stopped])}\n")
        return
    for each in stopped:
        sys.stdout.write(f"Stopped {each.pid}, which held {residents.counted(each.sessions)}.\n")
    if not stopped:
        sys.stdout.write("No resident server runs.\n")


def _announce(event: dict[str, str]) -> None:
    sys.stdout.write(json.dumps(event) + "\n")
    sys.stdout.flush()


def main() -> None:
    """Run the command line."""
    with reported():
        app(prog_name="mcp-server")
