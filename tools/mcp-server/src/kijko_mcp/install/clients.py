"""The editors: where each keeps its MCP servers, and what an entry looks like there.

Sources: docs.augmentcode.com/cli/integrations, code.claude.com/docs/en/mcp, cursor.com/docs/mcp,
code.visualstudio.com/docs/copilot/customization/mcp-servers, zed.dev/docs/ai/mcp.
"""

import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

NAME = "kijko"
# What the server reads; a token is never written into a file, only named.
_COPIED = ("SENTRY_URL", "SENTRY_ORG")
_TOKEN = "SENTRY_AUTH_TOKEN"  # noqa: S105 - the variable's name


class ClientName(StrEnum):
    """The editors that are known."""

    AUGMENT = "augment"
    CLAUDE = "claude"
    CURSOR = "cursor"
    VSCODE = "vscode"
    ZED = "zed"


@dataclass(frozen=True, slots=True)
class Entry:
    """What is to stand in a file.

    Attributes:
        file: the settings file.
        path: the names of the objects down to the entry.
        value: the entry.
        note: what the person must still do, or "".
    """

    file: Path
    path: tuple[str, ...]
    value: dict[str, Any]
    note: str = ""


def entry_for(
    client: ClientName, workspace: Path, home: Path, environment: Mapping[str, str]
) -> Entry:
    """A client's entry for this server, as it runs now, about this workspace."""
    command, *arguments = this_program(environment)
    given = {name: environment[name] for name in _COPIED if environment.get(name)}
    server: dict[str, Any] = {"command": command, "args": [*arguments, "serve"]}
    token_from = {
        ClientName.CLAUDE: f"${{{_TOKEN}:-}}",
        ClientName.CURSOR: f"${{env:{_TOKEN}}}",
        ClientName.VSCODE: f"${{env:{_TOKEN}}}",
    }.get(client)
    if token_from is not None:
        given[_TOKEN] = token_from
    note = f"The token is read from {_TOKEN}: set it where the editor starts."
    match client:
        case ClientName.CLAUDE:
            file, path = workspace / ".mcp.json", ("mcpServers", NAME)
            server = {"type": "stdio", **server}
        case ClientName.CURSOR:
            file, path = workspace / ".cursor" / "mcp.json", ("mcpServers", NAME)
        case ClientName.VSCODE:
            file, path = workspace / ".vscode" / "mcp.json", ("servers", NAME)
            server = {"type": "stdio", **server}
        case ClientName.AUGMENT:
            file, path = home / ".augment" / "settings.json", ("mcpServers", NAME)
        case ClientName.ZED:
            file, path = _zed(home, environment), ("context_servers", NAME)
    return Entry(file, path, {**server, "env": {**given, "MCP_WORKSPACE": str(workspace)}}, note)


def this_program(environment: Mapping[str, str]) -> Sequence[str]:
    """The command line that starts this program again: the packaged file, or this Python."""
    if packaged := environment.get("PEX"):
        return [str(Path(packaged).resolve())]
    return [sys.executable, "-m", "kijko_mcp"]


def _zed(home: Path, environment: Mapping[str, str]) -> Path:
    configured = environment.get("XDG_CONFIG_HOME", "") if os.name == "posix" else ""
    return (Path(configured) if configured else home / ".config") / "zed" / "settings.json"
