"""The tool list as clients see it; ``python -m mcp_contract`` writes it down anew."""

import asyncio
import json
from pathlib import Path
from typing import Any

from kijko_mcp.settings import McpSettings
from mcp_asking import client_of
from mcp_tokens import ENCODING, compact, tokens
from sentry_api import SentrySettings

FILE = Path(__file__).parent / "contract" / "tools.json"


async def contract() -> dict[str, Any]:
    """What ``tools/list`` answers where writing is on, and what that costs."""
    settings = McpSettings.model_validate({"workspace": Path("/"), "allow_write": True})
    sentry = SentrySettings.model_validate({"url": "http://127.0.0.1:1", "org": "kijko"})
    async with client_of(sentry, settings) as client:
        listed = await client.list_tools()
    tools = [
        each.model_dump(mode="json", by_alias=True, exclude_none=True) for each in listed.tools
    ]
    return {"tokenizer": ENCODING, "tokens": tokens(compact(tools)), "tools": tools}


def written(known: dict[str, Any]) -> str:
    """The contract as it is checked in."""
    return json.dumps(known, indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    FILE.parent.mkdir(exist_ok=True)
    FILE.write_text(written(asyncio.run(contract())), encoding="utf-8")
