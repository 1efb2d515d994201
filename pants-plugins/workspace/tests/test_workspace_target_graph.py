"""The graph that Pants' own knowledge makes, on small workspaces."""

from __future__ import annotations

import pytest
from pants.testutil.rule_runner import QueryRule, RuleRunner

from workspace.graph import Graph
from workspace.rules import EdgeReasons, EdgeReasonsRequest, WorkspaceGraph
from workspace.tests.workspace_runner import FILES, make_runner

# The first test of a module waits for Pants' engine to start.
pytestmark = pytest.mark.timeout(900)


@pytest.fixture(scope="module")
def shared_runner() -> RuleRunner:
    return make_runner(
        [QueryRule(WorkspaceGraph, []), QueryRule(EdgeReasons, [EdgeReasonsRequest])]
    )


@pytest.fixture
def runner(shared_runner: RuleRunner) -> RuleRunner:
    shared_runner.write_files(FILES)
    return shared_runner


def graph(runner: RuleRunner) -> Graph:
    return runner.request(WorkspaceGraph, []).graph


def test_targets_packages_and_tools_are_one_graph(runner: RuleRunner) -> None:
    nodes = graph(runner).nodes
    assert {name: node.dependencies for name, node in nodes.items() if node.dependencies} == {
        "p/requests": ("p/idna",),
        "tool pytest": ("pytest/pytest",),
        "3rdparty:p": ("3rdparty:p#certifi", "3rdparty:p#requests"),
        "3rdparty:p#certifi": ("p/certifi",),
        "3rdparty:p#requests": ("p/requests",),
        "lib/src:src": ("lib/src/lib.py",),
        "lib/src:data": ("lib/src/data.json:data",),
        "lib/src/lib.py": ("3rdparty:p#requests", "lib/src:data"),
        "app:app": ("app/src/main.py",),
        "app/src:src": ("app/src/main.py",),
        "app/src/main.py": ("lib/src/lib.py",),
        "app/tests:tests": ("app/tests/test_main.py",),
        "app/tests:support": ("app/tests/support.py:support",),
        "app/tests/test_main.py": (
            "app/src/main.py",
            "app/tests/support.py:support",
            "tool pytest",
        ),
    }


def test_nodes_know_their_project_their_files_and_whether_they_only_test(
    runner: RuleRunner,
) -> None:
    nodes = graph(runner).nodes
    assert nodes["lib/src/lib.py"].project == "lib"
    assert nodes["lib/src/lib.py"].files == ("lib/src/lib.py",)
    assert nodes["3rdparty:p#requests"].project is None
    assert {name for name, node in nodes.items() if node.tests} == {
        "app/tests:tests",
        "app/tests/test_main.py",
        "app/tests:support",
        "app/tests/support.py:support",
    }


def test_a_definition_is_all_that_a_build_file_says_but_files_and_dependencies(
    runner: RuleRunner,
) -> None:
    def definition(build: str) -> str:
        runner.write_files({"app/src/BUILD": build})
        return graph(runner).nodes["app/src/main.py"].definition

    plain = definition("python_sources()")
    assert definition("# A word.\npython_sources(sources=['main.py'])") == plain
    assert definition("python_sources(dependencies=['lib/src'])") == plain
    assert definition("python_sources(tags=['x'])") != plain
    assert definition("python_sources(overrides={'main.py': {'tags': ['x']}})") != plain


def test_every_dependency_has_its_reason(runner: RuleRunner) -> None:
    reasons = runner.request(
        EdgeReasons, [EdgeReasonsRequest(("app/src/main.py", "lib/src/lib.py"))]
    )
    assert reasons.by_edge == {
        ("app/src/main.py", "lib/src/lib.py"): "imports lib (line 2)",
        ("lib/src/lib.py", "3rdparty:p#requests"): "imports requests (line 1)",
        ("lib/src/lib.py", "lib/src:data"): "names it in its dependencies",
    }


def test_a_lockfile_of_another_format_counts_as_a_whole(runner: RuleRunner) -> None:
    runner.write_files({"3rdparty/p.lock": "{}\n"})
    nodes = graph(runner).nodes
    assert nodes["3rdparty:p#requests"].dependencies == ("p",)
    assert nodes["p"].files == ("3rdparty/p.lock",)


def test_files_that_make_targets_are_known(runner: RuleRunner) -> None:
    assert runner.request(WorkspaceGraph, []).made_from == {"3rdparty/p.txt"}
