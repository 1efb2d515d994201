"""Sentry's npm command line, `sentry`, against this server: unchanged, as a person uses it."""

import json
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from local_sentry_npm import npm_program, quiet_environment
from local_sentry_process import LocalSentry, local_sentry
from local_sentry_story import RELEASE, Story, tell

Run = Callable[..., Any]


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[LocalSentry, Story, Run]]:
    program = npm_program("sentry", "0.49.0", "dist/bin.cjs")
    home = tmp_path_factory.mktemp("home")
    with local_sentry(tmp_path_factory.mktemp("npm-cli")) as server:
        environment = quiet_environment(home, server.url)

        def run(*arguments: str) -> Any:
            return _json(program, arguments, environment, home)

        yield server, tell(server), run


def _json(
    program: list[str], arguments: tuple[str, ...], environment: dict[str, str], home: Path
) -> Any:
    done = subprocess.run(
        [*program, *arguments, "--json"],
        capture_output=True, text=True, timeout=120, check=False, env=environment, cwd=home,
    )  # fmt: skip
    assert done.returncode == 0, (arguments, done.stdout[-2000:], done.stderr[-2000:])
    return json.loads(done.stdout) if done.stdout.strip() else None


def rows(answer: Any) -> list[dict[str, Any]]:
    """The list in an answer, which some commands wrap in an object."""
    if isinstance(answer, dict):
        answer = next(value for value in answer.values() if isinstance(value, list))
    assert isinstance(answer, list)
    return answer


def test_organizations_and_projects_are_listed(told: tuple[LocalSentry, Story, Run]) -> None:
    _, _, run = told
    assert [o["slug"] for o in rows(run("org", "list"))] == ["kijko"]
    assert run("org", "view", "kijko")["slug"] == "kijko"
    assert "kijko-api" in {p["slug"] for p in rows(run("project", "list", "kijko/"))}
    assert "kijko-api" in json.dumps(run("project", "view", "kijko/kijko-api"))
    assert rows(run("team", "list", "kijko/"))[0]["slug"] == "kijko"


def test_issues_and_events_are_found_and_shown(told: tuple[LocalSentry, Story, Run]) -> None:
    _, story, run = told
    found = rows(run("issue", "list", "kijko/kijko-api", "--query", "is:unresolved level:error"))
    assert story.short_id in {issue["shortId"] for issue in found}
    assert "render failed" in json.dumps(run("issue", "view", story.short_id))
    assert story.event_id in json.dumps(run("event", "list", story.short_id))
    view = run("event", "view", f"kijko/kijko-api/{story.event_id}")
    assert "render.py" in json.dumps(view)
    assert "red" in json.dumps(run("issue", "tags", story.short_id, "shop"))


def test_traces_spans_and_logs_are_found_and_shown(told: tuple[LocalSentry, Story, Run]) -> None:
    _, story, run = told
    assert story.trace_id in json.dumps(run("trace", "list", "kijko/kijko-api"))
    assert "SELECT 1" in json.dumps(run("trace", "view", f"kijko/{story.trace_id}", "--full"))
    spans = run("span", "list", f"kijko/kijko-api/{story.trace_id}")
    assert {row["op"] for row in rows(spans)} == {"http.server", "db"}
    assert story.log_message in json.dumps(run("log", "list", "kijko/kijko-api"))
    assert story.log_message in json.dumps(
        run("trace", "logs", f"kijko/kijko-api/{story.trace_id}")
    )


def test_releases_and_replays_are_listed(told: tuple[LocalSentry, Story, Run]) -> None:
    _, story, run = told
    assert RELEASE in json.dumps(run("release", "list", "kijko/"))
    assert RELEASE in json.dumps(run("release", "view", f"kijko/{RELEASE}"))
    assert story.replay_id in json.dumps(run("replay", "list", "kijko/"))
    assert story.replay_id in json.dumps(run("replay", "view", f"kijko/{story.replay_id}"))


def test_aggregates_are_explored(told: tuple[LocalSentry, Story, Run]) -> None:
    _, _, run = told
    answer = run(
        "explore", "kijko/kijko-api", "--dataset", "spans",
        "-F", "span.op", "-F", "count()", "-F", "p95(span.duration)",
    )  # fmt: skip
    assert "http.server" in json.dumps(answer)


def test_issues_are_resolved_and_opened_again(told: tuple[LocalSentry, Story, Run]) -> None:
    server, story, run = told
    issue = f"/api/0/organizations/kijko/issues/{story.issue_id}/"
    run("issue", "resolve", story.short_id)
    assert server.get(issue)["status"] == "resolved"
    run("issue", "unresolve", story.short_id)
    assert server.get(issue)["status"] == "unresolved"
    run("issue", "archive", story.short_id)
    assert server.get(issue)["status"] == "ignored"


def test_a_release_is_made_and_deployed(told: tuple[LocalSentry, Story, Run]) -> None:
    server, _, run = told
    run("release", "create", "kijko/kijko-api@9.0.0", "--project", "kijko-api")
    run("release", "finalize", "kijko/kijko-api@9.0.0")
    run("release", "deploy", "kijko/kijko-api@9.0.0", "staging")
    made = server.get("/api/0/organizations/kijko/releases/kijko-api@9.0.0/")
    assert made["dateReleased"]
    assert made["lastDeploy"]["environment"] == "staging"
