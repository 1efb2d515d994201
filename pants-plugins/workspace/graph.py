"""The graph of everything that is built, and what a difference between two of them can influence.

A thing is influenced exactly when what it is made of differs: its own definition, the content of a
file of its, or any of these in what it depends on, directly or not. See README.md for why the two
walks below, one in each graph, find just that.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

PACKAGE = "package"
TOOL = "tool"
LOCKFILE = "lockfile"


@dataclass(frozen=True)
class Node:
    """A target, or a locked third-party package.

    Attributes:
        kind: what it is: a target's type, PACKAGE or TOOL.
        project: name of the project it belongs to, or None.
        definition: whatever of it is neither the content of a file nor a dependency.
        files: paths of its files from the workspace's root.
        dependencies: ids of the nodes it directly depends on; some may not exist.
        tests: whether it only serves to test: nothing that is deployed contains it.
    """

    kind: str
    project: str | None
    definition: str
    files: tuple[str, ...] = ()
    dependencies: tuple[str, ...] = ()
    tests: bool = False

    @property
    def is_target(self) -> bool:
        """Whether it is a target of Pants."""
        return self.kind not in (PACKAGE, TOOL, LOCKFILE)


@dataclass(frozen=True)
class Graph:
    """Nodes by id: a target's address, or what `package_id` makes."""

    nodes: Mapping[str, Node]

    def dependents(self) -> dict[str, list[str]]:
        """Who directly depends on each id, in a stable order."""
        result: dict[str, list[str]] = {}
        for node_id in sorted(self.nodes):
            for dependency in self.nodes[node_id].dependencies:
                result.setdefault(dependency, []).append(node_id)
        return result

    def with_nodes(self, nodes: Mapping[str, Node], *, instead_of: str) -> Graph:
        """The graph with these nodes instead of all of the kind `instead_of`."""
        kept = {key: node for key, node in self.nodes.items() if node.kind != instead_of}
        return Graph({**kept, **nodes})


@dataclass(frozen=True)
class Cause:
    """Why a node counts as changed.

    Attributes:
        reason: in words, to stand behind the node's id.
        file: the changed file it comes from, or None where only the definition tells.
    """

    reason: str
    file: str | None = None


def changed_nodes(before: Graph, after: Graph, changed_files: Iterable[str]) -> dict[str, Cause]:
    """Find the nodes that are not in themselves what they were.

    Args:
        before: the graph at the older state.
        after: the graph at the newer state.
        changed_files: every path whose content differs, appeared or went.
    """
    changed = frozenset(changed_files)
    result: dict[str, Cause] = {}
    for node_id in {**before.nodes, **after.nodes}:
        old, new = before.nodes.get(node_id), after.nodes.get(node_id)
        touched = changed.intersection((*(old.files if old else ()), *(new.files if new else ())))
        file = min(touched) if touched else None
        if old is None or new is None:
            result[node_id] = Cause("is new" if old is None else "is gone", file)
        elif touched:
            result[node_id] = Cause("has it as a source", file)
        elif old.kind == PACKAGE and old.definition != new.definition:
            result[node_id] = Cause(f"moved from {old.definition} to {new.definition}")
        elif (old.kind, old.project, old.definition) != (new.kind, new.project, new.definition):
            result[node_id] = Cause("is defined otherwise")
        elif set(old.files) != set(new.files):
            result[node_id] = Cause("has other sources")
        elif set(old.dependencies) != set(new.dependencies):
            result[node_id] = Cause(_other_dependencies(old, new))
    return result


def _other_dependencies(old: Node, new: Node) -> str:
    gained = sorted(set(new.dependencies) - set(old.dependencies))
    lost = sorted(set(old.dependencies) - set(new.dependencies))
    parts = [f"now depends on {gained[0]}"] if gained else []
    parts += [f"no longer depends on {lost[0]}"] if lost else []
    return " and ".join(parts)


@dataclass(frozen=True)
class Reach:
    """Every node that some roots can influence, and how each is reached.

    Attributes:
        graph: the graph that was walked.
        distance: steps from the nearest root, by id.
        through: the dependency by which a node was reached first; None for a root.
    """

    graph: Graph
    distance: Mapping[str, int]
    through: Mapping[str, str | None]

    def path(self, node_id: str) -> list[str]:
        """The ids from a root to this node, by as few steps as there can be."""
        result = [node_id]
        step = self.through[node_id]
        while step is not None:
            result.append(step)
            step = self.through[step]
        return result[::-1]


def reach(graph: Graph, roots: Iterable[str]) -> Reach:
    """Walk from the roots to everything that depends on them, nearest first."""
    dependents = graph.dependents()
    through: dict[str, str | None] = {root: None for root in sorted(roots) if root in graph.nodes}
    distance = dict.fromkeys(through, 0)
    waiting = deque(through)
    while waiting:
        node_id = waiting.popleft()
        for dependent in dependents.get(node_id, ()):
            if dependent not in through:
                through[dependent] = node_id
                distance[dependent] = distance[node_id] + 1
                waiting.append(dependent)
    return Reach(graph, distance, through)


@dataclass(frozen=True)
class Influence:
    """What a difference between two graphs can influence.

    Attributes:
        causes: the nodes that changed in themselves, and why.
        before, after: the walk in each of the graphs.
    """

    causes: Mapping[str, Cause]
    before: Reach
    after: Reach
    ids: frozenset[str] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "ids", frozenset((*self.before.through, *self.after.through)))

    def nearest(self, node_ids: Iterable[str]) -> tuple[Reach, str] | None:
        """The walk and the id, of those given, that is fewest steps from a change."""
        candidates = [
            (walk.distance[node_id], walk is self.before, node_id, walk)
            for walk in (self.after, self.before)
            for node_id in node_ids
            if node_id in walk.distance
        ]
        if not candidates:
            return None
        _, _, node_id, walk = min(candidates, key=lambda one: one[:3])
        return walk, node_id


def influence(before: Graph, after: Graph, changed_files: Iterable[str]) -> Influence:
    """Find what differs between two states of a workspace, and all that it can influence."""
    causes = changed_nodes(before, after, changed_files)
    walk = reach(after, causes)
    return Influence(causes, walk if before is after else reach(before, causes), walk)
