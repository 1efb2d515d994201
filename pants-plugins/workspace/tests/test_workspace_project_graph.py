"""The graph of projects: edges, cycles and pictures, without Pants."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workspace.graph import Graph, Node
from workspace.project_graph import page
from workspace.project_graph.formats import FORMATS
from workspace.project_graph.model import Edge, Evidence, ProjectGraph, explained, project_graph
from workspace.project_graph.page import as_html
from workspace.projects import Project, ProjectRegistry, WorkspaceError

NAMES = ["a", "b", "c", "d", "e"]
# Of the file that `npm pack cytoscape@3.34.4` brings as dist/cytoscape.min.js.
CYTOSCAPE = ("3.34.4", "081591ab735b2b6a3b31a3c60f8f3a3e2fee8c92939e0c7820ad1208571b6cd8")


def project(name: str) -> Project:
    return Project(name=name, folder=name, kind="app", address=f"{name}:project", tags=("x",))


def edge(dependent: str, dependency: str, *, tests_only: bool = False) -> Edge:
    evidence = Evidence(f"{dependent}/x.py", f"{dependency}/y.py", "imports y (line 1)")
    return Edge(dependent, dependency, tests_only, 1, (evidence,))


def graph_of(*edges: Edge) -> ProjectGraph:
    return ProjectGraph(tuple(project(name) for name in NAMES), edges)


def node(owner: str | None, *dependencies: str, kind: str = "s", tests: bool = False) -> Node:
    return Node(kind, owner, "", (), dependencies, tests)


def test_edges_are_drawn_from_targets_with_what_is_deployed_first() -> None:
    targets = Graph(
        {
            "a/test.py": node("a", "b/lib.py", "c/lib.py", tests=True),
            "a/main.py": node("a", "b/lib.py", "a/own.py", "missing"),
            "a/own.py": node("a"),
            "b/lib.py": node("b"),
            "c/lib.py": node("c"),
        }
    )
    found = project_graph(targets, ProjectRegistry(map(project, NAMES)))
    assert found.edges == (
        Edge(
            *("a", "b", False, 2),
            (Evidence("a/main.py", "b/lib.py"), Evidence("a/test.py", "b/lib.py")),
        ),
        Edge("a", "c", True, 1, (Evidence("a/test.py", "c/lib.py"),)),
    )
    assert found.dependencies("a") == ["b"]
    assert found.dependencies("a", tests=True) == ["b", "c"]
    assert found.dependents("c", tests=True) == ["a"]


def test_what_no_project_owns_connects_but_requirements_do_not() -> None:
    targets = Graph(
        {
            "a/main.py": node("a", "//:scripts", "3rdparty#x"),
            "//:scripts": node(None, "b/lib.py"),
            "3rdparty#x": node(None, "c/lib.py", kind="python_requirement"),
            "b/lib.py": node("b"),
            "c/lib.py": node("c"),
        }
    )
    found = project_graph(targets, ProjectRegistry(map(project, NAMES)))
    assert [(one.dependent, one.dependency) for one in found.edges] == [("a", "b")]


PAIRS = st.tuples(st.sampled_from(NAMES), st.sampled_from(NAMES), st.booleans())


@given(st.lists(PAIRS.filter(lambda pair: pair[0] != pair[1]), unique_by=lambda pair: pair[:2]))
def test_a_cycle_is_found_exactly_when_there_is_one_and_is_a_shortest(
    pairs: list[tuple[str, str, bool]],
) -> None:
    graph = graph_of(*(edge(one, other, tests_only=tests) for one, other, tests in sorted(pairs)))
    needs = {(one, other) for one, other, tests in pairs if not tests}

    def walks(start: str, end: str, steps: int) -> bool:
        """Whether there is a way of exactly so many steps, by trying every one."""
        if steps == 0:
            return start == end
        return any(walks(other, end, steps - 1) for one, other in needs if one == start)

    circular = {one for one in NAMES if any(walks(one, one, steps) for steps in range(1, 6))}
    cycles = graph.cycles()
    assert circular == {
        one
        for one in circular
        for cycle in cycles
        if any(walks(cycle[0], one, steps) for steps in range(6))
        and any(walks(one, cycle[0], steps) for steps in range(6))
    }
    for cycle in cycles:
        assert cycle[0] == cycle[-1]
        assert all(step in needs for step in zip(cycle, cycle[1:]))
        assert not any(walks(cycle[0], cycle[0], steps) for steps in range(1, len(cycle) - 1))


def test_a_focus_keeps_what_it_needs_and_what_needs_it() -> None:
    graph = graph_of(edge("a", "b"), edge("b", "c"), edge("d", "b"), edge("e", "d"))
    around = graph.around(["d"])
    assert [one.name for one in around.projects] == ["b", "c", "d", "e"]
    assert len(around.edges) == 3
    with pytest.raises(WorkspaceError, match="There is no project z"):
        graph.around(["z"])


HARD = Project(name='a"<b>', folder="x", kind="app", address="x:project")


def test_dot() -> None:
    graph = replace(
        graph_of(edge("a", "b"), edge("b", "c", tests_only=True)), affected=frozenset("a")
    )
    text = FORMATS["dot"](replace(graph, projects=(*graph.projects[:3], HARD)))
    assert text == (
        "digraph projects {\n"
        '  graph [rankdir="LR"];\n'
        '  node [shape="box"];\n'
        '  "a" [label="a\\napp", style="filled", fillcolor="#f5a524"];\n'
        '  "b" [label="b\\napp"];\n'
        '  "c" [label="c\\napp"];\n'
        '  "a\\"<b>" [label="a\\"<b>\\napp"];\n'
        '  "a" -> "b" [tooltip="a/x.py imports y (line 1)"];\n'
        '  "b" -> "c" [tooltip="b/x.py imports y (line 1)", style="dashed"];\n'
        "}"
    )


def test_mermaid() -> None:
    graph = replace(
        graph_of(edge("a", "b"), edge("b", "c", tests_only=True)), affected=frozenset("ab")
    )
    assert FORMATS["mermaid"](replace(graph, projects=(*graph.projects[:3], HARD))) == (
        "flowchart LR\n"
        '  p0["a"]\n'
        '  p1["b"]\n'
        '  p2["c"]\n'
        '  p3["a#34;#60;b#62;"]\n'
        "  p0 --> p1\n"
        "  p1 -.-> p2\n"
        "  classDef affected fill:#f5a524\n"
        "  class p0,p1 affected"
    )


def test_json_has_reasons_and_what_is_affected() -> None:
    graph = explained(graph_of(edge("a", "b")), lambda one, other: f"{one} imports {other}")
    whole = json.loads(FORMATS["json"](replace(graph, affected=frozenset("ba"))))
    assert whole["edges"][0]["evidence"][0]["reason"] == "a/x.py imports b/y.py"
    assert whole["affected"] == ["a", "b"]
    assert [one["name"] for one in whole["projects"]] == NAMES


def test_the_library_is_the_one_that_npm_has() -> None:
    version, checksum = CYTOSCAPE
    folder = Path(page.__file__).parent / "page"
    library = (folder / "cytoscape.min.js").read_bytes()
    assert hashlib.sha256(library).hexdigest() == checksum
    assert f'version="{version}"'.encode() in library
    assert (folder / "cytoscape.LICENSE").read_text().startswith("Copyright (c) 2016-")


def test_the_page_needs_nothing_else_and_a_name_cannot_break_out() -> None:
    evil = replace(HARD, name="</script><script>alert(1)</script>")
    html = as_html(ProjectGraph((evil,), ()))
    assert not re.search(r"\{\{(data|css|library|script)}}", html)
    assert "alert(1)</script>" not in html
    assert " src=" not in html.split("<body>")[0]
    assert "default-src 'none'" in html
