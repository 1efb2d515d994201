"""`./pants project-graph` on a small workspace."""

from __future__ import annotations

import json
import os
import webbrowser
from pathlib import Path

import pytest
from pants.testutil.rule_runner import GoalRuleResult, RuleRunner

from workspace.project_graph.goals import ProjectGraphGoal
from workspace.tests.workspace_runner import FILES, OPTIONS, make_runner

# The first test of a module waits for Pants' engine to start.
pytestmark = pytest.mark.timeout(900)


@pytest.fixture(scope="module")
def shared_runner() -> RuleRunner:
    return make_runner()


@pytest.fixture
def runner(shared_runner: RuleRunner) -> RuleRunner:
    shared_runner.write_files(FILES)
    (Path(shared_runner.build_root) / "lib/src/back.py").unlink(missing_ok=True)
    return shared_runner


def run(runner: RuleRunner, *arguments: str) -> GoalRuleResult:
    return runner.run_goal_rule(
        ProjectGraphGoal,
        args=arguments,
        global_args=OPTIONS,
        env={"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/")},
    )


def test_json_says_why_a_project_needs_another(runner: RuleRunner) -> None:
    graph = json.loads(run(runner, "--format=json").stdout)
    assert [one["name"] for one in graph["projects"]] == ["app", "lib"]
    assert graph["edges"] == [
        {
            "dependent": "app",
            "dependency": "lib",
            "tests_only": False,
            "count": 1,
            "evidence": [
                {
                    "dependent": "app/src/main.py",
                    "dependency": "lib/src/lib.py",
                    "reason": "imports lib (line 2)",
                }
            ],
        }
    ]


def test_the_page_is_written_where_it_was_asked_for(runner: RuleRunner) -> None:
    result = run(runner, "--output=out/graph.html")
    page = Path(runner.build_root) / "out/graph.html"
    assert result.stdout.strip() == str(page)
    assert "imports lib (line 2)" in page.read_text()


def test_the_page_is_opened_in_the_persons_browser(
    runner: RuleRunner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = tmp_path / "browser"
    browser.write_text(f'#!/bin/sh\nprintf %s "$1" > {tmp_path}/opened\n')
    browser.chmod(0o755)
    monkeypatch.setattr(webbrowser, "_tryorder", None)
    monkeypatch.setattr(webbrowser, "_browsers", {})
    monkeypatch.setenv("BROWSER", str(browser))
    page = Path(run(runner, "--open").stdout.strip())
    assert (tmp_path / "opened").read_text() == page.as_uri()


def test_what_cannot_be_known_is_affected(runner: RuleRunner) -> None:
    graph = json.loads(run(runner, "--format=json", "--affected").stdout)
    assert graph["affected"] == ["app", "lib"]  # there is no git here


def test_an_unknown_focus_is_answered_with_the_known_projects(runner: RuleRunner) -> None:
    result = run(runner, "--format=json", "--focus=z")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "There is no project z. The projects here: app, lib." in result.stderr


def test_check_passes_without_a_cycle_and_names_one_with_its_cause(runner: RuleRunner) -> None:
    assert run(runner, "--check").exit_code == 0
    runner.write_files({"lib/src/back.py": "import main\n"})
    result = run(runner, "--check")
    assert result.exit_code == 1
    assert "These projects need each other: app → lib → app" in result.stderr
    assert "lib → app: lib/src/back.py" in result.stderr
