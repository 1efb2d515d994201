"""`./pants sentry-projects`: the mapping, for people and for the tools of a release."""

from __future__ import annotations

import json
from collections.abc import Iterable

from pants.engine.console import Console
from pants.engine.goal import Goal, GoalSubsystem
from pants.engine.rules import Rule, collect_rules, goal_rule
from pants.engine.unions import UnionRule
from pants.option.option_types import BoolOption

from sentry.listing import table
from sentry.rules import MappedProjects


class SentryProjectsSubsystem(GoalSubsystem):
    """Options of `sentry-projects`."""

    name = "sentry-projects"
    help = "List how projects are mapped to Sentry."

    json = BoolOption(default=False, help="Print JSON, with everything a release needs to know.")


class SentryProjects(Goal):
    """List how projects are mapped to Sentry."""

    subsystem_cls = SentryProjectsSubsystem
    environment_behavior = Goal.EnvironmentBehavior.LOCAL_ONLY


@goal_rule
async def list_sentry_projects(
    options: SentryProjectsSubsystem, console: Console, mapped: MappedProjects
) -> SentryProjects:
    """Print a table or JSON."""
    if options.json:
        console.print_stdout(json.dumps([one.as_json() for one in mapped.all], indent=2))
    else:
        console.print_stdout("\n".join(table(mapped.all)))
    return SentryProjects(exit_code=0)


def rules() -> Iterable[Rule | UnionRule]:
    """Return the rules of this module, for Pants."""
    return collect_rules()
