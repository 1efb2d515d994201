"""The command line: `mcp-server`."""

import asyncio
import gc
import json
import sys
from typing import Annotated

import typer

import observability
from kijko_mcp.doctor import doctor
from kijko_mcp.errors import Trouble
from kijko_mcp.install.command import install
from kijko_mcp.settings import McpSettings
from kijko_mcp.tracing import PROJECT
from observability import ObservabilityError
from sentry_api import SentryApiError

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
    settings = McpSettings.read()
    if allow_write:
        settings = settings.model_copy(update={"allow_write": True})
    if http:
        from kijko_mcp.http import serve_http

        asyncio.run(serve_http(settings, port, _announce))
    else:
        asyncio.run(_serve_stdio(settings))


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


async def _serve_stdio(settings: McpSettings) -> None:
    # An editor waits for the first answer, and what is imported stays: nothing of it is garbage.
    gc.disable()
    from kijko_mcp.desk import open_desk
    from kijko_mcp.server import build_server

    gc.freeze()
    gc.enable()
    async with open_desk(settings) as desk:
        await build_server(desk).run_stdio_async()


def _announce(event: dict[str, str]) -> None:
    sys.stdout.write(json.dumps(event) + "\n")
    sys.stdout.flush()


def main() -> None:
    """Run the command line; a designed error is two sentences and its own exit status."""
    try:
        observability.init(PROJECT)
        app(prog_name="mcp-server")
    except (Trouble, SentryApiError) as trouble:
        sys.stderr.write(f"mcp-server: {trouble.problem} {trouble.advice}\n")
        raise SystemExit(2) from None
    except ObservabilityError as error:
        sys.stderr.write(f"mcp-server: {error}\n")
        raise SystemExit(2) from None
    except KeyboardInterrupt:
        raise SystemExit(130) from None
    finally:
        observability.close()
