"""Asked about a real gateway, ComfyUI and FFmpeg that have just worked and failed."""

import json
import os
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from mcp import Client

from kijko_mcp.settings import McpSettings
from mcp_asking import DEADLINE, Said, client_of, said
from mcp_waiting import eventually
from sentry_api import SentrySettings

_STOPS_WITHIN = 120.0


@dataclass(frozen=True)
class Stack:
    """A stack that runs: where its parts are, and what its sample jobs became."""

    gateway: str
    sentry: str
    trace: str

    def run(self, workflow: str) -> dict[str, Any]:
        """Runs a workflow to its end; the job as the gateway tells it."""
        answer = httpx.post(
            f"{self.gateway}/api/workflows/{workflow}/execute",
            json={"parameters": {}},
            headers={"Prefer": "wait=60"},
            timeout=DEADLINE,
        )
        job: dict[str, Any] = answer.raise_for_status().json()
        while job["finished_at"] is None:
            job = httpx.get(f"{self.gateway}/api/jobs/{job['id']}", timeout=DEADLINE).json()
            time.sleep(0.05)
        return job


@contextmanager
def _up(folder: Path) -> Iterator[Stack]:
    ports = ("--gateway-port", "0", "--sentry-port", "0", "--comfyui-port", "0")
    given = {name: each for name, each in os.environ.items() if not name.startswith("DEVSTACK_")}
    given |= {"PYTHONPATH": os.pathsep.join(map(os.path.abspath, filter(None, sys.path)))}
    given.pop("COMFYUI_URL", None)
    with (
        (folder / "errors").open("wb") as errors,
        subprocess.Popen(
            [sys.executable, "-m", "devstack", "--json", "--data", str(folder / "data"), *ports],
            stdout=subprocess.PIPE,
            stderr=errors,
            cwd=folder,
            env=given,
        ) as process,
    ):
        assert process.stdout is not None
        try:
            line = process.stdout.readline()
            told = json.loads(line) if line else {"event": "it said nothing"}
            assert told["event"] == "ready", (told, (folder / "errors").read_text()[-2000:])
            yield Stack(told["gateway"], told["sentry"], told["trace"])
        finally:
            process.send_signal(signal.SIGINT)
            try:
                process.wait(_STOPS_WITHIN)
            finally:
                process.kill()


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with _up(tmp_path_factory.mktemp("stack")) as running:
        yield running


@asynccontextmanager
async def _client(stack: Stack) -> AsyncIterator[Client]:
    sentry = SentrySettings.model_validate(
        {"url": stack.sentry, "org": "kijko", "api_timeout": DEADLINE}
    )
    settings = McpSettings.model_validate({"call_timeout": DEADLINE, "gateway": stack.gateway})
    async with client_of(sentry, settings) as opened:
        yield opened


async def _once_it_says(client: Client, words: str, tool: str, **arguments: object) -> Said:
    """The answer that has these words: what a program sends takes a moment to arrive."""

    async def told() -> Said | None:
        answer = said(await client.call_tool(tool, arguments))
        return answer if words in answer.text else None

    return await eventually(told, f"{words!r} in the answer of {tool}")


async def test_the_last_failed_workflow_is_the_job_that_has_just_failed(stack: Stack) -> None:
    async with _client(stack) as client:
        job = stack.run("fails-on-purpose")
        assert job["status"] == "failed"
        answer = await _once_it_says(client, job["id"], "explain_trace", which="failed_workflow")
        assert job["trace_id"] in answer.text
        assert "SaveVideo" in answer.conclusion
        assert "libx264" in answer.text
        assert answer.facts["job"] == job["id"]
        command = shlex.split(answer.facts["reproduce"])
        assert command[:3] == ["curl", "-X", "POST"]
        async with httpx.AsyncClient(timeout=DEADLINE) as caller:
            again = (await caller.post(command[3])).json()
        assert again["id"] != job["id"]
        assert (again["status"], again["error"]) == ("failed", job["error"])


async def test_a_job_leads_to_its_trace_and_its_error(stack: Stack) -> None:
    async with _client(stack) as client:
        job = stack.run("fails-on-purpose")
        trace = await _once_it_says(client, "ExecutionFailed", "explain_trace", job=job["id"])
        assert trace.facts["trace"] == job["trace_id"]
        error = await _once_it_says(client, job["id"], "explain_issue", issue="last", project="api")
        assert "ExecutionFailed" in error.text
        assert "clients/comfyui/client.py" in error.text
        assert "/prompt → 200" in error.text
        assert job["id"] in error.text
        listed = await _once_it_says(client, "ExecutionFailed", "find_errors", about="workflow")
        assert not listed.refused


async def test_the_time_of_a_job_goes_to_its_nodes_and_not_to_who_waits(stack: Stack) -> None:
    async with _client(stack) as client:
        answer = await _once_it_says(client, "FFmpeg", "explain_trace", trace=stack.trace)
        assert answer.facts["trace"] in stack.trace
        shares = await _once_it_says(client, "ComfyUI node", "find_bottleneck")
        own = [part["ms"] for part in shares.facts["parts"] if part["kind"] == "own work"]
        # The request waits for its job all the time: that is not work.
        assert sum(own) < sum(part["ms"] for part in shares.facts["parts"]) / 2, shares.text


async def test_the_workflow_api_has_an_average_and_a_p95(stack: Stack) -> None:
    async with _client(stack) as client:
        answer = await _once_it_says(
            client, "execute", "find_slow", project="api", name="workflows"
        )
        assert "/api/workflows/{workflow_id}/execute" in answer.text
        queries = await _once_it_says(client, "INSERT INTO jobs", "find_slow", what="queries")
        assert "UPDATE jobs" in queries.text
