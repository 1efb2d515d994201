"""`./pants affected` in throw-away repositories: Pants, git and this plugin, nothing replaced."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from pants.testutil.rule_runner import RuleRunner

import workspace
from workspace.affected.goals import AffectedGoal
from workspace.tests.workspace_git import History
from workspace.tests.workspace_runner import FILES, LOCK, OPTIONS, make_runner

# What the nested Pants, which maps the workspace at another commit, reads of it.
PANTS_TOML = f"""
[GLOBAL]
backend_packages = ["pants.backend.python", "workspace"]
pythonpath = ["{Path(workspace.__file__).parent.parent}"]
[anonymous-telemetry]
enabled = false
[source]
root_patterns = ["/*/src", "/*/tests"]
[python]
enable_resolves = true
resolves = {{p = "3rdparty/p.lock", pytest = "3rdparty/pytest.lock"}}
default_resolve = "p"
interpreter_constraints = [">=3.9"]
[python-infer]
use_rust_parser = true
[workspace.tools]
pytest = ["python_test"]
"""


# The first test of a module waits for Pants' engine to start.
pytestmark = pytest.mark.timeout(900)


@pytest.fixture(scope="module")
def shared_runner() -> RuleRunner:
    return make_runner()


@pytest.fixture
def runner(shared_runner: RuleRunner) -> RuleRunner:
    """A clean checkout at the tag `start`."""
    root = Path(shared_runner.build_root)
    if (root / ".git").exists():
        history = History(root)
        history.git("switch", "--quiet", "--force", "main")
        history.git("reset", "--quiet", "--hard", "start")
        history.git("clean", "--quiet", "-fd")
    else:
        shared_runner.write_files({**FILES, "pants.toml": PANTS_TOML, ".gitignore": ".pants.d\n"})
        History(root).commit()
        History(root).git("tag", "start")
    return shared_runner


def run(runner: RuleRunner, *arguments: str, since: str = "start") -> str:
    result = runner.run_goal_rule(
        AffectedGoal,
        args=[f"--since={since}", *arguments],
        global_args=OPTIONS,
        env={"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/")},
    )
    assert result.exit_code == 0
    return str(result.stdout)


def report(runner: RuleRunner, *arguments: str, since: str = "start") -> dict[str, Any]:
    printed = run(runner, "--json", "--targets", *arguments, since=since)
    result: dict[str, Any] = json.loads(printed)
    return result


def names(found: dict[str, Any]) -> list[str]:
    return [project["name"] for project in found["projects"]]


def ways(found: dict[str, Any]) -> dict[str, list[str]]:
    return {
        project["name"]: [f"{step['id']}: {step['reason']}" for step in project["chain"]]
        for project in found["projects"]
    }


def test_an_edit_affects_what_imports_it_and_says_by_which_line(runner: RuleRunner) -> None:
    assert run(runner) == ""
    runner.write_files({"lib/src/lib.py": "import requests\n\nX = 1\n", "app/README.md": "More."})
    assert run(runner) == "app\nlib\n"
    assert run(runner, "--explain") == (
        "app  (app)\n"
        "    lib/src/lib.py   modified\n"
        "  → app/src/main.py  imports lib (line 2)\n"
        "  → app              contains it\n"
        "\n"
        "lib  (lib)\n"
        "    lib/src/lib.py  modified\n"
        "  → lib             contains it\n"
    )
    assert report(runner)["ignored"] == ["app/README.md"]


def test_a_package_that_moved_affects_what_needs_it(runner: RuleRunner) -> None:
    runner.write_files({"3rdparty/p.lock": LOCK.replace("idna==3.0", "idna==3.1")})
    found = report(runner)
    assert ways(found)["app"][0] == "3rdparty/p.lock: modified"
    assert ways(found)["app"][2:] == [
        "p/requests: requires it",
        "3rdparty:p#requests: is locked so",
        "lib/src/lib.py: imports requests (line 1)",
        "app/src/main.py: imports lib (line 2)",
        "app: contains it",
    ]
    runner.write_files({"3rdparty/p.lock": LOCK.replace("certifi==1.0", "certifi==1.1")})
    assert names(report(runner)) == []
    assert report(runner)["targets"] == ["3rdparty:p", "3rdparty:p#certifi"]


def test_a_tool_that_moved_affects_what_it_works_on(runner: RuleRunner) -> None:
    runner.write_files({"3rdparty/pytest.lock": "pytest==7.1 \\\n    --hash=sha256:ee\n"})
    found = report(runner)
    assert names(found) == ["app"]
    assert "app/tests/test_main.py" in found["targets"]
    assert "app/src/main.py" not in found["targets"]


def test_a_workspace_wide_input_affects_everything(runner: RuleRunner) -> None:
    runner.write_files({"pants.toml": PANTS_TOML + "\n"})
    found = report(runner)
    assert names(found) == ["app", "lib"]
    assert found["everything"].startswith("pants.toml can influence everything")
    assert "app/src/main.py" in found["targets"]


def test_what_cannot_be_known_chooses_everything(runner: RuleRunner) -> None:
    root = History(Path(runner.build_root))
    root.git("switch", "--quiet", "--orphan", "unrelated")
    root.git("checkout", "start", "--", ".")
    root.commit({"app/README.md": "Another beginning."})
    found = report(runner)
    assert names(found) == ["app", "lib"]
    assert "have no merge base" in found["everything"]
    assert "There is no commit 'mian'" in report(runner, since="mian")["everything"]


def test_a_workspace_that_cannot_be_mapped_is_chosen_whole(runner: RuleRunner) -> None:
    runner.write_files({"lib/src/BUILD": "python_sources(dependencies=['no/where'])"})
    found = report(runner)
    assert names(found) == ["app", "lib"]
    assert "The workspace cannot be mapped:" in found["everything"]
    assert "no/where" in found["everything"]
    assert found["targets"] == ["::"]


def test_a_deleted_and_a_moved_file_affect_what_used_them(runner: RuleRunner) -> None:
    """The graph before is the one that the deleted file is in; Pants maps it in a folder aside."""
    root = Path(runner.build_root)
    (root / "lib/src/lib.py").rename(root / "lib/src/moved.py")
    runner.write_files({"app/src/main.py": "\nimport moved\n"})
    found = report(runner)
    assert found["everything"] is None
    assert names(found) == ["app", "lib"]
    # The same after a commit, seen from a working tree that has gone on.
    History(root).commit()
    History(root).git("tag", "--force", "end")
    runner.write_files({"app/src/main.py": "\nimport lib\n", "lib/src/lib.py": ""})
    found = report(runner, "--until=end")
    assert [change["kind"] for change in found["changes"]] == ["modified", "renamed"]
    assert names(found) == ["app", "lib"]
    assert ways(found)["lib"][:2] == [
        "lib/src/moved.py: renamed from lib/src/lib.py",
        "lib/src/moved.py: is new",
    ]
