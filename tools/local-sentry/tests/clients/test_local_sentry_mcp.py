"""Sentry's official MCP server over stdio, reading and changing this server through its tools."""

import json
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from queue import Queue
from typing import Any

import pytest

from local_sentry_npm import npm_program, quiet_environment
from local_sentry_process import LocalSentry, envelope, event_id, eventually, local_sentry
from local_sentry_story import RELEASE, Story, tell

_ANSWER_SECONDS = 120


class McpClient:
    """A JSON-RPC client of a program that speaks MCP over its standard streams."""

    def __init__(self, command: list[str], environment: dict[str, str], folder: Path) -> None:
        with (folder / "mcp.log").open("w") as log:
            self.process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True,
                env=environment, cwd=folder,
            )  # fmt: skip
        self._log = folder / "mcp.log"
        self._lines: Queue[str] = Queue()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        self._number = 0
        self.request(
            "initialize",
            protocolVersion="2025-06-18",
            capabilities={},
            clientInfo={"name": "test", "version": "1"},
        )
        self._send({"jsonrpc": "2.0", "method": "notifications/initialized"})

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self._lines.put(line)
        self._lines.put("")

    def _send(self, message: dict[str, Any]) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(message) + "\n")
        self.process.stdin.flush()

    def request(self, method: str, **parameters: Any) -> Any:
        """The result of a request."""
        self._number += 1
        self._send({"jsonrpc": "2.0", "id": self._number, "method": method, "params": parameters})
        while True:
            line = self._lines.get(timeout=_ANSWER_SECONDS)
            assert line, self._log.read_text()[-2000:]
            answer = json.loads(line)
            if answer.get("id") == self._number:
                assert "error" not in answer, answer
                return answer["result"]

    def tool(self, name: str, /, **arguments: Any) -> str:
        """What a tool says; fails when it is an error."""
        result = self.request("tools/call", name=name, arguments=arguments)
        text = "\n".join(part.get("text", "") for part in result["content"])
        assert not result.get("isError"), (name, arguments, text)
        assert "**Error**" not in text, (name, arguments, text)
        return text

    def catalog(self, tool: str, /, **arguments: Any) -> str:
        """A tool of the catalog, called through the one that executes them."""
        return self.tool("execute_sentry_tool", name=tool, arguments=arguments)

    def close(self) -> None:
        """Ends the program."""
        self.process.terminate()
        self.process.wait(_ANSWER_SECONDS)
        self._reader.join(_ANSWER_SECONDS)
        for stream in (self.process.stdin, self.process.stdout):
            assert stream is not None
            stream.close()


Told = tuple[LocalSentry, Story, McpClient]


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Told]:
    program = npm_program("@sentry/mcp-server", "0.39.0", "dist/index.js")
    home = tmp_path_factory.mktemp("home")
    with local_sentry(tmp_path_factory.mktemp("mcp")) as server:
        host = server.url.removeprefix("http://")
        environment = quiet_environment(home, server.url)
        token = environment.pop("SENTRY_AUTH_TOKEN")
        # The client takes one of host and address, not both.
        for name in ("SENTRY_URL", "SENTRY_HOST"):
            environment.pop(name)
        command = [*program, f"--access-token={token}", f"--host={host}", "--insecure-http",
                   "--all-skills", "--sentry-dsn="]  # fmt: skip
        client = McpClient(command, environment, home)
        try:
            yield server, tell(server), client
        finally:
            client.close()


def test_organizations_projects_teams_releases_and_dsns_are_found(told: Told) -> None:
    server, _, client = told
    place = {"organizationSlug": "kijko"}
    assert "kijko" in client.tool("find_organizations")
    assert "kijko-api" in client.tool("find_projects", **place)
    assert "kijko" in client.catalog("find_teams", **place)
    version = RELEASE.partition("@")[2]
    assert version in client.catalog("find_releases", **place)
    assert version in client.catalog("find_releases", **place, projectSlug="kijko-api")
    assert server.dsn("kijko-api") in client.catalog("find_dsns", **place, projectSlug="kijko-api")
    assert "Local User" in client.catalog("whoami")


def test_issues_are_searched(told: Told) -> None:
    _, story, client = told
    found = client.tool(
        "search_issues", organizationSlug="kijko", query="is:unresolved level:error"
    )
    assert story.short_id in found
    events = client.catalog(
        "search_issue_events", organizationSlug="kijko", issueId=story.short_id, query=""
    )
    assert story.event_id[:8] in events


@pytest.mark.parametrize(
    ("dataset", "query", "expected"),
    [
        ("errors", "", "render failed"),
        ("spans", 'is_transaction:true transaction:"POST /render"', "POST /render"),
        ("logs", "severity:warn", "picked up job"),
        ("replays", "", "replay"),
        ("metrics", "", "metrics"),
    ],
)
def test_events_of_every_dataset_are_searched(
    told: Told, dataset: str, query: str, expected: str
) -> None:
    _, _, client = told
    text = client.tool("search_events", organizationSlug="kijko", dataset=dataset, query=query)
    assert expected in text


def test_events_are_aggregated(told: Told) -> None:
    _, _, client = told
    text = client.tool(
        "search_events", organizationSlug="kijko", dataset="spans", query="",
        fields=["span.op", "count()", "p95(span.duration)"], sort="-count()",
    )  # fmt: skip
    assert "http.server" in text


def test_resources_are_shown(told: Told) -> None:
    server, story, client = told
    page = f"{server.url}/organizations/kijko"
    assert "render failed" in client.tool(
        "get_sentry_resource", url=f"{page}/issues/{story.issue_id}/"
    )
    for kind, name, expected in (
        ("issue", story.short_id, "render.py"),
        ("trace", story.trace_id, "POST /render"),
        ("replay", story.replay_id, "Duration"),
    ):
        text = client.tool(
            "get_sentry_resource", resourceType=kind, organizationSlug="kijko", resourceId=name
        )
        assert expected in text
    assert RELEASE in client.tool("get_sentry_resource", url=f"{page}/releases/{RELEASE}/")
    release = client.catalog(
        "get_release_details", organizationSlug="kijko", releaseVersion=RELEASE
    )
    assert "kijko-api" in release
    assert "SELECT 1" in client.catalog(
        "get_span_details", organizationSlug="kijko", traceId=story.trace_id, spanId="b" * 16
    )


def test_what_hangs_on_an_issue_is_shown(told: Told) -> None:
    _, story, client = told
    issue = {"organizationSlug": "kijko", "issueId": story.short_id}
    assert "red" in client.catalog("get_issue_tag_values", **issue, tagKey="shop")
    assert "picked up" in client.catalog("get_issue_breadcrumbs", **issue)
    client.catalog("get_event_stacktrace", **issue)  # of threads, which this event has none of
    client.catalog("get_issue_user_reports", **issue)
    client.catalog("add_issue_note", **issue, text="seen by a test")
    assert "seen by a test" in client.catalog("get_issue_activity", **issue)


def test_issues_are_updated(told: Told) -> None:
    server, story, client = told
    issue = {"organizationSlug": "kijko", "issueId": story.short_id}
    address = f"/api/0/organizations/kijko/issues/{story.issue_id}/"
    client.tool("update_issue", **issue, status="resolved")
    assert server.get(address)["status"] == "resolved"
    client.tool("update_issue", **issue, status="unresolved", assignedTo="user:1")
    shown = server.get(address)
    assert (shown["status"], shown["assignedTo"]["id"]) == ("unresolved", "1")
    client.tool(
        "update_issue", **issue, status="ignored", ignoreMode="untilOccurrenceCount", ignoreCount=5
    )
    assert server.get(address)["statusDetails"] == {"ignoreCount": 5}


def test_tools_of_the_catalog_are_found_and_executed(told: Told) -> None:
    server, _, client = told
    assert "create_project" in client.tool("search_sentry_tools", query="create a project")
    place = {"organizationSlug": "kijko"}
    client.catalog("create_team", **place, name="video")
    client.catalog("create_project", **place, teamSlug="video", name="cutting", platform="python")
    client.catalog("create_dsn", **place, projectSlug="cutting", name="second")
    keys = server.get("/api/0/projects/kijko/cutting/keys/")
    assert {key["name"] for key in keys} == {"Default", "second"}
    client.catalog("update_project", **place, projectSlug="cutting", name="Cutting room")
    assert server.get("/api/0/projects/kijko/cutting/")["name"] == "Cutting room"


def test_alert_rules_are_found(told: Told) -> None:
    server, _, client = told
    rule = {
        "name": "new in the API",
        "conditions": [{"id": "sentry.rules.conditions.first_seen_event.FirstSeenEventCondition"}],
        "actions": [{"id": "local_sentry.actions.log"}],
    }
    made = server.client.post("/api/0/projects/kijko/kijko-api/rules/", json=rule)
    assert made.status_code == 201
    place = {"organizationSlug": "kijko"}
    found = client.catalog("find_alert_rules", **place, projectSlug="kijko-api")
    assert "new in the API" in found
    metric = {
        "name": "too slow", "type": "metric_issue",
        "data_sources": [{"aggregate": "p95(span.duration)", "query": "", "timeWindow": 3600,
                          "dataset": "events_analytics_platform",
                          "eventTypes": ["trace_item_span"]}],
        "condition_group": {"conditions": [
            {"type": "gt", "comparison": 100_000, "conditionResult": 75}]},
    }  # fmt: skip
    detectors = "/api/0/organizations/kijko/projects/kijko-api/detectors/"
    assert server.client.post(detectors, json=metric).status_code == 201
    found = client.catalog("find_alert_rules", **place, kind="metric")
    assert "too slow" in found
    assert "p95(span.duration)" in found
    client.catalog("find_dashboards", **place)


def test_monitors_of_jobs_and_their_issues_are_found(told: Told) -> None:
    server, _, client = told
    place = {"organizationSlug": "kijko"}
    config = {"schedule": {"type": "crontab", "value": "0 3 * * *"}}
    check_in = {"check_in_id": event_id(), "monitor_slug": "nightly", "status": "error",
                "monitor_config": config}  # fmt: skip
    server.send(envelope(({"type": "check_in"}, json.dumps(check_in).encode())))
    (issue,) = eventually(lambda: server.issues(query="monitor.slug:nightly"), "the issue")
    assert "0 3 * * *" in client.catalog("find_monitors", **place)
    details = client.catalog("get_monitor_details", **place, monitorSlug="nightly")
    assert "error" in details
    text = client.tool(
        "get_sentry_resource", resourceType="issue", resourceId=issue["shortId"], **place
    )
    assert "An error check-in was detected" in text
