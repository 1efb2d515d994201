"""From what changed and the graphs before and after to the projects that are affected, and why."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from workspace.affected.changes import Change, Comparison
from workspace.affected.paths import first_match
from workspace.graph import PACKAGE, TOOL, Cause, Graph, Influence, Node, influence
from workspace.lockfiles import read_packages
from workspace.projects import Project, ProjectRegistry

# Of these, what the others depend on is told by names alone, whatever the files contain.
NAMED_ONLY = frozenset(
    {
        "python_source",
        "python_test",
        "python_test_utils",
        "resource",
        "file",
        "shell_source",
        "task",
    }
)
DEPENDS = "depends on it"
# Says why the first of two targets depends on the second.
ReasonOf = Callable[[str, str], str]


@dataclass(frozen=True)
class Step:
    """One step of the way from a changed file to a project.

    Attributes:
        kind: "file", "package", "tool", "target" or "project".
        id: a path, an address, a project's name or what else names it.
        reason: why the step before leads here; for a file, how it changed.
    """

    kind: str
    id: str
    reason: str

    def as_json(self) -> dict[str, str]:
        """The step as it stands in JSON."""
        return {"kind": self.kind, "id": self.id, "reason": self.reason}


@dataclass(frozen=True)
class AffectedProject:
    """A project that a change can influence, and the shortest way from the change to it."""

    project: Project
    chain: tuple[Step, ...]

    def as_json(self) -> dict[str, Any]:
        """The project as it stands in JSON."""
        return {**self.project.as_json(), "chain": [step.as_json() for step in self.chain]}


@dataclass(frozen=True)
class Affected:
    """What a change can influence.

    Attributes:
        since, until: as they were asked for.
        comparison: what git said, or None when that cannot be known.
        everything: why all projects are chosen whatever changed, or None.
        projects: in the order of their folders.
        targets: addresses of the targets that exist now, sorted.
        gone: names of projects that are no more.
        ignored: changed paths that nothing is built from.
    """

    since: str
    until: str | None
    comparison: Comparison | None
    everything: str | None
    projects: tuple[AffectedProject, ...]
    targets: tuple[str, ...]
    gone: tuple[str, ...] = ()
    ignored: tuple[str, ...] = ()

    def edges(self) -> Iterator[tuple[str, str]]:
        """The target and the target it depends on, of each step whose reason only Pants knows."""
        for one in self.projects:
            for step, next_step in zip(one.chain, one.chain[1:]):
                if next_step.reason == DEPENDS:
                    yield next_step.id, step.id

    def explained(self, reason_of: ReasonOf) -> Affected:
        """The same, with the reasons that only Pants knows."""
        projects = tuple(
            replace(one, chain=tuple(_explained(one.chain, reason_of))) for one in self.projects
        )
        return replace(self, projects=projects)

    @property
    def names(self) -> frozenset[str]:
        """The names of the affected projects."""
        return frozenset(one.project.name for one in self.projects)

    def as_json(self, *, targets: bool = False) -> dict[str, Any]:
        """All of it; the targets only when asked for."""
        comparison = self.comparison
        return {
            "since": self.since,
            "until": self.until,
            "base": comparison.base if comparison else None,
            "everything": self.everything,
            "changes": [one.as_json() for one in comparison.changes] if comparison else None,
            "projects": [one.as_json() for one in self.projects],
            **({"targets": list(self.targets)} if targets else {}),
            "gone": list(self.gone),
            "ignored": list(self.ignored),
        }


def _explained(chain: tuple[Step, ...], reason_of: ReasonOf) -> Iterator[Step]:
    before: Step | None = None
    for step in chain:
        unknown = before is not None and step.reason == DEPENDS
        yield replace(step, reason=reason_of(step.id, before.id)) if before and unknown else step
        before = step


def needs_earlier_graph(
    changes: Iterable[Change],
    graph: Graph,
    *,
    made_from: Collection[str],
    build_files: Collection[str],
    lockfiles: Mapping[str, str],
    is_blank: Callable[[str], bool],
) -> bool:
    """Whether the graph before a change may have held what the graph after it does not tell.

    It cannot when only contents changed, of files whose names alone decide what others depend on:
    then every dependency that differs is one of a changed file, and all that depends on that file
    is reached either way.

    Args:
        changes: what changed.
        graph: the graph after.
        made_from: files that targets are made from.
        build_files: globs over the base names of BUILD files.
        lockfiles: paths by resolve, of those whose packages are known.
        is_blank: whether a file is empty, by its path.
    """
    owners: dict[str, set[str]] = {}
    for node in graph.nodes.values():
        for path in node.files:
            owners.setdefault(path, set()).add(node.kind)
    known = set(lockfiles.values())
    for change in changes:
        name = change.path.rpartition("/")[2]
        if change.kind == "modified" and change.path in known:
            continue
        if (
            change.kind != "modified"
            or change.path in made_from
            or first_match(build_files, name)
            or name == ".gitignore"
            or not owners.get(change.path, set()) <= NAMED_ONLY
            # An __init__.py counts as a dependency of its neighbours unless it is empty.
            or (name.startswith("__init__.py") and is_blank(change.path))
        ):
            return True
    return False


def with_lockfiles_of(
    graph: Graph, lockfiles: Mapping[str, str], read: Callable[[str], str | None]
) -> Graph | None:
    """The graph with the packages that other versions of its lockfiles lock.

    Args:
        graph: whose targets and tools stay.
        lockfiles: their paths by resolve.
        read: the other version of a file, or None when there is none.

    Returns:
        None when a lockfile had another format, so that its packages are not known.
    """
    packages: dict[str, Node] = {}
    for resolve, path in lockfiles.items():
        found = read_packages(resolve, path, read(path) or "")
        if found is None:
            return None
        packages.update(found)
    return graph.with_nodes(packages, instead_of=PACKAGE)


def everything(
    since: str,
    until: str | None,
    comparison: Comparison | None,
    registry: ProjectRegistry,
    graph: Graph,
    because: str,
    first: Step,
) -> Affected:
    """Choose all there is.

    Args:
        since: as it was asked for.
        until: as it was asked for.
        comparison: what git said, if it could.
        registry: all projects.
        graph: all targets.
        because: the sentence that says why.
        first: what every project's chain begins with.
    """
    projects = tuple(
        AffectedProject(one, (first, Step("project", one.name, "everything is chosen")))
        for one in registry
    )
    # `::` is Pants' own word for every target, where they cannot be told one by one.
    targets = _targets(graph.nodes, graph) or ("::",)
    return Affected(since, until, comparison, because, projects, targets)


def _targets(ids: Iterable[str], graph: Graph) -> tuple[str, ...]:
    return tuple(sorted(one for one in ids if one in graph.nodes and graph.nodes[one].is_target))


def workspace_wide(comparison: Comparison, global_inputs: Iterable[str]) -> tuple[Step, str] | None:
    """The first changed file that can influence everything, and the sentence that says so."""
    globs = tuple(global_inputs)
    for change in comparison.changes:
        for path in change.paths:
            glob = first_match(globs, path)
            if glob is not None:
                sentence = f"{path} can influence everything (global_inputs in pants.toml: {glob})."
                return Step("file", path, str(change)), sentence
    return None


def analyse(
    since: str,
    until: str | None,
    comparison: Comparison,
    before: Graph,
    after: Graph,
    registry: ProjectRegistry,
    lockfiles: Mapping[str, str],
) -> Affected:
    """Find what a known change affects.

    Args:
        since: as it was asked for.
        until: as it was asked for.
        comparison: what git said.
        before: the workspace at the comparison's base.
        after: the workspace at its other end.
        registry: the projects after.
        lockfiles: their paths by resolve.
    """
    found = influence(before, after, comparison.paths)
    members: dict[str, list[str]] = {}
    for one in sorted(found.ids):
        for graph in (before, after):
            node = graph.nodes.get(one)
            if node is not None and node.project is not None:
                members.setdefault(node.project, []).append(one)
    chains = _Chains(comparison, found, lockfiles)
    projects = tuple(
        AffectedProject(project, chains.to(project.name, members[project.name]))
        for project in registry
        if project.name in members
    )
    nodes = (*before.nodes.values(), *after.nodes.values())
    built_from = {*lockfiles.values(), *(path for node in nodes for path in node.files)}
    ignored = [
        change.path
        for change in comparison.changes
        if not built_from.intersection(change.paths) and not _is_build_file(change.path)
    ]
    return Affected(
        since,
        until,
        comparison,
        None,
        projects,
        _targets(found.ids, after),
        gone=tuple(sorted(name for name in members if name not in registry)),
        ignored=tuple(sorted(ignored)),
    )


@dataclass(frozen=True)
class _Chains:
    """The shortest ways from changed files to projects."""

    comparison: Comparison
    found: Influence
    lockfiles: Mapping[str, str]

    def to(self, project: str, members: Iterable[str]) -> tuple[Step, ...]:
        nearest = self.found.nearest(members)
        if nearest is None:  # cannot be: a member was reached
            return ()
        walk, member = nearest
        path = walk.path(member)
        cause = self.found.causes[path[0]]
        graph = walk.graph
        steps = [
            *self._file(path[0], graph.nodes[path[0]], cause),
            Step(_kind(graph.nodes[path[0]]), path[0], cause.reason),
        ]
        for dependency, dependent in zip(path, path[1:]):
            node = graph.nodes[dependent]
            steps.append(Step(_kind(node), dependent, _reason(graph.nodes[dependency], node)))
        return (*steps, Step("project", project, "contains it"))

    def _file(self, node_id: str, node: Node, cause: Cause) -> list[Step]:
        """The changed file that a node's change comes from, where there is one to name."""
        changed = {path: change for change in self.comparison.changes for path in change.paths}
        path = cause.file
        if path is None and node.kind == PACKAGE:
            path = next(
                (one for key, one in self.lockfiles.items() if node_id.startswith(f"{key}/")), None
            )
        if path is None:
            path = self._declared_in(node_id, changed)
        if path not in changed:
            return []
        change = changed[path]
        how = f"renamed to {change.path}" if path == change.previous else str(change)
        return [Step("file", path, how)]

    def _declared_in(self, node_id: str, changed: Mapping[str, Change]) -> str | None:
        """The changed BUILD file nearest above a target, else whatever changed there."""
        folder = node_id.partition(":")[0].partition("#")[0]
        while True:
            prefix = f"{folder}/" if folder else ""
            here = [one for one in sorted(changed) if one.startswith(prefix)]
            build = [one for one in here if _is_build_file(one) and "/" not in one[len(prefix) :]]
            if build or not folder:
                return next(iter([*build, *here]), None)
            folder = folder.rpartition("/")[0]


def _is_build_file(path: str) -> bool:
    return path.rpartition("/")[2].split(".")[0] == "BUILD"


def _kind(node: Node) -> str:
    return node.kind if not node.is_target else "target"


def _reason(dependency: Node, dependent: Node) -> str:
    if dependency.kind == TOOL:
        return "is checked by it"
    if dependency.kind == PACKAGE:
        return "requires it" if dependent.kind == PACKAGE else "is locked so"
    return DEPENDS
