"""`./pants affected`, and what it asks of the workspace at another commit."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

from pants.engine.console import Console
from pants.engine.goal import Goal, GoalSubsystem
from pants.engine.rules import Get, Rule, collect_rules, goal_rule
from pants.engine.unions import UnionRule
from pants.option.option_types import BoolOption, StrOption

from workspace.affected.analysis import Affected
from workspace.affected.rules import AffectedRequest
from workspace.affected.snapshot import Snapshot
from workspace.affected.text import explanation, listing, remarks
from workspace.rules import EdgeReasons, EdgeReasonsRequest, WorkspaceGraph


class AffectedSubsystem(GoalSubsystem):
    """Options of `affected`."""

    name = "affected"
    help = (
        "List the projects that a change can influence: by the graph before and the graph after, "
        "through sources, definitions, dependencies and locked packages."
    )

    since = StrOption(
        default="HEAD",
        metavar="REF",
        help=(
            "A branch, tag or commit. What counts is what happened since its history was left, "
            "uncommitted and untracked files included."
        ),
    )
    until = StrOption(
        default=None,
        metavar="REF",
        help="Look at this commit instead of the files as they are.",
    )
    json = BoolOption(default=False, help="Print JSON, with the chain to every project.")
    explain = BoolOption(
        default=False,
        help="Print the shortest chain from a changed file to every project, and why each step.",
    )
    targets = BoolOption(default=False, help="List targets instead of projects.")


class AffectedGoal(Goal):
    """List what a change can influence."""

    subsystem_cls = AffectedSubsystem
    environment_behavior = Goal.EnvironmentBehavior.LOCAL_ONLY


@goal_rule
async def list_affected(options: AffectedSubsystem, console: Console) -> AffectedGoal:
    """Print what is affected; remarks go to standard error."""
    affected = await Get(
        Affected,
        AffectedRequest(options.since, options.until, explain=options.explain or options.json),
    )
    for line in remarks(affected):
        console.print_stderr(line)
    if options.json:
        console.print_stdout(json.dumps(affected.as_json(targets=options.targets), indent=2))
        return AffectedGoal(exit_code=0)
    lines = explanation(affected) if options.explain else listing(affected, targets=options.targets)
    for line in lines:
        console.print_stdout(line)
    return AffectedGoal(exit_code=0)


class WorkspaceSnapshotSubsystem(GoalSubsystem):
    """Options of `workspace-snapshot`."""

    name = "workspace-snapshot"
    help = "Write the workspace's graph to a file; what `affected` asks of another commit."

    output = StrOption(default=None, metavar="FILE", help="The file to write.")


class WorkspaceSnapshotGoal(Goal):
    """Write the workspace's graph to a file."""

    subsystem_cls = WorkspaceSnapshotSubsystem
    environment_behavior = Goal.EnvironmentBehavior.LOCAL_ONLY


@goal_rule
async def write_snapshot(
    options: WorkspaceSnapshotSubsystem, console: Console
) -> WorkspaceSnapshotGoal:
    """Write the graph with every reason, for a reader at another time."""
    if options.output is None:
        console.print_stderr("Name the file to write: --output=FILE.")
        return WorkspaceSnapshotGoal(exit_code=1)
    workspace = await Get(WorkspaceGraph)
    reasons = await Get(EdgeReasons, EdgeReasonsRequest(tuple(sorted(workspace.graph.nodes))))
    snapshot = Snapshot(workspace.graph, workspace.lockfiles, reasons.by_edge)
    snapshot.write(Path(options.output))
    return WorkspaceSnapshotGoal(exit_code=0)


def rules() -> Iterable[Rule | UnionRule]:
    """Return the rules of this module, for Pants."""
    return collect_rules()
