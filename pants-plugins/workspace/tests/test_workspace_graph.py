"""What a change influences, against a brute-force oracle on random workspaces and random edits."""

from __future__ import annotations

from dataclasses import dataclass, replace

from hypothesis import given
from hypothesis import strategies as st

from workspace.graph import PACKAGE, Cause, Graph, Node, changed_nodes, influence, reach

NAMES = [f"t{number}" for number in range(7)]
PROJECTS = ["a", "b", "c"]


@dataclass(frozen=True)
class Workspace:
    """One state: every target, and the content of every file."""

    targets: dict[str, Node]
    contents: dict[str, int]

    def fingerprint(self, target: str) -> object:
        """All that a target is made of, followed to the end with no cleverness."""
        seen: dict[str, object] = {}
        waiting = [target]
        while waiting:
            name = waiting.pop()
            node = self.targets.get(name)
            if name in seen:
                continue
            if node is None:
                seen[name] = None
                continue
            files = tuple((path, self.contents[path]) for path in sorted(node.files))
            own = (node.kind, node.project, node.definition, files)
            seen[name] = (own, frozenset(node.dependencies))
            waiting.extend(node.dependencies)
        return frozenset(seen.items())

    def project_fingerprint(self, project: str) -> object:
        """The fingerprints of all that lies in a project."""
        return frozenset(
            (name, self.fingerprint(name))
            for name, node in self.targets.items()
            if node.project == project
        )


@st.composite
def nodes(draw: st.DrawFn, name: str) -> Node:
    return Node(
        kind=draw(st.sampled_from(["source", "test"])),
        project=draw(st.sampled_from(PROJECTS)),
        definition=draw(st.sampled_from(["", "x"])),
        files=(f"{name}.py",),
        # May name what does not exist, and itself, and form cycles: Pants allows all of it.
        dependencies=tuple(draw(st.lists(st.sampled_from(NAMES), unique=True, max_size=3))),
    )


@st.composite
def workspaces(draw: st.DrawFn) -> Workspace:
    present = draw(st.lists(st.sampled_from(NAMES), unique=True))
    targets = {name: draw(nodes(name)) for name in present}
    return Workspace(targets, {f"{name}.py": 0 for name in present})


@st.composite
def edits(draw: st.DrawFn, workspace: Workspace) -> Workspace:
    """Delete, add, rename, redefine, rewire and rewrite targets."""
    targets, contents = dict(workspace.targets), dict(workspace.contents)
    for _ in range(draw(st.integers(0, 4))):
        name = draw(st.sampled_from(NAMES))
        kind = draw(st.sampled_from(["delete", "write", "define", "rename", "rewire"]))
        if name not in targets:
            targets[name] = draw(nodes(name))
            contents[f"{name}.py"] = draw(st.integers(0, 1))
        elif kind == "delete":
            del targets[name]
            del contents[f"{name}.py"]
        elif kind == "write":
            contents[f"{name}.py"] += draw(st.integers(0, 1))
        elif kind == "define":
            targets[name] = draw(nodes(name))
        elif kind == "rewire":
            targets[name] = replace(targets[name], dependencies=draw(nodes(name)).dependencies)
        else:
            other = draw(st.sampled_from(NAMES))
            if other not in targets:
                targets[other] = replace(targets.pop(name), files=(f"{other}.py",))
                contents[f"{other}.py"] = contents.pop(f"{name}.py")
    return Workspace(targets, contents)


@st.composite
def histories(draw: st.DrawFn) -> tuple[Workspace, Workspace]:
    before = draw(workspaces())
    return before, draw(edits(before))


def changed_files(before: Workspace, after: Workspace) -> set[str]:
    """What git would say."""
    paths = {*before.contents, *after.contents}
    return {path for path in paths if before.contents.get(path) != after.contents.get(path)}


def influenced_projects(before: Graph, after: Graph, files: set[str]) -> set[str]:
    ids = influence(before, after, files).ids
    nodes = [graph.nodes[one] for graph in (before, after) for one in ids if one in graph.nodes]
    return {node.project for node in nodes if node.project is not None}


@given(histories())
def test_a_project_is_affected_exactly_when_what_it_is_made_of_differs(
    history: tuple[Workspace, Workspace],
) -> None:
    before, after = history
    expected = {
        project
        for project in PROJECTS
        if before.project_fingerprint(project) != after.project_fingerprint(project)
    }
    found = influenced_projects(
        Graph(before.targets), Graph(after.targets), changed_files(before, after)
    )
    assert found == expected


@given(workspaces(), st.data())
def test_where_only_contents_changed_the_later_graph_says_it_all(
    before: Workspace, data: st.DataObject
) -> None:
    contents, targets = dict(before.contents), dict(before.targets)
    for name in data.draw(st.sets(st.sampled_from(sorted(targets) or ["none"]))) & set(targets):
        contents[f"{name}.py"] += 1
        # A changed file may import something else.
        targets[name] = replace(targets[name], dependencies=data.draw(nodes(name)).dependencies)
    after = Workspace(targets, contents)
    files = changed_files(before, after)
    assert influenced_projects(
        Graph(after.targets), Graph(after.targets), files
    ) == influenced_projects(Graph(before.targets), Graph(after.targets), files)


@given(histories())
def test_a_chain_is_as_short_as_can_be_and_every_step_is_a_dependency(
    history: tuple[Workspace, Workspace],
) -> None:
    before, after = Graph(history[0].targets), Graph(history[1].targets)
    found = influence(before, after, changed_files(*history))
    for walk in (found.before, found.after):
        for node_id, distance in walk.distance.items():
            path = walk.path(node_id)
            assert path[0] in found.causes
            assert path[-1] == node_id
            assert len(path) == distance + 1
            for dependency, dependent in zip(path, path[1:]):
                assert dependency in walk.graph.nodes[dependent].dependencies
                # One step nearer would have been found first.
                assert walk.distance[dependency] == walk.distance[dependent] - 1
            assert all(
                walk.distance[dependency] >= distance - 1
                for dependency in walk.graph.nodes[node_id].dependencies
                if dependency in walk.distance
            )


def target(*dependencies: str, definition: str = "", file: str = "") -> Node:
    return Node("source", "a", definition, (file,) if file else (), dependencies)


def test_what_used_a_deleted_target_is_reached_through_the_graph_before() -> None:
    before = Graph({"user": target("gone"), "gone": target(file="gone.py")})
    after = Graph({"user": target()})
    found = influence(before, after, {"gone.py"})
    assert found.before.path("user") in (["gone", "user"], ["user"])
    assert found.causes["gone"] == Cause("is gone", "gone.py")
    assert found.causes["user"] == Cause("no longer depends on gone")


def test_a_moved_package_says_from_where_to_where() -> None:
    before = Graph({"p/a": Node(PACKAGE, None, "1.0")})
    after = Graph({"p/a": Node(PACKAGE, None, "2.0")})
    assert changed_nodes(before, after, ()) == {"p/a": Cause("moved from 1.0 to 2.0")}


def test_nodes_of_one_kind_can_be_replaced() -> None:
    graph = Graph({"p/a": Node(PACKAGE, None, "1.0"), "t": target()})
    swapped = graph.with_nodes({"p/b": Node(PACKAGE, None, "1.0")}, instead_of=PACKAGE)
    assert set(swapped.nodes) == {"p/b", "t"}


def test_a_cycle_is_walked_once() -> None:
    graph = Graph({"a": target("b"), "b": target("a")})
    assert dict(reach(graph, ["a"]).distance) == {"a": 0, "b": 1}
