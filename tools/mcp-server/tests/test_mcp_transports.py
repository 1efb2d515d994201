"""The official client over real stdio and real HTTP; who may not ask; a client that disappears."""

import asyncio
import contextlib
import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from mcp import Client, StdioServerParameters
from mcp.client.streamable_http import streamable_http_client

from mcp_asking import DEADLINE, said
from mcp_story import Story

TOKEN = "a-token-for-this-test-only"
_PROGRAM = ("-m", "kijko_mcp")


def _environment(story: Story, **more: str) -> dict[str, str]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("SENTRY_", "MCP_"))}
    return (
        kept
        | story.server.environment()
        | {
            "PYTHONPATH": os.pathsep.join(map(os.path.abspath, sys.path)),
            "MCP_WORKSPACE": str(story.checkout.folder),
        }
        | {"MCP_CALL_TIMEOUT": str(DEADLINE)}
        | more
    )


@dataclass(frozen=True)
class Running:
    """A server that listens."""

    url: str
    announced: Mapping[str, str]
    process: asyncio.subprocess.Process


@contextlib.asynccontextmanager
async def _http(story: Story, **more: str) -> AsyncIterator[Running]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, *_PROGRAM, "serve", "--http", "--port", "0"),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        env=_environment(story, **more),
    )
    assert process.stdout is not None
    try:
        async with asyncio.timeout(DEADLINE):
            announced = json.loads(await process.stdout.readline())
        yield Running(announced["url"], announced, process)
    finally:
        if process.returncode is None:
            process.terminate()
        async with asyncio.timeout(DEADLINE):
            await process.communicate()


async def test_stdio_answers_the_official_client(story: Story) -> None:
    server = StdioServerParameters(
        command=sys.executable, args=[*_PROGRAM, "serve"], env=_environment(story)
    )
    async with Client(server, read_timeout_seconds=DEADLINE) as client:
        listed = await client.list_tools()
        answer = said(await client.call_tool("explain_issue", {"issue": story.crash.short_id}))
    assert "find_errors" in {each.name for each in listed.tools}
    assert answer.facts["issue"] == story.crash.short_id


async def test_stdio_speaks_the_older_protocol_too(story: Story) -> None:
    server = StdioServerParameters(
        command=sys.executable, args=[*_PROGRAM, "serve"], env=_environment(story)
    )
    async with Client(server, mode="legacy", read_timeout_seconds=DEADLINE) as client:
        answer = said(await client.call_tool("find_errors", {"project": "web"}))
    assert story.crash.short_id in answer.text


async def test_a_client_that_disappears_ends_the_stdio_server(story: Story) -> None:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, *_PROGRAM, "serve"),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env=_environment(story),
    )
    assert process.stdin is not None
    assert process.stdout is not None
    hello = {
        "protocolVersion": "2025-06-18",
        "capabilities": {},
        "clientInfo": {"name": "gone", "version": "1"},
    }
    for message in (
        {"id": 1, "method": "initialize", "params": hello},
        {"method": "notifications/initialized"},
        {"id": 2, "method": "tools/call", "params": {"name": "find_bottleneck", "arguments": {}}},
    ):
        process.stdin.write(json.dumps({"jsonrpc": "2.0", **message}).encode() + b"\n")
    await process.stdin.drain()
    async with asyncio.timeout(DEADLINE):
        first = json.loads(await process.stdout.readline())
        assert first["id"] == 1
        process.stdin.close()
        _, complaint = await process.communicate()
    assert process.returncode == 0
    assert b"Traceback" not in complaint


async def test_http_answers_who_knows_the_token(story: Story) -> None:
    async with _http(story, MCP_HTTP_TOKEN=TOKEN) as server:
        import httpx2  # what the SDK's client speaks HTTP with

        async with (
            httpx2.AsyncClient(
                headers={"Authorization": f"Bearer {TOKEN}"}, timeout=DEADLINE
            ) as http,
            Client(
                streamable_http_client(server.url, http_client=http), read_timeout_seconds=DEADLINE
            ) as client,
        ):
            answer = said(await client.call_tool("find_errors", {"project": "api"}))
    assert story.workflow_failed.short_id in answer.text
    assert "token_file" not in server.announced


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 401),
        ({"Authorization": "Bearer another-token-altogether"}, 401),
        ({"Authorization": f"Bearer {TOKEN}", "Origin": "https://evil.example"}, 403),
        ({"Authorization": f"Bearer {TOKEN}", "Origin": "http://127.0.0.1.evil.example"}, 403),
        ({"Authorization": f"Bearer {TOKEN}", "Origin": "null"}, 403),
        ({"Authorization": f"Bearer {TOKEN}", "Host": "evil.example"}, 421),
    ],
)
async def test_http_refuses_strangers(story: Story, headers: dict[str, str], status: int) -> None:
    body = {"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {}}
    async with (
        _http(story, MCP_HTTP_TOKEN=TOKEN) as server,
        httpx.AsyncClient(timeout=DEADLINE) as http,
    ):
        accepted = {"accept": "application/json, text/event-stream"}
        answer = await http.post(server.url, json=body, headers=accepted | headers)
    assert answer.status_code == status
    assert "find_errors" not in answer.text


async def test_a_token_that_is_made_is_kept_for_its_owner_only(
    story: Story, tmp_path: Path
) -> None:
    async with _http(story, XDG_STATE_HOME=str(tmp_path)) as server:
        named = server.announced["token_file"]
    _is_private(Path(named), tmp_path)


def _is_private(kept: Path, folder: Path) -> None:
    assert kept.is_relative_to(folder)
    assert kept.stat().st_mode & 0o077 == 0
    assert len(kept.read_text().strip()) >= 32


async def test_http_stops_when_it_is_told(story: Story) -> None:
    async with _http(story, MCP_HTTP_TOKEN=TOKEN) as server:
        server.process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(DEADLINE):
            assert await server.process.wait() == 0
