"""Run `ruff check` and `ruff format` for the goals lint, fix and fmt."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from pants.backend.python.lint.ruff.subsystem import Ruff, RuffFieldSet
from pants.backend.python.util_rules import pex
from pants.backend.python.util_rules.pex import PexRequest, VenvPex, VenvPexProcess
from pants.core.goals.fix import FixResult, FixTargetsRequest
from pants.core.goals.fmt import FmtResult, FmtTargetsRequest
from pants.core.goals.lint import LintResult, LintTargetsRequest
from pants.core.util_rules.config_files import ConfigFiles, ConfigFilesRequest
from pants.core.util_rules.partitions import PartitionerType
from pants.core.util_rules.source_files import SourceFiles, SourceFilesRequest
from pants.engine.fs import Digest, MergeDigests, Snapshot
from pants.engine.process import FallibleProcessResult
from pants.engine.rules import Get, MultiGet, Rule, collect_rules, rule
from pants.engine.unions import UnionRule
from pants.util.logging import LogLevel
from pants.util.meta import classproperty
from pants.util.strutil import pluralize


class RuffCheckRequest(LintTargetsRequest):
    """`./pants lint`: report what `ruff check` finds."""

    field_set_type = RuffFieldSet
    tool_subsystem = Ruff  # type: ignore[assignment]  # Pants' own backends need it too
    partitioner_type = PartitionerType.DEFAULT_SINGLE_PARTITION

    @classproperty
    def tool_name(cls) -> str:
        """The name that Pants prints."""
        return "ruff check"


class RuffFixRequest(FixTargetsRequest):
    """`./pants fix`: mend what `ruff check` knows how to mend."""

    field_set_type = RuffFieldSet
    tool_subsystem = Ruff  # type: ignore[assignment]  # Pants' own backends need it too
    partitioner_type = PartitionerType.DEFAULT_SINGLE_PARTITION

    @classproperty
    def tool_name(cls) -> str:
        """The name that Pants prints."""
        return "ruff check --fix"


class RuffFormatRequest(FmtTargetsRequest):
    """`./pants fmt`, and its check in `./pants lint`."""

    field_set_type = RuffFieldSet
    tool_subsystem = Ruff  # type: ignore[assignment]  # Pants' own backends need it too
    partitioner_type = PartitionerType.DEFAULT_SINGLE_PARTITION

    @classproperty
    def tool_name(cls) -> str:
        """The name that Pants prints."""
        return "ruff format"


@dataclass(frozen=True)
class RuffRun:
    """One run of ruff: its subcommand and options, and the files to look at."""

    arguments: tuple[str, ...]
    snapshot: Snapshot


@rule(level=LogLevel.DEBUG)
async def run_ruff(run: RuffRun, ruff: Ruff) -> FallibleProcessResult:
    """Run ruff; the caller decides what its exit code means."""
    ruff_pex, config_files = await MultiGet(
        Get(VenvPex, PexRequest, ruff.to_pex_request()),
        Get(ConfigFiles, ConfigFilesRequest, ruff.config_request(run.snapshot.dirs)),
    )
    input_digest = await Get(
        Digest, MergeDigests((run.snapshot.digest, config_files.snapshot.digest))
    )
    files = pluralize(len(run.snapshot.files), "file")
    config = [f"--config={ruff.config}"] if ruff.config else []
    return await Get(
        FallibleProcessResult,
        VenvPexProcess(
            ruff_pex,
            argv=(*run.arguments, "--no-cache", *config, *ruff.args, *run.snapshot.files),
            input_digest=input_digest,
            output_files=run.snapshot.files,
            description=f"Run ruff {run.arguments[0]} on {files}.",
            level=LogLevel.DEBUG,
        ),
    )


class RuffFailed(Exception):
    """Ruff could not work on the files; its own message says why, with file and line."""


def _checked(result: FallibleProcessResult) -> FallibleProcessResult:
    if result.exit_code:
        raise RuffFailed(result.stderr.decode(errors="replace").strip())
    return result


@rule(desc="Lint with ruff", level=LogLevel.DEBUG)
async def ruff_check(request: RuffCheckRequest.Batch[RuffFieldSet, Any]) -> LintResult:
    """Report findings; exit code 1 fails the goal."""
    sources = await Get(
        SourceFiles, SourceFilesRequest(field_set.source for field_set in request.elements)
    )
    result = await Get(FallibleProcessResult, RuffRun(("check",), sources.snapshot))
    return LintResult.create(request, result, strip_chroot_path=True)


@rule(desc="Fix with ruff", level=LogLevel.DEBUG)
async def ruff_fix(request: RuffFixRequest.Batch) -> FixResult:
    """Mend what can be mended; what remains is `ruff check`'s to report."""
    result = await Get(
        FallibleProcessResult, RuffRun(("check", "--fix", "--exit-zero"), request.snapshot)
    )
    return await FixResult.create(request, _checked(result), strip_chroot_path=True)


@rule(desc="Format with ruff", level=LogLevel.DEBUG)
async def ruff_format(request: RuffFormatRequest.Batch) -> FmtResult:
    """Format; a file that does not parse fails the goal with ruff's own message."""
    result = await Get(FallibleProcessResult, RuffRun(("format",), request.snapshot))
    return await FmtResult.create(request, _checked(result), strip_chroot_path=True)


def rules() -> Iterable[Rule | UnionRule]:
    """Return the rules of this module, for Pants."""
    return [
        *collect_rules(),
        *RuffCheckRequest.rules(),
        *RuffFixRequest.rules(),
        *RuffFormatRequest.rules(),
        *pex.rules(),
    ]
