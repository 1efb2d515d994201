"""The server is a Sentry project itself: which tool, how it ended; never what was asked."""

import os
import subprocess
import sys
import time

import httpx

from mcp_asking import DEADLINE
from mcp_story import Story

SECRET = "nobody-may-read-this"


def _ask(story: Story, *words: str) -> "subprocess.CompletedProcess[str]":
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("SENTRY_", "MCP_"))}
    environment = {
        "PYTHONPATH": os.pathsep.join(sys.path),
        "MCP_WORKSPACE": str(story.checkout.folder),
        "MCP_CALL_TIMEOUT": str(DEADLINE),
        "SENTRY_DSN": story.server.dsns["kijko-mcp-server"],
        "SENTRY_TRACES_SAMPLE_RATE": "1.0",
        "SENTRY_SHUTDOWN_TIMEOUT": "60",
    }
    return subprocess.run(
        [sys.executable, "-m", "kijko_mcp", "ask", *words],
        env=kept | story.server.environment() | environment,
        capture_output=True,
        text=True,
        timeout=DEADLINE,
        check=False,
    )


def test_ask_answers_in_the_terminal_and_is_recorded_without_its_arguments(story: Story) -> None:
    done = _ask(story, "find_errors", "project=web", f"query=!message:{SECRET}")
    assert done.returncode == 0, done.stderr
    assert story.crash.short_id in done.stdout
    spans = _spans(story)
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


def _spans(story: Story) -> list[object]:
    """What the server's own project was sent, once it is there."""
    query: dict[str, str | list[str]] = {
        "dataset": "spans",
        "field": ["transaction", "span.op", "span.description", "mcp.tool.name", "trace"],
        "query": "project:kijko-mcp-server",
        "statsPeriod": "1h",
    }
    until = time.monotonic() + DEADLINE
    while True:
        answer = httpx.get(
            f"{story.server.url}/api/0/organizations/kijko/events/", params=query, timeout=DEADLINE
        )
        found = answer.raise_for_status().json()["data"]
        if found:
            return list(found)
        assert time.monotonic() < until, "no span of the server itself came"
        time.sleep(0.05)
