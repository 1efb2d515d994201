"""`./pants ci-config` and `./pants ci-run JOB` (to Pants itself: `run-ci-job -- JOB`)."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from pants.base.build_root import BuildRoot
from pants.core.goals.test import TestRequest
from pants.engine.console import Console
from pants.engine.env_vars import CompleteEnvironmentVars
from pants.engine.fs import CreateDigest, Digest, DigestContents, FileContent, PathGlobs
from pants.engine.goal import Goal, GoalSubsystem
from pants.engine.process import InteractiveProcess, InteractiveProcessResult
from pants.engine.rules import Effect, Get, Rule, collect_rules, goal_rule
from pants.engine.target import AllTargets
from pants.engine.unions import UnionMembership, UnionRule
from pants.option.option_types import ArgsListOption, StrOption

from workspace.affected.analysis import Affected
from workspace.affected.changes import CannotKnow, Repository
from workspace.affected.rules import AffectedRequest
from workspace.arguments import HelpWanted, Parser
from workspace.ci import clean_clone
from workspace.ci.config import Change, Deployable, Machine, configuration, render
from workspace.ci.local_job import has_context, job_names, steps_of, with_pipeline_values
from workspace.ci.schema import SETUP, CircleCi, ConfigProblems, ConfigToCheck
from workspace.ci.shards import split
from workspace.flakes import records
from workspace.projects import WorkspaceError


@dataclass(frozen=True)
class GeneratedConfig:
    """A configuration that has been checked.

    Attributes:
        text: as it is written.
        why_everything: why all is chosen whatever changed, if so.
        problems: what is wrong with it, which would be a mistake of ours.
    """

    text: str
    why_everything: str | None
    problems: tuple[str, ...]


async def _change(
    affected: Affected,
    all_targets: AllTargets,
    membership: UnionMembership,
    circleci: CircleCi,
    folder: Path,
) -> Change:
    testers = [request.field_set_type for request in membership.get(TestRequest)]
    chosen = frozenset(affected.targets)
    tests = [
        target.address.spec
        for target in all_targets
        if target.address.spec in chosen
        and any(tester.is_applicable(target) for tester in testers)
        and not any(tester.opt_out(target) for tester in testers if tester.is_applicable(target))
    ]
    known = records.durations(records.read(folder / records.FOLDER))
    base = affected.comparison.base if affected.comparison and not affected.everything else None
    return Change(
        since=base,
        touched=bool(affected.targets),
        shards=split(tests, known, goal=circleci.shard_seconds, most=circleci.most_shards),
        deployables=[
            Deployable(
                one.project.name,
                one.project.folder,
                one.project.artifact,
                released=one.project.sentry is not None,
            )
            for one in affected.projects
            # Where only a test changed, the artifact is what it was.
            if one.project.artifact is not None and one.project.artifact in chosen
        ],
    )


class CiConfigSubsystem(GoalSubsystem):
    """Options of `ci-config`."""

    name = "ci-config"
    help = "Write CircleCI's configuration for a change: what it affects, and nothing else."

    since = StrOption(
        default="main",
        metavar="REF",
        help="A branch, tag or commit; what counts is what happened since its history was left.",
    )
    output = StrOption(
        default=None, metavar="FILE", help="The file to write; standard output if not given."
    )


class CiConfig(Goal):
    """Write CircleCI's configuration for a change."""

    subsystem_cls = CiConfigSubsystem
    environment_behavior = Goal.EnvironmentBehavior.LOCAL_ONLY


async def _generate(
    affected: Affected,
    all_targets: AllTargets,
    membership: UnionMembership,
    circleci: CircleCi,
    folder: Path,
) -> GeneratedConfig:
    change = await _change(affected, all_targets, membership, circleci, folder)
    machine = Machine(
        circleci.image,
        circleci.resource_class,
        circleci.release,
        circleci.release_tags,
        circleci.context,
    )
    text = render(configuration(change, machine))
    found = await Get(ConfigProblems, ConfigToCheck("The generated configuration", text))
    return GeneratedConfig(text, affected.everything, found.sentences)


@goal_rule
async def ci_config(
    options: CiConfigSubsystem,
    console: Console,
    root: BuildRoot,
    circleci: CircleCi,
    all_targets: AllTargets,
    membership: UnionMembership,
) -> CiConfig:
    """Write it, or say why it would be wrong."""
    affected = await Get(Affected, AffectedRequest(options.since))
    generated = await _generate(affected, all_targets, membership, circleci, Path(root.path))
    if affected.everything:
        console.print_stderr(f"Everything is chosen: {affected.everything}")
    if generated.problems:
        console.print_stderr("\n".join(generated.problems))
        return CiConfig(1)
    if options.output:
        _write(Path(root.path, options.output), generated.text)
    else:
        console.write_stdout(generated.text)
    return CiConfig(0)


class CiRunSubsystem(GoalSubsystem):
    """Options of `run-ci-job`."""

    name = "run-ci-job"
    help = "Run one job of CI here, in a clean clone of the last commit: `./pants ci-run JOB`."

    args = ArgsListOption(example="test-1 --since=main", passthrough=True)


class CiRun(Goal):
    """Run one job of CI."""

    subsystem_cls = CiRunSubsystem
    environment_behavior = Goal.EnvironmentBehavior.LOCAL_ONLY


@goal_rule
async def run_ci_job(
    options: CiRunSubsystem,
    console: Console,
    root: BuildRoot,
    circleci: CircleCi,
    all_targets: AllTargets,
    membership: UnionMembership,
    environment: CompleteEnvironmentVars,
) -> CiRun:
    """Find the job, in the configuration for a change or the one checked in, and run its steps."""
    parser = Parser("./pants ci-run", "Run one job of CI here, in a clean clone of HEAD.")
    parser.add_argument("job", nargs="?", help="a job; none lists them")
    parser.add_argument("--since", default="main", metavar="REF", help="for which change")
    parser.add_argument("--config", metavar="FILE", help="of this file, not for a change")
    folder = Path(root.path)
    try:
        said = parser.read(options.args)
        repository = Repository(folder, environment)
        commit = repository.commit("HEAD")
        branch = repository.git("rev-parse", "--abbrev-ref", "HEAD").strip()
        if said.config:
            texts = [_read(folder / said.config)]
        else:
            affected = await Get(Affected, AffectedRequest(said.since))
            generated = await _generate(affected, all_targets, membership, circleci, folder)
            setup = await Get(DigestContents, PathGlobs([SETUP]))
            texts = [generated.text, *(file.content.decode() for file in setup)]
        known = {"git.branch": branch, "git.revision": commit}
        configs: list[Any] = [yaml.safe_load(with_pipeline_values(text, known)) for text in texts]
        names = [name for config in configs for name in job_names(config)]
        if said.job is None:
            console.print_stdout("\n".join(names))
            return CiRun(0)
        chosen = next((one for one in configs if said.job in job_names(one)), None)
        if chosen is None:
            raise WorkspaceError(f"There is no job {said.job}. The jobs: {', '.join(names)}.")
        steps = steps_of(chosen, said.job)
        secrets = circleci.context_variables if has_context(chosen, said.job) else ()
    except HelpWanted as help_text:
        console.print_stdout(str(help_text))
        return CiRun(0)
    except (WorkspaceError, CannotKnow) as error:
        console.print_stderr(str(error))
        return CiRun(2)
    plan = {
        "repository": str(folder),
        "commit": commit,
        "branch": branch,
        "job": said.job,
        "secrets": list(secrets),  # their names
        "steps": [
            {
                "name": step.name,
                "command": step.command,
                "environment": dict(step.environment),
                "when": step.when,
                "folder": step.folder,
            }
            for step in steps
        ],
    }
    digest = await Get(Digest, CreateDigest([FileContent("plan.json", json.dumps(plan).encode())]))
    result = await Effect(
        InteractiveProcessResult,
        InteractiveProcess(
            argv=[sys.executable, clean_clone.__file__, "{chroot}/plan.json"],
            input_digest=digest,
            env=dict(environment),
            run_in_workspace=False,
        ),
    )
    return CiRun(result.exit_code)


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def _read(path: Path) -> str:
    try:
        return path.read_text()
    except OSError as error:
        raise WorkspaceError(f"{path} cannot be read: {error.strerror}.") from error


def rules() -> Iterable[Rule | UnionRule]:
    """Return the rules of this module, for Pants."""
    return collect_rules()
