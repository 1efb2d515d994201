"""One session over this process's own stdin and stdout, where no resident serves it."""

import asyncio
import gc

from kijko_mcp.desk import open_desk
from kijko_mcp.reporting import reported
from kijko_mcp.server import build_server
from kijko_mcp.settings import McpSettings


def serve(settings: McpSettings) -> None:
    """Serves until the client is done."""
    gc.freeze()  # what was imported stays
    gc.enable()
    asyncio.run(_serve(settings))


async def _serve(settings: McpSettings) -> None:
    async with open_desk(settings) as desk:
        await build_server(desk).run_stdio_async()


def main(*, allow_write: bool) -> None:
    """Run `mcp-server serve` without its command line, which takes its time to import."""
    with reported():
        serve(McpSettings.read().offering(write=allow_write))
