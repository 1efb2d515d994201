"""What Pants loads: the targets, rules and goals of this plugin."""

from __future__ import annotations

from collections.abc import Iterable

from pants.build_graph.build_file_aliases import BuildFileAliases
from pants.engine.rules import Rule
from pants.engine.target import Target
from pants.engine.unions import UnionRule

from workspace import rules as workspace_rules
from workspace.affected import goals as affected_goals
from workspace.affected import rules as affected_rules
from workspace.boundaries import rules as boundary_rules
from workspace.ci import goals as ci_goals
from workspace.ci import schema as ci_schema
from workspace.flakes import rules as flakes_rules
from workspace.new_project import goal as new_project_goal
from workspace.project_graph import goals as project_graph_goals
from workspace.target_types import ProjectSymbol, ProjectTarget
from workspace.tasks import declared as tasks_declared
from workspace.tasks import goal as task_goal
from workspace.tasks import run as task_run
from workspace.tasks.target_types import TaskTarget


def build_file_aliases() -> BuildFileAliases:
    """Return the names that BUILD files may use beside those of targets."""
    return BuildFileAliases(context_aware_object_factories={ProjectSymbol.alias: ProjectSymbol})


def target_types() -> Iterable[type[Target]]:
    """Return the targets of the plugin."""
    return [ProjectTarget, TaskTarget]


def rules() -> Iterable[Rule | UnionRule]:
    """Return the rules of the plugin."""
    return [
        *affected_goals.rules(),
        *affected_rules.rules(),
        *boundary_rules.rules(),
        *ci_goals.rules(),
        *ci_schema.rules(),
        *flakes_rules.rules(),
        *new_project_goal.rules(),
        *project_graph_goals.rules(),
        *task_goal.rules(),
        *task_run.rules(),
        *tasks_declared.rules(),
        *workspace_rules.rules(),
    ]
