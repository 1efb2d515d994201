"""Check a CircleCI configuration: against its schema, then for what that does not notice."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import yaml
from pants.backend.python.target_types import ConsoleScript
from pants.backend.python.util_rules import pex
from pants.backend.python.util_rules.interpreter_constraints import InterpreterConstraints
from pants.backend.python.util_rules.pex import (
    PexRequest,
    VenvPex,
    VenvPexProcess,
)
from pants.backend.python.util_rules.pex_requirements import PexRequirements, Resolve
from pants.core.goals.lint import LintFilesRequest, LintResult
from pants.core.util_rules.partitions import Partitions
from pants.engine.fs import CreateDigest, Digest, DigestContents, FileContent, PathGlobs
from pants.engine.process import FallibleProcessResult
from pants.engine.rules import Get, MultiGet, Rule, collect_rules, rule
from pants.engine.unions import UnionRule
from pants.option.option_types import IntOption, SkipOption, StrListOption, StrOption
from pants.option.subsystem import Subsystem
from pants.util.logging import LogLevel

from workspace.ci.check import problems

SETUP = ".circleci/config.yml"


class CircleCi(Subsystem):
    """The `[circleci]` section of pants.toml."""

    options_scope = "circleci"
    name = "CircleCI"
    help = "Where CI's jobs run, how tests are split, and how its files are checked."

    skip = SkipOption("lint")
    image = StrOption(default="cimg/python:3.12-node", help="Docker image of the jobs.")
    resource_class = StrOption(default="large", help="CircleCI's name for the size of a machine.")
    shard_seconds = IntOption(default=180, help="How long one job's tests should take, in seconds.")
    most_shards = IntOption(default=8, help="How many jobs the tests may be split into.")
    release = StrOption(
        default=".ci/release",
        help="What does one step of a release; the step, the project and its folder follow.",
    )
    release_tags = StrOption(
        default="/^release\\/.*/",
        help="Pattern of the tags that are released as main is: not those that a release makes.",
    )
    context = StrOption(
        default="release", help="The CircleCI context with the secrets of releases."
    )
    context_variables = StrListOption(
        default=["SENTRY_AUTH_TOKEN", "SENTRY_ENVIRONMENT", "SENTRY_ORG", "SENTRY_URL"],
        help="What the context holds, which `ci-run` gives to jobs with a context, and no other.",
    )
    install_from_resolve = StrOption(
        default="tools",
        help="The resolve that has check-jsonschema, which knows CircleCI's schema.",
    )
    interpreter_constraints = StrListOption(
        default=[">=3.11,<3.14"], help="The Pythons that check-jsonschema may run on."
    )


@dataclass(frozen=True)
class ConfigToCheck:
    """A configuration, as text, and what to call it."""

    name: str
    text: str


@dataclass(frozen=True)
class ConfigProblems:
    """What is wrong with a configuration, a sentence each; none when it is good."""

    sentences: tuple[str, ...]


@rule(desc="Check a CircleCI configuration", level=LogLevel.DEBUG)
async def check_config(config: ConfigToCheck, circleci: CircleCi) -> ConfigProblems:
    """Read it, hold it against the schema, and if that is content look for what it misses."""
    try:
        read: Any = yaml.safe_load(config.text)
    except yaml.YAMLError as error:
        return ConfigProblems((f"{config.name} is not YAML: {error}",))
    file = "config.yml"
    tool, digest = await MultiGet(
        Get(
            VenvPex,
            PexRequest(
                output_filename="check-jsonschema.pex",
                internal_only=True,
                requirements=PexRequirements(
                    from_superset=Resolve(circleci.install_from_resolve, use_entire_lockfile=True)
                ),
                interpreter_constraints=InterpreterConstraints(circleci.interpreter_constraints),
                main=ConsoleScript("check-jsonschema"),
            ),
        ),
        Get(Digest, CreateDigest([FileContent(file, config.text.encode())])),
    )
    result = await Get(
        FallibleProcessResult,
        VenvPexProcess(
            tool,
            argv=["--builtin-schema", "vendor.circle-ci", "--color", "never", file],
            input_digest=digest,
            description=f"Check {config.name} against CircleCI's schema",
            level=LogLevel.DEBUG,
        ),
    )
    if result.exit_code:
        said = (result.stdout + result.stderr).decode(errors="replace").strip()
        return ConfigProblems((f"{config.name} is not what CircleCI's schema allows:\n{said}",))
    return ConfigProblems(tuple(f"{config.name}: {sentence}" for sentence in problems(read)))


class CircleCiRequest(LintFilesRequest):
    """`./pants lint`: the setup workflow that is checked in."""

    tool_subsystem = CircleCi  # type: ignore[assignment]  # Pants' own backends need it too


@rule
async def partition_circleci(
    request: CircleCiRequest.PartitionRequest, circleci: CircleCi
) -> Partitions[str, Any]:
    """Only that one file."""
    files = [file for file in request.files if file == SETUP and not circleci.skip]
    return Partitions.single_partition(files) if files else Partitions()


@rule(desc="Lint CircleCI's configuration", level=LogLevel.DEBUG)
async def lint_circleci(request: CircleCiRequest.Batch[str, Any]) -> LintResult:
    """Report what is wrong with it."""
    (file,) = await Get(DigestContents, PathGlobs(request.elements))
    found = await Get(ConfigProblems, ConfigToCheck(file.path, file.content.decode()))
    return LintResult(
        exit_code=int(bool(found.sentences)),
        stdout="\n".join(found.sentences),
        stderr="",
        linter_name=request.tool_name,
    )


def rules() -> Iterable[Rule | UnionRule]:
    """Return the rules of this module, for Pants."""
    return [*collect_rules(), *CircleCiRequest.rules(), *pex.rules()]
