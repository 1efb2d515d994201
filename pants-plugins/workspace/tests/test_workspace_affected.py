"""From a change to projects and chains, without Pants or git."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from workspace.affected.analysis import (
    Affected,
    Step,
    analyse,
    needs_earlier_graph,
    with_lockfiles_of,
    workspace_wide,
)
from workspace.affected.changes import Change, Comparison
from workspace.affected.snapshot import Snapshot, SnapshotCache
from workspace.affected.text import explanation, listing, remarks
from workspace.graph import TOOL, Graph, Node
from workspace.lockfiles import read_lockfile
from workspace.projects import Project, ProjectRegistry

REGISTRY = ProjectRegistry(
    Project(name=name, folder=name, kind="app", address=f"{name}:project")
    for name in ("app", "lib", "other")
)
LOCK = "httpx==1.0 \\\n    --hash=sha256:aa\n    # via -r p.txt\nanyio==4.0 \\\n    # via httpx\n"
NEWER = LOCK.replace("anyio==4.0", "anyio==4.1")


def source(path: str, *dependencies: str, definition: str = "") -> Node:
    project = path.partition("/")[0]
    return Node("python_source", project, definition, (path,), dependencies)


def packages(lock: str = LOCK) -> dict[str, Node]:
    nodes = read_lockfile("p", lock)
    assert nodes is not None
    return nodes


GRAPH = Graph(
    {
        "app/main.py": source("app/main.py", "lib/lib.py"),
        "lib/lib.py": source("lib/lib.py", "3rdparty:p#httpx"),
        "other/it.py": source("other/it.py", "tool t"),
        "3rdparty:p#httpx": Node("python_requirement", None, "", (), ("p/httpx",)),
        "tool t": Node(TOOL, None, "", (), ("t/ruff",)),
        **packages(),
    }
)
LOCKFILES = {"p": "3rdparty/p.lock"}


def affected(*changes: Change, before: Graph = GRAPH, after: Graph = GRAPH) -> Affected:
    comparison = Comparison("0" * 40, None, changes)
    return analyse("main", None, comparison, before, after, REGISTRY, LOCKFILES)


def test_a_chain_leads_from_the_changed_file_to_the_project() -> None:
    found = affected(Change("lib/lib.py", "modified"))
    assert found.names == {"app", "lib"}
    assert list(found.edges()) == [("app/main.py", "lib/lib.py")]
    app = found.explained(lambda one, other: f"{one} imports {other}").projects[0]
    assert app.chain == (
        Step("file", "lib/lib.py", "modified"),
        Step("target", "lib/lib.py", "has it as a source"),
        Step("target", "app/main.py", "app/main.py imports lib/lib.py"),
        Step("project", "app", "contains it"),
    )


def test_a_moved_package_affects_only_what_depends_on_it() -> None:
    before = GRAPH
    after = with_lockfiles_of(GRAPH, LOCKFILES, {"3rdparty/p.lock": NEWER}.get)
    assert after is not None
    found = affected(Change("3rdparty/p.lock", "modified"), before=before, after=after)
    assert found.names == {"app", "lib"}
    assert [(step.kind, step.id) for step in found.projects[1].chain] == [
        ("file", "3rdparty/p.lock"),
        ("package", "p/anyio"),
        ("package", "p/httpx"),
        ("target", "3rdparty:p#httpx"),
        ("target", "lib/lib.py"),
        ("project", "lib"),
    ]
    assert found.projects[1].chain[1].reason.startswith("moved from 4.0 (")
    assert found.ignored == ()


def test_another_format_of_a_lockfile_is_not_guessed_at() -> None:
    assert with_lockfiles_of(GRAPH, LOCKFILES, {"3rdparty/p.lock": "{}"}.get) is None


def test_a_deleted_file_affects_what_used_it() -> None:
    before = Graph({**GRAPH.nodes, "other/gone.py": source("other/gone.py")})
    before = Graph({**before.nodes, "app/main.py": source("app/main.py", "other/gone.py")})
    found = affected(Change("other/gone.py", "deleted"), before=before)
    assert found.names == {"app", "other"}
    assert found.targets == ("app/main.py",)
    assert found.projects[1].chain == (
        Step("file", "other/gone.py", "deleted"),
        Step("target", "other/gone.py", "is gone"),
        Step("project", "other", "contains it"),
    )


def test_a_renamed_file_says_so() -> None:
    before = Graph({**GRAPH.nodes, "other/old.py": source("other/old.py")})
    after = Graph({**GRAPH.nodes, "other/new.py": source("other/new.py")})
    found = affected(Change("other/new.py", "renamed", "other/old.py"), before=before, after=after)
    assert found.projects[0].chain[0] == Step("file", "other/new.py", "renamed from other/old.py")


def test_a_build_file_that_changed_a_definition_begins_the_chain() -> None:
    after = Graph(
        {**GRAPH.nodes, "app/main.py": source("app/main.py", "lib/lib.py", definition="x")}
    )
    found = affected(Change("README.md", "modified"), Change("app/BUILD", "modified"), after=after)
    assert found.projects[0].chain[:2] == (
        Step("file", "app/BUILD", "modified"),
        Step("target", "app/main.py", "is defined otherwise"),
    )
    assert found.ignored == ("README.md",)


def test_a_project_that_went_is_named() -> None:
    before = Graph({**GRAPH.nodes, "old/x.py": source("old/x.py")})
    found = affected(Change("old/x.py", "deleted"), before=before)
    assert found.gone == ("old",)
    assert list(remarks(found)) == ["The project old is no more."]


def test_what_is_workspace_wide_is_found_by_its_glob() -> None:
    comparison = Comparison("0", None, (Change("b", "modified"), Change("c", "renamed", "ci/x")))
    assert workspace_wide(comparison, ["ci/**"]) == (
        Step("file", "ci/x", "renamed from ci/x"),
        "ci/x can influence everything (global_inputs in pants.toml: ci/**).",
    )
    assert workspace_wide(comparison, ["d"]) is None


@pytest.mark.parametrize(
    ("change", "needed"),
    [
        (Change("app/main.py", "modified"), False),
        (Change("3rdparty/p.lock", "modified"), False),
        (Change("app/README.md", "modified"), False),
        (Change("app/main.py", "deleted"), True),
        (Change("app/new.py", "added"), True),
        (Change("app/new.py", "renamed", "app/main.py"), True),
        (Change("app/BUILD", "modified"), True),
        (Change("app/BUILD.ci", "modified"), True),
        (Change(".gitignore", "modified"), True),
        (Change("3rdparty/p.txt", "modified"), True),
        (Change("app/schema.proto", "modified"), True),
        (Change("app/__init__.py", "modified"), True),
    ],
)
def test_the_graph_before_is_asked_for_only_where_it_can_tell_more(
    change: Change, needed: bool
) -> None:
    proto = Node("protobuf_source", "app", "", ("app/schema.proto",))
    assert needed == needs_earlier_graph(
        [change],
        Graph({**GRAPH.nodes, "app/schema.proto": proto}),
        made_from={"3rdparty/p.txt"},
        build_files=("BUILD", "BUILD.*"),
        lockfiles=LOCKFILES,
        is_blank=lambda path: True,
    )


def test_what_a_person_and_a_pipe_read() -> None:
    found = affected(Change("lib/lib.py", "modified")).explained(lambda *_: "imports lib (line 2)")
    assert list(listing(found, targets=False)) == ["app", "lib"]
    assert list(listing(found, targets=True)) == ["app/main.py", "lib/lib.py"]
    assert "\n".join(explanation(found)) == (
        "app  (app)\n"
        "    lib/lib.py   modified\n"
        "  → app/main.py  imports lib (line 2)\n"
        "  → app          contains it\n"
        "\n"
        "lib  (lib)\n"
        "    lib/lib.py  modified\n"
        "  → lib         contains it"
    )
    whole = json.loads(json.dumps(found.as_json(targets=True)))
    assert whole["projects"][1]["chain"][0] == {
        "kind": "file",
        "id": "lib/lib.py",
        "reason": "modified",
    }
    assert whole["targets"] == ["app/main.py", "lib/lib.py"]
    assert whole["changes"] == [{"path": "lib/lib.py", "kind": "modified"}]


def test_a_snapshot_is_made_once(tmp_path: Path) -> None:
    snapshot = Snapshot(GRAPH, LOCKFILES, {("app/main.py", "lib/lib.py"): "imports lib"})
    made = []

    def make() -> str:
        made.append(1)
        return snapshot.dump()

    cache = SnapshotCache(tmp_path / "cache")
    assert cache.get("tree", make) == snapshot
    assert cache.get("tree", make) == snapshot
    assert made == [1]
    for file in (tmp_path / "cache").iterdir():
        file.write_text("{")  # cut short
    assert cache.get("tree", make) == snapshot
    assert made == [1, 1]
