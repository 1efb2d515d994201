"""Whole goals as a person runs them: `./pants` in a throw-away repository, nothing replaced."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from workspace.tests.workspace_copy import PATIENCE, Copy, copy_of_workspace

ROOT = Path.cwd()
PROJECTS = {"app": "apps/shop", "package": "packages/greeter", "tool": "tools/cutter"}
# The first test waits for Pants to start, and may be the one that installs ruff, mypy and pytest.
pytestmark = pytest.mark.timeout(4 * PATIENCE)


@pytest.fixture(scope="module")
def shared_copy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Copy]:
    with copy_of_workspace(ROOT, tmp_path_factory.mktemp("end-to-end") / "workspace") as copy:
        for kind, folder in PROJECTS.items():
            name = folder.partition("/")[2]
            made = copy.pants("new-project", kind, name, "--owner=ada", f"--description=A {kind}.")
            assert f"Now: ./pants test {folder}::" in made.stdout
        copy.commit()
        copy.git("tag", "start")
        yield copy


@pytest.fixture
def copy(shared_copy: Copy) -> Copy:
    """The copy as it was committed, with an app, a package and a tool."""
    shared_copy.back_to("start")
    return shared_copy


def config(copy: Copy, *options: str, since: str = "start") -> dict[str, Any]:
    """The configuration for a change."""
    printed = copy.pants("ci-config", f"--since={since}", *options).stdout
    read: dict[str, Any] = yaml.safe_load(printed)
    return read


def jobs(found: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """What a workflow says of each of its jobs, by the name it gives it."""
    named: dict[str, dict[str, Any]] = {}
    for entry in found["workflows"]["affected"]["jobs"]:
        said = {entry: {}} if isinstance(entry, str) else entry
        for declared, arguments in said.items():
            named[arguments.get("name", declared)] = arguments
    return named


def shop_greets_by_the_package(copy: Copy) -> None:
    """Let the app use the package."""
    cli = copy.folder / "apps/shop/src/shop/cli.py"
    text = cli.read_text().replace(
        "import typer\n", "import typer\n\nfrom greeter import greeting\n"
    )
    copy.write({"apps/shop/src/shop/cli.py": text.replace('f"Hello, {name}."', "greeting(name)")})


def test_new_projects_pass_every_check_at_once(copy: Copy) -> None:
    everything = [f"{folder}::" for folder in PROJECTS.values()]
    for goal in ("lint", "check"):
        copy.pants(goal, *everything)
    tested = copy.pants("test", *everything).stderr
    for folder in PROJECTS.values():
        name = folder.partition("/")[2]
        assert f"✓ {folder}/tests/test_{name}.py" in tested
    copy.pants("tailor", "--check", "update-build-files", "--check", *everything)
    assert copy.pants("run", "apps/shop:shop", "--", "greet", "Ada").stdout == "Hello, Ada.\n"
    said = copy.pants("project-graph", "--format=json").stdout
    assert [
        (one["folder"], one["kind"], one["owners"]) for one in json.loads(said)["projects"]
    ] == [(folder, kind, ["ada"]) for kind, folder in PROJECTS.items()]


def test_a_new_project_never_overwrites(copy: Copy) -> None:
    refused = copy.pants("new-project", "tool", "cutter", fails=2)
    assert "There is a project or module cutter already." in refused.stderr
    copy.write({"tools/mine/kept.txt": "kept"})
    assert "tools/mine exists already." in copy.pants("new-project", "tool", "mine", fails=2).stderr
    assert copy.git("status", "--porcelain") == "?? tools/mine/"
    assert "new-project app|package|tool NAME" in copy.pants("new-project", fails=2).stderr


def test_at_a_terminal_a_new_project_is_asked_for(copy: Copy) -> None:
    said = copy.pants_at_terminal(
        ("new-project",),
        {
            "What is it: app, package, tool? [package]": "tool",
            "What is it called?": "slicer",
            "What is it for, in one sentence?": "Slices.",
            "Who answers for it? [platform]": "",
        },
    )
    assert "Now: ./pants test tools/slicer::" in said
    build = (copy.folder / "tools/slicer/BUILD").read_text()
    assert 'description="Slices.",' in build
    assert 'owners=["platform"],' in build


def test_ci_does_nothing_where_nothing_is_affected(copy: Copy) -> None:
    assert list(jobs(config(copy))) == ["nothing-affected"]
    copy.write({"README.md": "Nothing is built from it."})
    assert list(jobs(config(copy))) == ["nothing-affected"]
    run = copy.pants("ci-run", "nothing-affected", "--since=start")
    assert "Nothing is affected.\n" in run.stdout


def test_ci_is_of_what_a_change_affects(copy: Copy) -> None:
    shop_greets_by_the_package(copy)
    copy.commit()
    copy.git("tag", "--force", "greeting")
    copy.write({"packages/greeter/src/greeter/more.py": '"""More."""\n'})
    # Nothing imports it yet.
    assert list(jobs(config(copy, since="greeting"))) == ["lint", "check"]
    greeter = copy.folder / "packages/greeter/src/greeter/__init__.py"
    greeter.write_text(greeter.read_text() + "\n# More.\n")
    found = config(copy, since="greeting")
    assert list(jobs(found)) == ["lint", "check", "test-1", "package-shop", "release-shop"]
    assert shlex.split(jobs(found)["test-1"]["targets"]) == [
        "apps/shop/tests/test_shop.py",
        "packages/greeter/tests/test_greeter.py",
    ]
    assert jobs(found)["package-shop"]["requires"] == ["lint", "check", "test-1"]
    release = jobs(found)["release-shop"]
    assert release["requires"] == ["package-shop"]
    assert release["filters"]["branches"] == {"only": ["main"]}
    assert release["context"] == ["release"]
    (copy.folder / "dist").mkdir(exist_ok=True)
    for name in ("one", "two"):
        copy.pants("ci-config", "--since=greeting", f"--output=dist/ci/{name}.yml")
    written = [(copy.folder / f"dist/ci/{name}.yml").read_bytes() for name in ("one", "two")]
    assert written[0] == written[1]


def test_ci_splits_tests_by_how_long_they_took(copy: Copy) -> None:
    copy.write({"pyproject.toml": (copy.folder / "pyproject.toml").read_text() + "\n"})
    tests = [f"{folder}/tests/test_{folder.partition('/')[2]}.py" for folder in PROJECTS.values()]
    seconds = dict(zip(tests, (100.0, 30.0, 60.0)))
    records = copy.folder / ".pants.d/test-records/elsewhere.jsonl"
    records.parent.mkdir(parents=True, exist_ok=True)
    # Written as another machine's, long ahead of any run of this one, and often enough to decide.
    lines = [
        {"address": test, "inputs": "i", "passed": True, "seconds": took, "when": 1e11 + turn,
         "failed_cases": []}
        for test, took in seconds.items()
        for turn in range(5)
    ]  # fmt: skip
    records.write_text("".join(json.dumps(line) + "\n" for line in lines))
    try:
        found = jobs(config(copy, "--circleci-shard-seconds=100"))
    finally:
        records.unlink()
    assert shlex.split(found["test-1"]["targets"]) == [tests[0]]
    assert shlex.split(found["test-2"]["targets"]) == tests[1:]
    assert "test-3" not in found


def test_ci_that_would_be_wrong_is_not_written(copy: Copy) -> None:
    copy.write({"apps/shop/src/shop/more.py": '"""More."""\n'})
    packaged = copy.folder / "apps/shop/src/shop/cli.py"
    packaged.write_text(packaged.read_text() + "\n# More.\n")
    wrong = "--circleci-release=echo << parameters.nothing >>"
    refused = copy.pants("ci-config", "--since=start", wrong, fails=1)
    assert refused.stdout == ""
    assert "job release-shop" in refused.stderr
    assert "nothing" in refused.stderr
    # The setup workflow, which people write, is held against the same.
    setup = copy.folder / ".circleci/config.yml"
    setup.write_text(setup.read_text().replace("setup: true", "setup: [true]"))
    refused = copy.pants("lint", ".circleci/config.yml", fails=1)
    assert "is not what CircleCI's schema allows" in refused.stdout + refused.stderr


def test_a_job_runs_in_a_clean_clone(copy: Copy) -> None:
    shop_greets_by_the_package(copy)
    copy.commit()
    # What is not committed is not in the clone, so it cannot fail there.
    copy.write({"apps/shop/tests/test_shop.py": "assert False\n"})
    listed = copy.pants("ci-run", "--since=start").stdout.split()
    assert listed == ["lint", "check", "test-1", "package-shop", "release-shop", "plan"]
    ran = copy.pants("ci-run", "test-1", "--since=start")
    assert "✓ apps/shop/tests/test_shop.py" in ran.stdout + ran.stderr
    assert f"test-1 passed on {copy.git('rev-parse', 'HEAD')[:12]}" in ran.stderr
    copy.back_to("HEAD")
    refused = copy.pants("ci-run", "tset-1", "--since=start", fails=2).stderr
    assert "There is no job tset-1. The jobs: lint, check, test-1, " in refused


def test_a_test_that_fails_and_passes_on_the_same_inputs_is_reported(
    copy: Copy, tmp_path: Path
) -> None:
    """The first run leaves a file that no digest knows of, which lets the second pass."""
    copy.write(
        {
            "packages/greeter/tests/test_flaky.py": (
                '"""A flake."""\n\nfrom pathlib import Path\n\n\n'
                "def test_now_and_then() -> None:\n"
                f"    seen = Path({str(tmp_path / 'seen')!r})\n"
                "    known = seen.exists()\n"
                "    seen.touch()\n"
                "    assert known\n"
            )
        }
    )
    test = "packages/greeter/tests/test_flaky.py"
    known = copy.pants("flakes").stdout
    assert test not in known
    copy.pants("test", "packages/greeter/tests:", fails=1)
    assert test not in copy.pants("flakes", "--strict").stdout  # once is no flake
    copy.pants("test", "packages/greeter/tests:")
    reported = copy.pants("flakes", "--strict", fails=1).stdout
    assert f"{test}\n  failed 1, passed 1" in reported
    assert "test_flaky.test_now_and_then" in reported
    (flake,) = json.loads(copy.pants("flakes", "--json").stdout)
    assert (flake["address"], flake["failed"], flake["passed"]) == (test, 1, 1)
    # The same test with other inputs is another question.
    copy.write({"packages/greeter/tests/test_greeter.py": "def test_it() -> None:\n    pass\n"})
    copy.pants("test", "packages/greeter/tests:")
    assert len(json.loads(copy.pants("flakes", "--json").stdout)) == 1
