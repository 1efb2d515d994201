"""The table in Pants: an option, a lint, and a refusal where dependencies are resolved."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, cast

from pants.backend.python.dependency_inference.parse_python_dependencies import (
    ParsedPythonDependencies,
    ParsePythonDependenciesRequest,
)
from pants.backend.python.dependency_inference.rules import (
    InferPythonImportDependencies,
    PythonImportDependenciesInferenceFieldSet,
    ResolvedParsedPythonDependencies,
    ResolvedParsedPythonDependenciesRequest,
)
from pants.backend.python.subsystems.setup import PythonSetup
from pants.backend.python.util_rules.interpreter_constraints import InterpreterConstraints
from pants.core.goals.lint import LintResult, LintTargetsRequest
from pants.core.util_rules.partitions import PartitionerType
from pants.engine.addresses import Address
from pants.engine.rules import Get, MultiGet, Rule, collect_rules, rule
from pants.engine.target import (
    Dependencies,
    DependenciesRequest,
    ExplicitlyProvidedDependencies,
    FieldSet,
    InferDependenciesRequest,
    InferredDependencies,
    ValidatedDependencies,
    ValidateDependenciesRequest,
    WrappedTarget,
    WrappedTargetRequest,
)
from pants.engine.unions import UnionMembership, UnionRule
from pants.option.option_types import DictOption, SkipOption
from pants.option.subsystem import Subsystem
from pants.util.logging import LogLevel
from pants.util.meta import classproperty

from workspace.boundaries.report import Finding, report
from workspace.boundaries.table import Table
from workspace.projects import WorkspaceError
from workspace.rules import WorkspaceProjects


class Boundaries(Subsystem):
    """The table, in pants.toml."""

    options_scope = "boundaries"
    name = "Boundaries"
    help = "Which projects may import which."

    skip = SkipOption("lint")
    may_import = DictOption[Any](
        help=(
            "Who may import whom. A row is about a project, `tag:NAME`, `kind:NAME` or `tests`; it "
            "lists the same words, folders outside of projects (`//FOLDER`), or `*`."
        )
    )


@dataclass(frozen=True)
class BoundaryFieldSet(FieldSet):
    """Anything that can depend on something."""

    required_fields = (Dependencies,)

    dependencies: Dependencies


class BoundaryRequest(LintTargetsRequest):
    """`./pants lint`: every import that the table forbids."""

    field_set_type = BoundaryFieldSet
    tool_subsystem = Boundaries  # type: ignore[assignment]  # Pants' own backends need it too
    partitioner_type = PartitionerType.DEFAULT_SINGLE_PARTITION

    @classproperty
    def tool_name(cls) -> str:
        """The name that Pants prints."""
        return "boundaries"


class ValidateBoundaries(ValidateDependenciesRequest):  # type: ignore[type-arg]
    """Every goal that follows dependencies: a forbidden one stops it."""

    field_set_type = BoundaryFieldSet


class BoundaryCrossed(WorkspaceError):
    """A target depends on what its project may not import."""


@rule(level=LogLevel.DEBUG)
async def read_table(boundaries: Boundaries, projects: WorkspaceProjects) -> Table:
    """Read the table against the projects that there are."""
    return Table.read(boundaries.may_import, projects.registry)


@rule(level=LogLevel.DEBUG)
async def validate_boundaries(request: ValidateBoundaries, table: Table) -> ValidatedDependencies:
    """Refuse to go on from a target whose dependencies the table forbids."""
    origin = request.field_set.address
    findings = _findings(table, origin, request.dependencies)
    if findings:
        raise BoundaryCrossed(report(findings))
    return ValidatedDependencies()


@dataclass(frozen=True)
class _DirectDependencies:
    """What a target says or imports.

    Attributes:
        origin: the target.
        addresses: what it depends on.
        imports: for some of these, the import and its line.
    """

    origin: Address
    addresses: tuple[Address, ...]
    imports: tuple[tuple[Address, str, int], ...]


@rule(level=LogLevel.DEBUG)
async def direct_dependencies(
    field_set: BoundaryFieldSet,
    membership: UnionMembership,
    python: PythonSetup,
) -> _DirectDependencies:
    """Find what a target depends on, as Pants does, but without stopping at what is forbidden."""
    origin = field_set.address
    wrapped = await Get(
        WrappedTarget, WrappedTargetRequest(origin, description_of_origin="<infallible>")
    )
    target = wrapped.target
    explicit = await Get(
        ExplicitlyProvidedDependencies, DependenciesRequest(target.get(Dependencies))
    )
    others = cast(
        "Iterable[type[InferDependenciesRequest[FieldSet]]]",
        membership.get(InferDependenciesRequest),
    )
    inferred = await MultiGet(
        Get(
            InferredDependencies,
            InferDependenciesRequest,
            request(request.infer_from.create(target)),
        )
        for request in others
        # Of Python's imports the lines are wanted, too; one that nobody owns is not for us to say.
        if request is not InferPythonImportDependencies and request.infer_from.is_applicable(target)
    )
    addresses = {*explicit.includes, *(one for some in inferred for one in some.include)}
    imports: list[tuple[Address, str, int]] = []
    if PythonImportDependenciesInferenceFieldSet.is_applicable(target):
        source = PythonImportDependenciesInferenceFieldSet.create(target)
        constraints = InterpreterConstraints.create_from_compatibility_fields(
            [source.interpreter_constraints], python
        )
        parsed = await Get(
            ParsedPythonDependencies, ParsePythonDependenciesRequest(source.source, constraints)
        )
        resolved = await Get(
            ResolvedParsedPythonDependencies,
            ResolvedParsedPythonDependenciesRequest(
                source, parsed, source.resolve.normalized_value(python)
            ),
        )
        for module, owners in resolved.resolve_results.items():
            imports += [(one, module, parsed.imports[module].lineno) for one in owners.address]
        addresses.update(one for owners in resolved.assets.values() for one in owners.address)
    addresses.update(address for address, _, _ in imports)
    return _DirectDependencies(
        origin, tuple(sorted(addresses.difference(explicit.ignores))), tuple(imports)
    )


@rule(desc="Check boundaries between projects", level=LogLevel.DEBUG)
async def lint_boundaries(
    request: BoundaryRequest.Batch[BoundaryFieldSet, Any], table: Table
) -> LintResult:
    """Report every forbidden import, with its line, the rule, and what may be imported instead."""
    dependencies = await MultiGet(
        Get(_DirectDependencies, BoundaryFieldSet, field_set) for field_set in request.elements
    )
    findings = [
        finding
        for direct in dependencies
        for finding in _findings(table, direct.origin, direct.addresses, direct.imports)
    ]
    return LintResult(
        exit_code=int(bool(findings)),
        stdout=report(findings),
        stderr="",
        linter_name=request.tool_name,
    )


def _findings(
    table: Table,
    origin: Address,
    dependencies: Iterable[Address],
    imports: Iterable[tuple[Address, str, int]] = (),
) -> list[Finding]:
    found = []
    for dependency in dependencies:
        breach = table.breach(_path(origin), _path(dependency))
        if breach:
            lines = {(module, line) for address, module, line in imports if address == dependency}
            place = _path(origin) if lines else f"{origin.spec_path}/BUILD"
            found.append(Finding(place, dependency.spec, breach, tuple(sorted(lines, key=str))))
    return found


def _path(address: Address) -> str:
    return address.filename if address.is_file_target else address.spec_path


def rules() -> Iterable[Rule | UnionRule]:
    """Return the rules of this module, for Pants."""
    return [
        *collect_rules(),
        *BoundaryRequest.rules(),
        UnionRule(ValidateDependenciesRequest, ValidateBoundaries),
    ]
