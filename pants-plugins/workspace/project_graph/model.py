"""The projects and which depends on which, drawn from the graph of targets."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from workspace.graph import Graph
from workspace.projects import Project, ProjectRegistry

SHOWN = 5  # examples of an edge; the count says how many there are


@dataclass(frozen=True)
class Evidence:
    """One dependency between targets of two projects, and why it is there."""

    dependent: str
    dependency: str
    reason: str = "depends on it"

    def __str__(self) -> str:
        return f"{self.dependent} {self.reason}"

    def as_json(self) -> dict[str, str]:
        """The evidence as it stands in JSON."""
        return {
            "dependent": self.dependent,
            "dependency": self.dependency,
            "reason": self.reason,
        }


@dataclass(frozen=True)
class Edge:
    """One project depends on another.

    Attributes:
        dependent: name of the project that needs the other.
        dependency: name of the project it needs.
        tests_only: whether only tests need it, so that nothing deployed contains it.
        count: how many dependencies between targets there are.
        evidence: the first of them, what is deployed before what tests.
    """

    dependent: str
    dependency: str
    tests_only: bool
    count: int
    evidence: tuple[Evidence, ...]

    def as_json(self) -> dict[str, Any]:
        """The edge as it stands in JSON."""
        return {
            "dependent": self.dependent,
            "dependency": self.dependency,
            "tests_only": self.tests_only,
            "count": self.count,
            "evidence": [one.as_json() for one in self.evidence],
        }


@dataclass(frozen=True)
class ProjectGraph:
    """Projects in the order of their folders, and the edges between them, sorted by names.

    Attributes:
        affected: names of the projects that a change affects, or None when none was asked about.
    """

    projects: tuple[Project, ...]
    edges: tuple[Edge, ...]
    affected: frozenset[str] | None = None

    def dependencies(self, name: str, *, tests: bool = False) -> list[str]:
        """Names of the projects that a project directly needs.

        Args:
            name: of the project.
            tests: whether what only its tests need counts.
        """
        return [
            edge.dependency
            for edge in self.edges
            if edge.dependent == name and (tests or not edge.tests_only)
        ]

    def dependents(self, name: str, *, tests: bool = False) -> list[str]:
        """Names of the projects that directly need a project; see `dependencies`."""
        return [
            edge.dependent
            for edge in self.edges
            if edge.dependency == name and (tests or not edge.tests_only)
        ]

    def around(self, focus: Iterable[str]) -> ProjectGraph:
        """Only some projects, all that they need and all that needs them, directly or not.

        Raises:
            WorkspaceError: there is no such project.
        """
        names = {ProjectRegistry(self.projects).named(one).name for one in focus}
        kept = _walk(names, lambda one: self.dependencies(one, tests=True))
        kept |= _walk(names, lambda one: self.dependents(one, tests=True))
        return replace(
            self,
            projects=tuple(one for one in self.projects if one.name in kept),
            edges=tuple(
                one for one in self.edges if one.dependent in kept and one.dependency in kept
            ),
        )

    def cycles(self) -> list[list[str]]:
        """Projects that need themselves through others, one shortest cycle for each such knot.

        What only tests need does not count: tests may start any program.
        """
        return [self._shortest_cycle(knot) for knot in self._knots()]

    def _knots(self) -> Iterator[set[str]]:
        """The sets of projects of which each needs every other."""
        seen: set[str] = set()
        for project in self.projects:
            if project.name in seen:
                continue
            needs = _walk({project.name}, self.dependencies)
            knot = needs & _walk({project.name}, self.dependents)
            seen |= knot
            if len(knot) > 1:
                yield knot

    def _shortest_cycle(self, knot: set[str]) -> list[str]:
        """From the first project of a knot back to it."""
        start = min(knot)
        paths = [[start]]
        while True:
            longer = []
            for path in paths:
                for dependency in self.dependencies(path[-1]):
                    if dependency == start:
                        return [*path, start]
                    if dependency in knot and dependency not in path:
                        longer.append([*path, dependency])
            # One way to each project is enough, as the first to arrive is a shortest.
            paths = list({path[-1]: path for path in reversed(longer)}.values())

    def as_json(self) -> dict[str, Any]:
        """All of it as it stands in JSON."""
        affected = {} if self.affected is None else {"affected": sorted(self.affected)}
        return {
            "projects": [one.as_json() for one in self.projects],
            "edges": [one.as_json() for one in self.edges],
            **affected,
        }


def _walk(names: Iterable[str], following: Callable[[str], Iterable[str]]) -> set[str]:
    found, waiting = set(names), list(names)
    while waiting:
        for one in following(waiting.pop()):
            if one not in found:
                found.add(one)
                waiting.append(one)
    return found


def project_graph(graph: Graph, registry: ProjectRegistry) -> ProjectGraph:
    """Draw the graph of projects from that of targets.

    A target outside every project connects what it depends on with what depends on it. Requirements
    and locked packages do not: two projects that use one library need not know each other.
    """
    between: dict[tuple[str, str], list[tuple[bool, str, str]]] = {}
    for node_id, node in graph.nodes.items():
        if node.project is None:
            continue
        for dependency in _owned_dependencies(graph, node_id):
            other = graph.nodes[dependency].project
            if other is not None and other != node.project:
                edge = between.setdefault((node.project, other), [])
                edge.append((node.tests, node_id, dependency))
    edges = []
    for (dependent, dependency), found in sorted(between.items()):
        found.sort()
        edges.append(
            Edge(
                dependent,
                dependency,
                tests_only=found[0][0],
                count=len(found),
                evidence=tuple(Evidence(one, other) for _, one, other in found[:SHOWN]),
            )
        )
    return ProjectGraph(tuple(registry), tuple(edges))


def _owned_dependencies(graph: Graph, node_id: str) -> set[str]:
    """What a node depends on in any project, through what belongs to none."""
    found: set[str] = set()
    seen = {node_id}
    waiting = [node_id]
    while waiting:
        for dependency in graph.nodes[waiting.pop()].dependencies:
            node = graph.nodes.get(dependency)
            if node is None or dependency in seen or node.kind == "python_requirement":
                continue
            seen.add(dependency)
            if node.project is not None:
                found.add(dependency)
            elif node.is_target:
                waiting.append(dependency)
    return found


def explained(graph: ProjectGraph, reason_of: Callable[[str, str], str]) -> ProjectGraph:
    """The same graph with the reason of each piece of evidence."""
    edges = tuple(
        replace(
            edge,
            evidence=tuple(
                replace(one, reason=reason_of(one.dependent, one.dependency))
                for one in edge.evidence
            ),
        )
        for edge in graph.edges
    )
    return replace(graph, edges=edges)
