"""Which tasks a request runs, and which must have succeeded before each."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from workspace.projects import WorkspaceError

OF_DEPENDENCIES = "^"


class TaskCycle(WorkspaceError):
    """Tasks need each other in a circle; the message shows it."""


@dataclass(frozen=True, order=True)
class TaskId:
    """One task of one project."""

    project: str
    task: str

    def __str__(self) -> str:
        return f"{self.project}:{self.task}"


@dataclass(frozen=True)
class Workspace:
    """What a plan is made from.

    Attributes:
        needs: for each declared task, what its `needs` field says.
        dependencies: for each project, the projects it depends on directly.
    """

    needs: Mapping[TaskId, tuple[str, ...]]
    dependencies: Mapping[str, Collection[str]]

    def same_task_below(self, project: str, task: str) -> list[TaskId]:
        """That task in the project's dependencies, seeing through those that have none."""
        found, seen, pending = [], {project}, [*self.dependencies.get(project, ())]
        while pending:
            dependency = pending.pop()
            if dependency in seen:
                continue
            seen.add(dependency)
            candidate = TaskId(dependency, task)
            if candidate in self.needs:
                found.append(candidate)
            else:
                pending.extend(self.dependencies.get(dependency, ()))
        return sorted(found)

    def needed_by(self, task: TaskId) -> list[TaskId]:
        """The tasks that must have succeeded before one may start.

        Raises:
            WorkspaceError: it needs a task that its own project does not have.
        """
        found: list[TaskId] = []
        for need in self.needs[task]:
            if need.startswith(OF_DEPENDENCIES):
                found += self.same_task_below(task.project, need[len(OF_DEPENDENCIES) :])
                continue
            other = TaskId(task.project, need)
            if other not in self.needs:
                known = sorted(one.task for one in self.needs if one.project == task.project)
                raise WorkspaceError(
                    f"{task} needs {need}, but {task.project} has no task of that name. "
                    f"Its tasks: {', '.join(known)}. "
                    f"For the task in its dependencies, write ^{need}."
                )
            found.append(other)
        return sorted(set(found))


@dataclass(frozen=True)
class Plan:
    """The tasks to run, each after what it needs; in one order that serves, always the same."""

    needs: Mapping[TaskId, tuple[TaskId, ...]]

    def stages(self) -> list[list[TaskId]]:
        """The tasks by the earliest moment at which they may start: each stage runs in parallel."""
        stage_of: dict[TaskId, int] = {}
        for task, needs in self.needs.items():
            stage_of[task] = 1 + max((stage_of[need] for need in needs), default=-1)
        stages: list[list[TaskId]] = [[] for _ in range(1 + max(stage_of.values(), default=-1))]
        for task, stage in stage_of.items():
            stages[stage].append(task)
        return [sorted(stage) for stage in stages]


def make_plan(workspace: Workspace, names: Iterable[str], projects: Iterable[str]) -> Plan:
    """Plan the tasks of those names in those projects, and all that they need.

    A project without a task of the name has nothing to do for it.

    Raises:
        TaskCycle: some of them need each other.
        WorkspaceError: no project has a task of a name, or a task needs one that does not exist.
    """
    wanted = []
    chosen = sorted(set(projects))
    for name in names:
        if not any(task.task == name for task in workspace.needs):
            known = ", ".join(sorted({task.task for task in workspace.needs})) or "none"
            raise WorkspaceError(f"No project has a task {name}. The tasks here: {known}.")
        wanted += [
            TaskId(project, name) for project in chosen if TaskId(project, name) in workspace.needs
        ]
    return Plan(_in_order(workspace, wanted))


def _in_order(workspace: Workspace, wanted: Iterable[TaskId]) -> dict[TaskId, tuple[TaskId, ...]]:
    """Depth first without recursion, so that a long chain of tasks is only long."""
    done: dict[TaskId, tuple[TaskId, ...]] = {}
    for root in wanted:
        if root in done:
            continue
        path: dict[TaskId, list[TaskId]] = {root: workspace.needed_by(root)}
        pending = [(root, iter(path[root]))]
        while pending:
            task, rest = pending[-1]
            need = next(rest, None)
            if need is None:
                done[task] = tuple(path.pop(task))
                pending.pop()
            elif need in path:
                steps = [*path]
                circle = [*steps[steps.index(need) :], need]
                raise TaskCycle(
                    f"Tasks need each other in a circle: {' → '.join(map(str, circle))}. "
                    "Remove one of these from the `needs` of the one before it."
                )
            elif need not in done:
                path[need] = workspace.needed_by(need)
                pending.append((need, iter(path[need])))
    return done
