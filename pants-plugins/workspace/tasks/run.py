"""Run one task after what it needs: every task waits for its own needs only."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import PurePath

from pants.core.goals.package import (
    BuiltPackage,
    EnvironmentAwarePackageRequest,
    PackageFieldSet,
)
from pants.core.goals.test import TestFieldSet, TestRequest, TestResult
from pants.core.util_rules.partitions import Partitions
from pants.core.util_rules.source_files import SourceFiles, SourceFilesRequest
from pants.engine.addresses import Addresses
from pants.engine.engine_aware import EngineAwareReturnType
from pants.engine.env_vars import EnvironmentVars, EnvironmentVarsRequest
from pants.engine.fs import (
    EMPTY_DIGEST,
    AddPrefix,
    CreateDigest,
    Digest,
    DigestSubset,
    Directory,
    MergeDigests,
    PathGlobs,
)
from pants.engine.internals.native_engine import IntrinsicError
from pants.engine.internals.session import RunId
from pants.engine.process import (
    FallibleProcessResult,
    Process,
    ProcessCacheScope,
    ProcessResultMetadata,
)
from pants.engine.rules import Get, MultiGet, Rule, collect_rules, rule
from pants.engine.target import (
    Dependencies,
    DependenciesRequest,
    FieldSetsPerTarget,
    FieldSetsPerTargetRequest,
    SourcesField,
    Target,
    TransitiveTargets,
    TransitiveTargetsRequest,
)
from pants.engine.unions import UnionMembership, UnionRule
from pants.util.frozendict import FrozenDict
from pants.util.logging import LogLevel

from workspace.tasks.declared import TEST, DeclaredTasks
from workspace.tasks.outcome import Outcome, State
from workspace.tasks.plan import Plan, TaskId
from workspace.tasks.target_types import (
    TaskCacheField,
    TaskEnvField,
    TaskInputsField,
    TaskOutputsField,
    TaskRunField,
)

FROM_A_CACHE = (
    ProcessResultMetadata.Source.HIT_LOCALLY,
    ProcessResultMetadata.Source.HIT_REMOTELY,
    ProcessResultMetadata.Source.MEMOIZED,
)


@dataclass(frozen=True, eq=False)
class Session:
    """One `./pants tasks`. It equals only itself, so that outcomes are never another's.

    Attributes:
        plan: what runs, and after what.
        fail_fast: whether nothing starts after a failure.
        failed: the tasks that have failed.
    """

    plan: Plan
    fail_fast: bool
    failed: list[TaskId] = field(default_factory=list)


@dataclass(frozen=True)
class TaskRequest:
    """One task to run in a session."""

    session: Session
    task: TaskId


@dataclass(frozen=True)
class FinishedTask(EngineAwareReturnType):
    """What became of a task, and what it made.

    Attributes:
        outcome: how it ended.
        outputs: what it made, by paths from the workspace's root.
        for_dist: what it made for the dist folder.
    """

    outcome: Outcome
    outputs: Digest = EMPTY_DIGEST
    for_dist: Digest = EMPTY_DIGEST

    def level(self) -> LogLevel:
        """A failure is an error; all else is news."""
        return LogLevel.ERROR if self.outcome.state is State.FAILED else LogLevel.INFO

    def message(self) -> str:
        """The outcome in a line."""
        return self.outcome.line()

    def cacheable(self) -> bool:
        """Never: it would not be told."""
        return False


@dataclass(frozen=True)
class _Start:
    """A task whose needs have succeeded."""

    session: Session
    task: TaskId
    needed: Digest


@rule(desc="Run a task", level=LogLevel.DEBUG)
async def run_task(request: TaskRequest) -> FinishedTask:
    """Wait for what the task needs, then run it, or say why it is skipped."""
    session, task = request.session, request.task
    needs = await MultiGet(
        Get(FinishedTask, TaskRequest(session, need)) for need in session.plan.needs[task]
    )
    missing = [str(need.outcome.task) for need in needs if not need.outcome.succeeded]
    if missing:
        return _skipped(task, f"needs {', '.join(missing)}")
    if session.fail_fast and session.failed:
        return _skipped(task, f"{session.failed[0]} failed before it started")
    needed = await Get(Digest, MergeDigests(need.outputs for need in needs))
    finished = await Get(FinishedTask, _Start(session, task, needed))
    if not finished.outcome.succeeded:
        session.failed.append(task)
    return finished


def _skipped(task: TaskId, reason: str) -> FinishedTask:
    return FinishedTask(Outcome(task, State.SKIPPED, reason=reason))


@dataclass(frozen=True)
class _Command:
    task: TaskId
    target: Target
    needed: Digest


@dataclass(frozen=True)
class _Tests:
    task: TaskId
    targets: tuple[Target, ...]


@dataclass(frozen=True)
class _Packages:
    task: TaskId
    targets: tuple[Target, ...]


@rule(level=LogLevel.DEBUG)
async def start_task(start: _Start, declared: DeclaredTasks) -> FinishedTask:
    """Run it the way it is: a declared command, or the tests or packages of a project."""
    task = start.task
    if task in declared.targets:
        return await Get(FinishedTask, _Command(task, declared.targets[task], start.needed))
    if task.task == TEST:
        return await Get(FinishedTask, _Tests(task, declared.tests[task.project]))
    return await Get(FinishedTask, _Packages(task, declared.packages[task.project]))


@rule(level=LogLevel.DEBUG)
async def run_command(command: _Command, run_id: RunId) -> FinishedTask:
    """Run a declared command in a sandbox."""
    target, folder = command.target, command.target.address.spec_path
    outputs = target[TaskOutputsField].value or ()
    own, transitive, variables = await MultiGet(
        Get(SourceFiles, SourceFilesRequest([target[TaskInputsField]])),
        Get(Addresses, DependenciesRequest(target[Dependencies])),
        Get(EnvironmentVars, EnvironmentVarsRequest(["PATH", *(target[TaskEnvField].value or ())])),
    )
    closure = await Get(TransitiveTargets, TransitiveTargetsRequest(transitive))
    others = await Get(
        SourceFiles,
        SourceFilesRequest(
            one[SourcesField] for one in closure.closure if one.has_field(SourcesField)
        ),
    )
    # What an earlier run left in the workspace is no input: it would never be the same again.
    fresh, place = await MultiGet(
        Get(
            Digest,
            DigestSubset(own.snapshot.digest, PathGlobs(["**", *_left_out(folder, outputs)])),
        ),
        Get(Digest, CreateDigest([Directory(folder)] if folder else [])),
    )
    merged = await Get(Digest, MergeDigests((fresh, place, others.snapshot.digest, command.needed)))
    process = Process(
        argv=target[TaskRunField].value,
        input_digest=merged,
        working_directory=folder or None,
        env=FrozenDict(variables),
        output_files=[output for output in outputs if not output.endswith("/")],
        output_directories=[output.rstrip("/") for output in outputs if output.endswith("/")],
        cache_scope=(
            ProcessCacheScope.SUCCESSFUL
            if target[TaskCacheField].value
            else ProcessCacheScope.PER_SESSION
        ),
        description=f"Task {command.task}",
        level=LogLevel.DEBUG,
    )
    try:
        result = await Get(FallibleProcessResult, Process, process)
    except IntrinsicError as error:
        if "Error launching process" not in str(error):
            raise
        reason = f"{process.argv[0]} cannot be started; is it on the PATH?"
        return FinishedTask(Outcome(command.task, State.FAILED, reason=reason))
    made = await Get(Digest, AddPrefix(result.output_digest, folder))
    log = (result.stdout + result.stderr).decode(errors="replace")
    outcome = _outcome(command.task, result.exit_code, log, [result.metadata], run_id)
    return FinishedTask(outcome, made if outcome.succeeded else EMPTY_DIGEST)


def _left_out(folder: str, outputs: Iterable[str]) -> list[str]:
    paths = [str(PurePath(folder, output)) for output in outputs]
    return [f"!{glob}" for path in paths for glob in (path, f"{path}/**")]


def _outcome(
    task: TaskId,
    exit_code: int,
    log: str,
    processes: Iterable[ProcessResultMetadata | None],
    run_id: RunId,
) -> Outcome:
    known = [process for process in processes if process is not None]
    cached = [process for process in known if process.source(run_id) in FROM_A_CACHE]
    saved = sum(process.total_elapsed_ms or 0 for process in cached) / 1000
    seconds = sum(process.total_elapsed_ms or 0 for process in known) / 1000 - saved
    if exit_code:
        return Outcome(task, State.FAILED, seconds, saved, log, f"exit code {exit_code}")
    all_cached = bool(known) and len(cached) == len(known)
    return Outcome(task, State.CACHED if all_cached else State.RAN, seconds, saved, log)


@rule(level=LogLevel.DEBUG)
async def run_tests(tests: _Tests, membership: UnionMembership, run_id: RunId) -> FinishedTask:
    """Run a project's tests, as `./pants test` does."""
    field_sets = await Get(
        FieldSetsPerTarget, FieldSetsPerTargetRequest(TestFieldSet, tests.targets)
    )
    requests = [
        (
            request,
            tuple(one for one in field_sets.field_sets if isinstance(one, request.field_set_type)),
        )
        for request in membership.get(TestRequest)
    ]
    partitions = await MultiGet(
        Get(Partitions, TestRequest.PartitionRequest, request.PartitionRequest(found))
        for request, found in requests
    )
    results = await MultiGet(
        Get(TestResult, TestRequest.Batch, request.Batch("", tuple(part.elements), part.metadata))
        for (request, _), parts in zip(requests, partitions)  # Python 3.9
        for part in parts
    )
    exit_code = max((result.exit_code or 0 for result in results), default=0)
    log = "\n".join(
        text.rstrip()
        for result in results
        # Of a suite only what failed is of interest.
        if bool(result.exit_code) == bool(exit_code)
        for text in (result.stdout, result.stderr)
        if text.strip()
    )
    processes = [result.result_metadata for result in results]
    return FinishedTask(_outcome(tests.task, exit_code, log, processes, run_id))


@rule(level=LogLevel.DEBUG)
async def build_packages(packages: _Packages) -> FinishedTask:
    """Build what a project packages, as `./pants package` does."""
    started = time.monotonic()
    field_sets = await Get(
        FieldSetsPerTarget, FieldSetsPerTargetRequest(PackageFieldSet, packages.targets)
    )
    built = await MultiGet(
        Get(BuiltPackage, EnvironmentAwarePackageRequest(one)) for one in field_sets.field_sets
    )
    made = await Get(Digest, MergeDigests(package.digest for package in built))
    names = [str(artifact.relpath) for package in built for artifact in package.artifacts]
    outcome = Outcome(
        packages.task,
        State.RAN,
        time.monotonic() - started,
        log="\n".join(f"built {name}" for name in names),
    )
    return FinishedTask(outcome, for_dist=made)


def rules() -> Iterable[Rule | UnionRule]:
    """Return the rules of this module, for Pants."""
    return collect_rules()
