"""`./pants tasks NAME…` (which Pants itself knows as `run-tasks -- NAME…`)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pants.core.util_rules.distdir import DistDir
from pants.engine.console import Console
from pants.engine.fs import Digest, MergeDigests, Workspace
from pants.engine.goal import Goal, GoalSubsystem
from pants.engine.rules import Get, MultiGet, Rule, collect_rules, goal_rule
from pants.engine.unions import UnionRule
from pants.option.option_types import ArgsListOption

from workspace.affected.analysis import Affected
from workspace.affected.rules import AffectedRequest
from workspace.arguments import HelpWanted
from workspace.projects import WorkspaceError
from workspace.rules import WorkspaceProjects
from workspace.tasks import command_line, drawing, outcome
from workspace.tasks.declared import DeclaredTasks
from workspace.tasks.outcome import State
from workspace.tasks.plan import Plan, TaskId, make_plan
from workspace.tasks.run import FinishedTask, Session, TaskRequest


class TasksSubsystem(GoalSubsystem):
    """The goal's options."""

    name = "run-tasks"
    help = "Run named tasks of projects, each after what it needs: `./pants tasks NAME…`."

    args = ArgsListOption(example="build --affected --since=main", passthrough=True)


class Tasks(Goal):
    """The goal."""

    subsystem_cls = TasksSubsystem
    environment_behavior = Goal.EnvironmentBehavior.LOCAL_ONLY


async def _run(
    plan: Plan, wanted: command_line.Wanted, console: Console, workspace: Workspace, dist: DistDir
) -> Tasks:
    session = Session(plan, wanted.fail_fast)
    finished = await MultiGet(Get(FinishedTask, TaskRequest(session, task)) for task in plan.needs)
    outputs, artifacts = await MultiGet(
        Get(Digest, MergeDigests(one.outputs for one in finished)),
        Get(Digest, MergeDigests(one.for_dist for one in finished)),
    )
    workspace.write_digest(outputs)
    workspace.write_digest(artifacts, path_prefix=str(dist.relpath))
    outcomes = [one.outcome for one in finished]
    logs = outcome.logs(outcomes, whole=wanted.logs)
    if wanted.json:
        console.print_stdout(_json([one.as_json() for one in outcomes]))
    elif logs:
        console.print_stdout(f"{logs}\n")
    if not wanted.json:
        console.print_stdout(outcome.summary(outcomes))
    return Tasks(int(any(one.state in (State.FAILED, State.SKIPPED) for one in outcomes)))


@goal_rule
async def run_tasks(
    subsystem: TasksSubsystem,
    console: Console,
    workspace: Workspace,
    dist: DistDir,
    projects: WorkspaceProjects,
    declared: DeclaredTasks,
) -> Tasks:
    """Plan, run, restore outputs, and tell."""
    try:
        wanted = command_line.read(subsystem.args)
        if not wanted.names:
            known = _projects_by_task(declared.workspace.needs)
            console.print_stdout(_json(known) if wanted.json else _listing(known))
            return Tasks(0)
        chosen = {projects.registry.named(name).name for name in wanted.projects}
        names = chosen or {project.name for project in projects.registry}
        if wanted.since is not None:
            affected = await Get(Affected, AffectedRequest(wanted.since))
            names &= affected.names
            if affected.everything:
                console.print_stderr(f"Everything is chosen: {affected.everything}")
        plan = make_plan(declared.workspace, wanted.names, names)
    except HelpWanted as help_text:
        console.print_stdout(str(help_text))
        return Tasks(0)
    except WorkspaceError as error:
        console.print_stderr(str(error))
        return Tasks(2)
    if wanted.graph:
        console.print_stdout(drawing.mermaid(plan))
        return Tasks(0)
    if wanted.dry_run:
        console.print_stdout(_json(_plan(plan)) if wanted.json else drawing.stages(plan))
        return Tasks(0)
    if not plan.needs and not wanted.json:
        console.print_stderr("Nothing to do: no project that was asked for has such a task.")
        return Tasks(0)
    return await _run(plan, wanted, console, workspace, dist)


def _projects_by_task(needs: Mapping[TaskId, tuple[str, ...]]) -> dict[str, list[str]]:
    projects: dict[str, list[str]] = {}
    for task in sorted(needs):
        projects.setdefault(task.task, []).append(task.project)
    return {name: projects[name] for name in sorted(projects)}


def _listing(projects: Mapping[str, Sequence[str]]) -> str:
    """The tasks there are, by name."""
    lines = [f"{name}: {', '.join(ones)}" for name, ones in projects.items()]
    return "\n".join(["Tasks, and the projects that have them:", *lines])


def _plan(plan: Plan) -> list[dict[str, Any]]:
    return [
        {"task": str(task), "needs": [str(need) for need in needs]}
        for task, needs in plan.needs.items()
    ]


def _json(value: Any) -> str:
    return json.dumps(value, indent=2)


def rules() -> Iterable[Rule | UnionRule]:
    """Return the rules of this module, for Pants."""
    return collect_rules()
