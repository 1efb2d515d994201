"""The tasks there are: those of BUILD files, and `test` and `package` of every project."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from pants.core.goals.package import PackageFieldSet
from pants.core.goals.test import TestRequest
from pants.engine.rules import Rule, collect_rules, rule
from pants.engine.target import AllTargets, Target
from pants.engine.unions import UnionMembership, UnionRule
from pants.util.logging import LogLevel

from workspace.projects import WorkspaceError
from workspace.rules import WorkspaceGraph, WorkspaceProjects
from workspace.tasks.plan import TaskId, Workspace
from workspace.tasks.target_types import TaskNeedsField, TaskTarget

TEST, PACKAGE = "test", "package"


@dataclass(frozen=True)
class DeclaredTasks:
    """All tasks.

    Attributes:
        workspace: what plans are made from.
        targets: the `task` targets.
        tests: what `test` runs, by project.
        packages: what `package` builds, by project.
    """

    workspace: Workspace
    targets: dict[TaskId, Target]
    tests: dict[str, tuple[Target, ...]]
    packages: dict[str, tuple[Target, ...]]


@rule(desc="Find the workspace's tasks", level=LogLevel.DEBUG)
async def find_tasks(
    projects: WorkspaceProjects,
    mapped: WorkspaceGraph,
    all_targets: AllTargets,
    membership: UnionMembership,
) -> DeclaredTasks:
    """Give every task to the project that its folder belongs to."""
    targets: dict[TaskId, Target] = {}
    tests: dict[str, list[Target]] = {}
    packages: dict[str, list[Target]] = {}
    testers = [request.field_set_type for request in membership.get(TestRequest)]
    packagers = membership.get(PackageFieldSet)
    for target in all_targets:
        project = projects.registry.owner_of_folder(target.address.spec_path)
        if target.alias == TaskTarget.alias:
            if project is None:
                raise WorkspaceError(
                    f"{target.address} is in no project. Put a project(...) beside it."
                )
            task = TaskId(project.name, target.address.target_name)
            if task in targets:
                raise WorkspaceError(
                    f"{targets[task].address} and {target.address} are both the task {task}. "
                    "Give one of them another name."
                )
            targets[task] = target
        if project is None:
            continue
        if any(tester.is_applicable(target) for tester in testers):
            tests.setdefault(project.name, []).append(target)
        elif any(packager.is_applicable(target) for packager in packagers):
            packages.setdefault(project.name, []).append(target)
    needs = {TaskId(project, TEST): () for project in tests}
    needs.update({TaskId(project, PACKAGE): () for project in packages})
    declared = {task: tuple(target[TaskNeedsField].value or ()) for task, target in targets.items()}
    return DeclaredTasks(
        Workspace({**needs, **declared}, _dependencies(mapped)),
        targets,
        {project: tuple(found) for project, found in tests.items()},
        {project: tuple(found) for project, found in packages.items()},
    )


def _dependencies(mapped: WorkspaceGraph) -> dict[str, set[str]]:
    """Which projects each depends on; what only its tests use is not a part of it."""
    found: dict[str, set[str]] = {}
    nodes = mapped.graph.nodes
    for node in nodes.values():
        if node.project is None or node.tests:
            continue
        for dependency in node.dependencies:
            other = nodes.get(dependency)
            if other and other.project not in (None, node.project):
                found.setdefault(node.project, set()).add(str(other.project))
    return found


def rules() -> Iterable[Rule | UnionRule]:
    """Return the rules of this module, for Pants."""
    return collect_rules()
