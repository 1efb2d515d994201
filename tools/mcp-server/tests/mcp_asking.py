"""Asks the server as an editor does: through the SDK's own client, in memory."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mcp import Client
from mcp.types import CallToolResult, TextContent

from kijko_mcp.desk import open_desk
from kijko_mcp.server import build_server
from kijko_mcp.settings import McpSettings
from mcp_story import Story
from sentry_api import SentrySettings

DEADLINE = 240.0


@dataclass(frozen=True)
class Said:
    """What came back."""

    text: str
    structured: dict[str, Any]
    refused: bool

    @property
    def conclusion(self) -> str:
        """The first line: the answer itself."""
        return self.text.splitlines()[0]

    @property
    def facts(self) -> dict[str, Any]:
        """The same for programs."""
        found = self.structured["facts"]
        assert isinstance(found, dict)
        return found


def said(result: CallToolResult) -> Said:
    """A result as text and structure."""
    text = "\n".join(each.text for each in result.content if isinstance(each, TextContent))
    return Said(text, result.structured_content or {}, bool(result.is_error))


@asynccontextmanager
async def client_of(
    sentry: SentrySettings, settings: McpSettings, **more: Any
) -> AsyncIterator[Client]:
    """A client of a server in this process."""
    async with (
        open_desk(settings, sentry) as desk,
        Client(build_server(desk), read_timeout_seconds=DEADLINE, **more) as client,
    ):
        yield client


@dataclass(frozen=True)
class Editor:
    """An editor that is open in the story's checkout."""

    story: Story
    settings: McpSettings

    @classmethod
    def open(cls, story: Story, aside: Path) -> "Editor":
        """Opens it; which project needs which is as Pants prints it."""
        graph = aside / "graph.json"
        graph.write_text(json.dumps(GRAPH))
        given = {"workspace": story.checkout.folder, "graph": graph, "call_timeout": DEADLINE}
        return cls(story, McpSettings.model_validate(given))

    async def ask(self, tool: str, /, **arguments: Any) -> Said:
        """Asks one question, in one call."""
        async with client_of(self.story.server.settings(), self.settings) as client:
            return said(await client.call_tool(tool, arguments))


# What `./pants project-graph --format=json` prints, as far as it is read.
GRAPH = {
    "projects": [
        {"name": "comfyui-gateway", "folder": "apps/comfyui-gateway", "kind": "app"},
        {"name": "web", "folder": "apps/web", "kind": "app"},
        {"name": "editor", "folder": "packages/editor", "kind": "package"},
    ],
    "edges": [
        {
            "dependent": "web",
            "dependency": "editor",
            "tests_only": False,
            "count": 1,
            "evidence": [],
        },
    ],
}
