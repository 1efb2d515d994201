"""The server is a Sentry project itself: which tool, how it ended; never what was asked."""

import asyncio
import os
import subprocess
import sys

import httpx
from mcp import Client, StdioServerParameters

from mcp_asking import DEADLINE, said
from mcp_story import Story

SECRET = "nobody-may-read-this"


def _environment(story: Story) -> dict[str, str]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("SENTRY_", "MCP_"))}
    return (
        kept
        | story.server.environment()
        | {
            "PYTHONPATH": os.pathsep.join(map(os.path.abspath, sys.path)),
            "MCP_WORKSPACE": str(story.checkout.folder),
            "MCP_CALL_TIMEOUT": str(DEADLINE),
            "SENTRY_DSN": story.server.dsns["kijko-mcp-server"],
            "SENTRY_TRACES_SAMPLE_RATE": "1.0",
        }
    )


def _ask(story: Story, *words: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "kijko_mcp", "ask", *words],
        env=_environment(story),
        capture_output=True,
        text=True,
        timeout=DEADLINE,
        check=False,
    )


async def test_calls_are_recorded_without_their_arguments(story: Story) -> None:
    server = StdioServerParameters(
        command=sys.executable, args=["-m", "kijko_mcp", "serve"], env=_environment(story)
    )
    async with Client(server, read_timeout_seconds=DEADLINE) as client:
        given = {"project": "web", "query": f"!message:{SECRET}"}
        answer = said(await client.call_tool("find_errors", given))
        assert story.crash.short_id in answer.text
        spans = await _spans(story)
    assert any("tools/call find_errors" in str(each) for each in spans)
    assert SECRET not in str(spans)


def test_ask_understands_english(story: Story) -> None:
    done = _ask(story, "show", "me", "the", "last", "error", "in", "kijko-web")
    assert done.returncode == 0, done.stderr
    assert "explain_issue project=kijko-web" in done.stderr
    assert story.crash.short_id.split("-")[1] in done.stdout


def test_ask_is_refused_with_two_sentences_and_a_status(story: Story) -> None:
    done = _ask(story, "what", "is", "the", "weather")
    assert done.returncode == 2
    assert "not understood" in done.stderr
    assert "Traceback" not in done.stderr


async def _spans(story: Story) -> list[object]:
    """What the server's own project was sent, once it is there."""
    query: dict[str, str | list[str]] = {
        "dataset": "spans",
        "field": ["transaction", "span.op", "span.description", "mcp.tool.name", "trace"],
        "query": "project:kijko-mcp-server",
        "statsPeriod": "1h",
    }
    address = f"{story.server.url}/api/0/organizations/kijko/events/"
    async with httpx.AsyncClient(timeout=DEADLINE) as http, asyncio.timeout(DEADLINE):
        while True:
            answer = await http.get(address, params=query)
            if found := answer.raise_for_status().json()["data"]:
                return list(found)
            await asyncio.sleep(0.05)
