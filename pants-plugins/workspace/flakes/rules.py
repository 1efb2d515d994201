"""Record every test run of `./pants test`, and tell of flakes: `./pants flakes`."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from pants.base.build_root import BuildRoot
from pants.engine.console import Console
from pants.engine.env_vars import EnvironmentVars, EnvironmentVarsRequest
from pants.engine.goal import Goal, GoalSubsystem
from pants.engine.internals.scheduler import Workunit
from pants.engine.rules import Get, Rule, collect_rules, goal_rule, rule
from pants.engine.streaming_workunit_handler import (
    StreamingWorkunitContext,
    WorkunitsCallback,
    WorkunitsCallbackFactory,
    WorkunitsCallbackFactoryRequest,
)
from pants.engine.unions import UnionRule
from pants.option.option_types import BoolOption

from workspace.flakes import records
from workspace.flakes.flakiness import find_flakes, report
from workspace.flakes.observer import Observer


class Recorder(WorkunitsCallback):
    """Writes down test runs as Pants tells of them.

    Args:
        folder: of all records.
        writer: whose records these are.
    """

    def __init__(self, folder: Path, writer: str) -> None:
        self._folder, self._writer = folder, writer
        self._observer: Observer | None = None

    @property
    def can_finish_async(self) -> bool:
        """No: whoever looks after the run must find its records."""
        return False

    def __call__(
        self,
        *,
        started_workunits: tuple[Workunit, ...],
        completed_workunits: tuple[Workunit, ...],
        finished: bool,
        context: StreamingWorkunitContext,
    ) -> None:
        """Take what completed since the last call."""

        def contents(reports: Any) -> Iterable[bytes]:
            (files,) = context.snapshots_to_file_contents([reports])
            return [file.content for file in files]

        if self._observer is None:
            known = records.read(self._folder)
            failed = [(run.address, run.inputs) for run in known if not run.passed]
            self._observer = Observer(contents, failed)
        records.append(self._folder, self._writer, self._observer.observe(completed_workunits))


class RecorderRequest(WorkunitsCallbackFactoryRequest):
    """Asks Pants to tell us of its work."""


@rule
async def make_recorder(_: RecorderRequest, root: BuildRoot) -> WorkunitsCallbackFactory:
    """Write into this checkout, under the name of the CI job where there is one."""
    environment = await Get(EnvironmentVars, EnvironmentVarsRequest(["CIRCLE_JOB"]))
    folder, writer = Path(root.path, records.FOLDER), environment.get("CIRCLE_JOB", "local")
    return WorkunitsCallbackFactory(lambda: Recorder(folder, writer))


class FlakesSubsystem(GoalSubsystem):
    """Options of `flakes`."""

    name = "flakes"
    help = "List the tests that failed and passed on the same inputs. No test here is ever retried."

    json = BoolOption(default=False, help="Print JSON.")
    strict = BoolOption(default=False, help="Exit with 1 if there are any.")


class Flakes(Goal):
    """List flakes."""

    subsystem_cls = FlakesSubsystem
    environment_behavior = Goal.EnvironmentBehavior.LOCAL_ONLY


@goal_rule
async def list_flakes(options: FlakesSubsystem, console: Console, root: BuildRoot) -> Flakes:
    """Read the records of this checkout, and tell."""
    runs = records.read(Path(root.path, records.FOLDER))
    found = find_flakes(runs)
    if options.json:
        console.print_stdout(json.dumps([asdict(flake) for flake in found], indent=2))
    else:
        console.print_stdout(report(found, len(runs)))
    return Flakes(int(bool(found) and options.strict))


def rules() -> Iterable[Rule | UnionRule]:
    """Return the rules of this module, for Pants."""
    return [*collect_rules(), UnionRule(WorkunitsCallbackFactoryRequest, RecorderRequest)]
