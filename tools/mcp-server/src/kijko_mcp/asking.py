"""Asks this server from the terminal, through the same client and tools that an editor uses."""

import json
import sys

from mcp import Client
from mcp.types import TextContent

from kijko_mcp.desk import open_desk
from kijko_mcp.phrases import understood
from kijko_mcp.server import build_server
from kijko_mcp.settings import McpSettings

_MORE_TIME = 10.0  # seconds for a refusal to arrive after a call's time is up


async def ask(settings: McpSettings, words: list[str], *, as_json: bool) -> int:
    """Prints an answer; returns the exit status, 1 where the question was refused.

    Raises:
        Unclear: the question names no tool.
    """
    async with open_desk(settings) as desk:
        server = build_server(desk)
        asked = understood(words, {tool.name for tool in await server.list_tools()})
        patience = settings.call_timeout + _MORE_TIME
        async with Client(server, read_timeout_seconds=patience) as client:
            result = await client.call_tool(asked.tool, asked.arguments)
    if as_json:
        sys.stdout.write(json.dumps({"tool": asked.tool, **(result.structured_content or {})}))
    else:
        given = " ".join(f"{key}={value}" for key, value in asked.arguments.items())
        sys.stderr.write(f"{asked.tool} {given}\n".replace("  ", " "))
        shown = [each.text for each in result.content if isinstance(each, TextContent)]
        sys.stdout.write("\n".join(shown))
    sys.stdout.write("\n")
    return 1 if result.is_error else 0
