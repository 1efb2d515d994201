"""`./pants new-project KIND NAME` (to Pants itself: `create-project -- KIND NAME`)."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from pathlib import Path

from pants.base.build_root import BuildRoot
from pants.engine.env_vars import CompleteEnvironmentVars
from pants.engine.fs import Workspace
from pants.engine.goal import Goal, GoalSubsystem
from pants.engine.process import InteractiveProcess, InteractiveProcessResult
from pants.engine.rules import Effect, Rule, collect_rules, goal_rule
from pants.engine.unions import UnionRule
from pants.option.option_types import ArgsListOption

from workspace.new_project import create
from workspace.rules import WorkspaceProjects


class NewProjectSubsystem(GoalSubsystem):
    """Options of `create-project`."""

    name = "create-project"
    help = "Make a project that passes every check: `./pants new-project app|package|tool NAME`."

    args = ArgsListOption(example="package video-tools --owner=video", passthrough=True)


class NewProject(Goal):
    """Make a project."""

    subsystem_cls = NewProjectSubsystem
    environment_behavior = Goal.EnvironmentBehavior.LOCAL_ONLY


@goal_rule
async def new_project(
    options: NewProjectSubsystem,
    projects: WorkspaceProjects,
    root: BuildRoot,
    environment: CompleteEnvironmentVars,
    _: Workspace,  # which is what lets a goal change anything
) -> NewProject:
    """Hand over to the program that can ask, with what only Pants knows."""
    plugins = Path(create.__file__).parents[2]
    taken = json.dumps([project.name for project in projects.registry])
    result = await Effect(
        InteractiveProcessResult,
        InteractiveProcess(
            argv=[sys.executable, "-m", create.__name__, root.path, taken, *options.args],
            env={**environment, "PYTHONPATH": str(plugins)},
            run_in_workspace=True,
        ),
    )
    return NewProject(result.exit_code)


def rules() -> Iterable[Rule | UnionRule]:
    """Return the rules of this module, for Pants."""
    return collect_rules()
