"""`./pants lint`: every project that deploys something has its place in Sentry, and it works."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from pants.core.goals.lint import LintResult, LintTargetsRequest
from pants.core.util_rules.partitions import PartitionerType
from pants.engine.rules import Rule, collect_rules, rule
from pants.engine.target import AllUnexpandedTargets, FieldSet
from pants.engine.unions import UnionRule
from pants.util.logging import LogLevel
from pants.util.meta import classproperty

from sentry.checks import Finding, mapping_findings, project_findings
from sentry.rules import MappedTargets
from sentry.subsystem import Sentry
from sentry.target_types import NotInSentryField, SlugField
from workspace.rules import WorkspaceProjects
from workspace.target_types import ProjectKindField


@dataclass(frozen=True)
class ProjectFieldSet(FieldSet):
    """A project."""

    required_fields = (ProjectKindField,)

    kind: ProjectKindField


@dataclass(frozen=True)
class SentryProjectFieldSet(FieldSet):
    """Its place in Sentry."""

    required_fields = (SlugField,)

    slug: SlugField


class ProjectsInSentryRequest(LintTargetsRequest):
    """Whether every project that deploys something has one place in Sentry."""

    field_set_type = ProjectFieldSet
    tool_subsystem = Sentry  # type: ignore[assignment]  # Pants' own backends need it too
    partitioner_type = PartitionerType.DEFAULT_SINGLE_PARTITION

    @classproperty
    def tool_name(cls) -> str:
        """The name that Pants prints."""
        return "projects in sentry"


class SentryMappingRequest(LintTargetsRequest):
    """Whether each of these places works."""

    field_set_type = SentryProjectFieldSet
    tool_subsystem = Sentry  # type: ignore[assignment]  # Pants' own backends need it too
    partitioner_type = PartitionerType.DEFAULT_SINGLE_PARTITION

    @classproperty
    def tool_name(cls) -> str:
        """The name that Pants prints."""
        return "sentry mapping"


@rule(desc="Check that projects are in Sentry", level=LogLevel.DEBUG)
async def lint_projects(
    request: ProjectsInSentryRequest.Batch[ProjectFieldSet, Any],
    targets: AllUnexpandedTargets,
    mapped: MappedTargets,
    projects: WorkspaceProjects,
) -> LintResult:
    """Report each project that has none, several, or one that it does not name."""
    excuses = {
        target.address.spec: target[NotInSentryField].value
        for target in targets
        if target.has_field(NotInSentryField)
    }
    wanted = {field_set.address.spec for field_set in request.elements}
    return _result(
        request.tool_name,
        (
            finding
            for project in projects.registry
            if project.address in wanted
            for finding in project_findings(
                project, excuses.get(project.address), mapped.all, projects.registry
            )
        ),
    )


@rule(desc="Check how projects are mapped to Sentry", level=LogLevel.DEBUG)
async def lint_mapping(
    request: SentryMappingRequest.Batch[SentryProjectFieldSet, Any], mapped: MappedTargets
) -> LintResult:
    """Report slugs that are taken, owners who are none, and sources that no mapping finds."""
    wanted = {field_set.address.spec for field_set in request.elements}
    return _result(
        request.tool_name,
        (
            finding
            for one in mapped.all
            if one.sentry.address in wanted
            for finding in mapping_findings(one, mapped.all)
        ),
    )


def _result(linter: str, findings: Iterable[Finding]) -> LintResult:
    said = [str(finding) for finding in sorted(set(findings))]
    return LintResult(
        exit_code=int(bool(said)), stdout="\n\n".join(said), stderr="", linter_name=linter
    )


def rules() -> Iterable[Rule | UnionRule]:
    """Return the rules of this module, for Pants."""
    return [*collect_rules(), *ProjectsInSentryRequest.rules(), *SentryMappingRequest.rules()]
