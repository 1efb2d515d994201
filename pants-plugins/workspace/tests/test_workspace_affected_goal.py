"""`./pants affected` in throw-away repositories: Pants, git and this plugin, nothing replaced."""

from __future__ import annotations

import json
import os
import shutil
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


NPM_LOCK = "file(name='lock', source='package-lock.json')"
NPM_FILES = "resources(sources=['*.*'], dependencies=['js:lock'])"
NPM = {
    "js/BUILD": f"resource(name='root', source='package.json')\n{NPM_LOCK}",
    "js/package.json": "{}",
    **{
        f"js/{one}/{file}": text
        for one in ("one", "two")
        for file, text in {
            "BUILD": f"project(kind='package')\n{NPM_FILES}",
            "package.json": "{}",
            "index.ts": "",
        }.items()
    },
}


def npm_lock(left: str = "1.0.0", right: str = "1.0.0") -> str:
    """A lockfile of two folders, of which each asks for a package that the other does not."""
    packages = {
        "": {},
        "one": {"dependencies": {"left": "1"}},
        "two": {"dependencies": {"right": "1"}},
        "node_modules/left": {"version": left},
        "node_modules/right": {"version": right},
    }
    return json.dumps({"lockfileVersion": 3, "packages": packages})


def test_a_package_of_npm_that_moved_affects_who_asks_for_it(runner: RuleRunner) -> None:
    history = History(Path(runner.build_root))
    history.commit({**NPM, "js/package-lock.json": npm_lock()})
    history.git("tag", "--force", "npm")
    runner.write_files({"js/package-lock.json": npm_lock(left="1.1.0")})
    found = report(runner, since="npm")
    assert names(found) == ["one"]
    (way,) = ways(found).values()
    assert way[0] == "js/package-lock.json: modified"
    assert way[1].startswith("js/package-lock.json/left: moved from 1.0.0")
    assert way[2:] == [
        "js/package-lock.json/(js/one/package.json): requires it",
        "js/one/package.json: is locked so",
        "one: contains it",
    ]
    assert found["ignored"] == []
    # Where a package.json is nobody's, the lockfile is a file like any.
    runner.write_files({"js/BUILD": NPM_LOCK})
    assert names(report(runner, since="npm")) == ["one", "two"]


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


def test_an_untracked_file_and_one_that_became_a_folder_count(runner: RuleRunner) -> None:
    root = Path(runner.build_root)
    runner.write_files({"app/src/fresh.py": "import lib\n"})
    found = report(runner)
    assert names(found) == ["app"]
    assert "app/src/fresh.py" in found["targets"]
    assert ways(found)["app"][0] == "app/src/fresh.py: added"
    (root / "app/src/fresh.py").unlink()
    (root / "lib/src/lib.py").unlink()
    runner.write_files({"lib/src/lib/__init__.py": "import requests\n"})
    assert names(report(runner)) == ["app", "lib"]
    shutil.rmtree(root / "lib/src/lib")


def test_a_branch_that_merged_main_counts_its_own_changes_only(runner: RuleRunner) -> None:
    history = History(Path(runner.build_root))
    history.git("branch", "--force", "trunk", "start")
    history.git("switch", "--quiet", "--force-create", "topic", "start")
    history.commit({"app/src/main.py": "\nimport lib\n\nX = 1\n"})
    history.git("switch", "--quiet", "trunk")
    history.commit({"lib/src/data.json": '{"trunk": 1}'})
    history.git("switch", "--quiet", "--detach", "topic")
    assert names(report(runner, since="trunk")) == ["app"]
    history.git("merge", "--quiet", "--message=Merge", "trunk")
    assert names(report(runner, since="trunk")) == ["app"]
    assert names(report(runner, since="topic")) == ["app", "lib"]
    history.git("switch", "--quiet", "trunk")


def test_a_shallow_clone_knows_what_it_has_and_says_what_it_lacks(
    runner: RuleRunner, tmp_path: Path
) -> None:
    root = Path(runner.build_root)
    History(root).commit({"app/src/main.py": "\nimport lib\n\nX = 1\n"})
    whole, shallow = tmp_path / "whole", tmp_path / "shallow"
    (root / ".git").rename(whole)
    try:
        History(tmp_path / "elsewhere").git(
            "clone", "--quiet", "--depth=1", "--no-checkout", whole.as_uri(), str(shallow)
        )
        (shallow / ".git").rename(root / ".git")
        History(root).git("reset", "--quiet")
        runner.write_files({"lib/src/data.json": '{"more": 1}'})
        assert names(report(runner, since="HEAD")) == ["app", "lib"]
        assert report(runner, since="HEAD")["everything"] is None
        found = report(runner)
        assert "run `git fetch --unshallow`" in found["everything"]
        assert names(found) == ["app", "lib"]
    finally:
        shutil.rmtree(root / ".git")
        whole.rename(root / ".git")


VENDOR = {
    "BUILD": "project(kind='package')",
    "src/BUILD": "python_sources()",
    "src/vendored.py": "",
    "src/unused.py": "",
}


def test_the_files_of_a_submodule_are_files_like_any(runner: RuleRunner, tmp_path: Path) -> None:
    root = Path(runner.build_root)
    library = History(tmp_path / "library")
    library.commit(VENDOR)
    history = History(root)
    history.git("submodule", "--quiet", "add", "--force", str(library.folder), "vendor")
    history.commit({"app/src/main.py": "\nimport lib\nimport vendored\n"})
    history.git("tag", "--force", "vendored")
    module = History(root / "vendor")
    try:
        runner.write_files({"vendor/src/unused.py": "X = 1\n"})
        assert names(report(runner, since="vendored")) == ["vendor"]
        module.commit({"src/unused.py": "", "src/vendored.py": "X = 1\n"})
        found = report(runner, since="vendored")
        assert names(found) == ["app", "vendor"]
        assert ways(found)["app"][0] == "vendor/src/vendored.py: modified"
        history.commit()
        assert names(report(runner, "--until=HEAD", since="vendored")) == ["app", "vendor"]
        # What is gone is only found in the graph before, for which the submodule is written out.
        (root / "vendor/src/vendored.py").unlink()
        runner.write_files({"app/src/main.py": "\nimport lib\n"})
        found = report(runner, since="vendored")
        assert names(found) == ["app", "vendor"]
        assert found["everything"] is None
        # A clone without its submodules cannot tell what became of them.
        history.git("submodule", "--quiet", "deinit", "--force", "--all")
        found = report(runner, "--until=HEAD", since="vendored")
        assert "run `git submodule update --init`" in found["everything"]
        assert "app" in names(found)
    finally:
        shutil.rmtree(root / "vendor")
        shutil.rmtree(root / ".git/modules")
