"""What Pants knows, as the plain types of this plugin: the one module that asks Pants."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import PurePath

from pants.backend.python.dependency_inference import rules as python_inference
from pants.backend.python.dependency_inference.parse_python_dependencies import (
    ParsedPythonDependencies,
    ParsePythonDependenciesRequest,
)
from pants.backend.python.dependency_inference.rules import (
    PythonImportDependenciesInferenceFieldSet,
    ResolvedParsedPythonDependencies,
    ResolvedParsedPythonDependenciesRequest,
)
from pants.backend.python.subsystems.setup import PythonSetup
from pants.backend.python.target_types import (
    PythonRequirementResolveField,
    PythonRequirementsField,
)
from pants.backend.python.util_rules.interpreter_constraints import InterpreterConstraints
from pants.engine.addresses import Address, Addresses, AddressInput
from pants.engine.fs import DigestContents, PathGlobs
from pants.engine.rules import Get, MultiGet, Rule, collect_rules, rule
from pants.engine.target import (
    AllUnexpandedTargets,
    Dependencies,
    DependenciesRequest,
    DescriptionField,
    ExplicitlyProvidedDependencies,
    SingleSourceField,
    SourcesField,
    SourcesPaths,
    SourcesPathsRequest,
    Tags,
    Target,
    WrappedTarget,
    WrappedTargetRequest,
)
from pants.engine.unions import UnionRule
from pants.util.logging import LogLevel

from workspace import package_lock
from workspace.graph import LOCKFILE, Graph, Node
from workspace.lockfiles import read_packages
from workspace.projects import Project, ProjectRegistry
from workspace.subsystem import Workspace
from workspace.target_graph import (
    files_of,
    is_stand_in,
    node_of,
    npm_packages_of,
    packages_of,
    spec_of_generator,
    tool_nodes,
)
from workspace.target_types import (
    ProjectArtifactField,
    ProjectKindField,
    ProjectNameField,
    ProjectOwnersField,
    ProjectSentryField,
    TargetAddressField,
)


@dataclass(frozen=True)
class WorkspaceProjects:
    """All projects of the workspace."""

    registry: ProjectRegistry


@dataclass(frozen=True)
class ProjectRequest:
    """A `project` target to read."""

    target: Target


@dataclass(frozen=True)
class _NamedTarget:
    """A field that may name another target."""

    field: TargetAddressField


@dataclass(frozen=True)
class _NamedAddress:
    spec: str | None


@rule(level=LogLevel.DEBUG)
async def address_in_field(named: _NamedTarget) -> _NamedAddress:
    """Find the target that a field names; Pants' own message says when there is none."""
    field = named.field
    if field.value is None:
        return _NamedAddress(None)
    origin = f"the `{field.alias}` field of {field.address}"
    address = await Get(
        Address,
        AddressInput,
        AddressInput.parse(
            field.value, relative_to=field.address.spec_path, description_of_origin=origin
        ),
    )
    await Get(WrappedTarget, WrappedTargetRequest(address, description_of_origin=origin))
    return _NamedAddress(address.spec)


@rule(level=LogLevel.DEBUG)
async def read_project(request: ProjectRequest) -> Project:
    """Read one `project` target."""
    target = request.target
    artifact, sentry = await MultiGet(
        Get(_NamedAddress, _NamedTarget(target[ProjectArtifactField])),
        Get(_NamedAddress, _NamedTarget(target[ProjectSentryField])),
    )
    folder = target.address.spec_path
    return Project(
        name=target[ProjectNameField].value or PurePath(folder).name,
        folder=folder,
        kind=target[ProjectKindField].value,
        address=target.address.spec,
        owners=target[ProjectOwnersField].value or (),
        tags=target[Tags].value or (),
        description=target[DescriptionField].value,
        artifact=artifact.spec,
        sentry=sentry.spec,
    )


@rule(desc="Find the workspace's projects", level=LogLevel.DEBUG)
async def find_projects(targets: AllUnexpandedTargets) -> WorkspaceProjects:
    """Read every `project` target there is."""
    projects = await MultiGet(
        Get(Project, ProjectRequest(target))
        for target in targets
        if target.has_field(ProjectKindField)
    )
    return WorkspaceProjects(ProjectRegistry(projects))


@dataclass(frozen=True)
class LockedPackages:
    """Every package that the workspace's lockfiles lock.

    Attributes:
        nodes: the packages by id.
        lockfiles: path of each lockfile that was understood, by the name of its resolve, or for
            npm by its path.
        manifests: every package.json that npm's lockfiles speak of, by the lockfile's path.
    """

    nodes: dict[str, Node]
    lockfiles: dict[str, str]
    manifests: dict[str, list[str]]

    def counted_with(self, files: Collection[str]) -> LockedPackages:
        """Only what counts by package, given the files of all targets."""
        dropped = self.manifests.keys() - package_lock.claimed(self.manifests, files)
        if not dropped:
            return self
        prefixes = tuple(f"{one}/" for one in dropped)
        return LockedPackages(
            {one: node for one, node in self.nodes.items() if not one.startswith(prefixes)},
            {one: path for one, path in self.lockfiles.items() if one not in dropped},
            {one: paths for one, paths in self.manifests.items() if one not in dropped},
        )


@rule(desc="Read the lockfiles", level=LogLevel.DEBUG)
async def read_lockfiles(python_setup: PythonSetup) -> LockedPackages:
    """Read every resolve's lockfile; one of another format counts as a whole."""
    resolves = python_setup.resolves if python_setup.enable_resolves else {}
    contents = await Get(
        DigestContents, PathGlobs([*sorted(resolves.values()), f"**/{package_lock.NAME}"])
    )
    texts = {one.path: one.content.decode(errors="replace") for one in contents}
    npm = {path: path for path in texts if PurePath(path).name == package_lock.NAME}
    nodes: dict[str, Node] = {}
    lockfiles: dict[str, str] = {}
    for resolve, path in sorted({**resolves, **npm}.items()):
        packages = read_packages(resolve, path, texts.get(path, ""))
        if packages is not None:
            nodes.update(packages)
            lockfiles[resolve] = path
        elif resolve in resolves:
            nodes[resolve] = Node(LOCKFILE, None, "", files=(path,))
    manifests = {
        path: package_lock.manifests(path, texts[path]) for path in npm if path in lockfiles
    }
    return LockedPackages(nodes, lockfiles, manifests)


@dataclass(frozen=True)
class WorkspaceGraph:
    """Every target, package and tool, and which depends on which.

    Attributes:
        graph: all of it.
        made_from: files whose content decides which targets there are: requirements and the like.
        lockfiles: as in LockedPackages.
    """

    graph: Graph
    made_from: frozenset[str]
    lockfiles: dict[str, str]


@rule(desc="Map the workspace", level=LogLevel.DEBUG)
async def map_workspace(
    all_targets: AllUnexpandedTargets,
    projects: WorkspaceProjects,
    locked: LockedPackages,
    workspace: Workspace,
    python_setup: PythonSetup,
) -> WorkspaceGraph:
    """Ask for every target's dependencies and files. Pants remembers what did not change."""
    targets = [target for target in all_targets if not is_stand_in(target)]
    stand_ins = {target.address for target in all_targets if is_stand_in(target)}
    dependencies = await MultiGet(
        Get(
            Addresses,
            DependenciesRequest(target.get(Dependencies), include_special_cased_deps=True),
        )
        for target in targets
    )
    several = [target for target in targets if files_of(target) is None]
    paths = await MultiGet(
        Get(SourcesPaths, SourcesPathsRequest(target[SourcesField])) for target in several
    )
    files = {target.address: path.files for target, path in zip(several, paths)}
    for target in targets:
        files.setdefault(target.address, files_of(target) or ())
    locked = locked.counted_with({file for some in files.values() for file in some})
    tools, tools_of_type = tool_nodes(workspace.tools, locked.nodes)
    by_spec = {target.address.spec: target for target in targets}
    nodes: dict[str, Node] = {**locked.nodes, **tools}
    for target, its_dependencies in zip(targets, dependencies):
        others = list(tools_of_type.get(target.alias, ()))
        if target.has_field(PythonRequirementsField) and python_setup.enable_resolves:
            resolve = target[PythonRequirementResolveField].normalized_value(python_setup)
            whole = resolve not in locked.lockfiles
            others += [resolve] if whole else packages_of(target, resolve)
        others += npm_packages_of(target, files[target.address], locked.manifests, locked.nodes)
        nodes[target.address.spec] = node_of(
            target,
            files=tuple(one for one in files[target.address] if one not in locked.manifests),
            dependencies=Addresses(one for one in its_dependencies if one not in stand_ins),
            generator=by_spec.get(spec_of_generator(target.address) or ""),
            registry=projects.registry,
            others=others,
        )
    made_from = frozenset(
        target[SingleSourceField].file_path
        for target in all_targets
        if is_stand_in(target) and target.has_field(SingleSourceField)
    )
    return WorkspaceGraph(Graph(nodes), made_from, locked.lockfiles)


@dataclass(frozen=True)
class EdgeReasonsRequest:
    """Targets to be asked why they depend on what they depend on, by their addresses."""

    addresses: tuple[str, ...]


@dataclass(frozen=True)
class EdgeReasons:
    """Why one target depends on another, in words to stand behind the first: "imports x"."""

    by_edge: dict[tuple[str, str], str]

    def of(self, dependent: str, dependency: str) -> str:
        """The reason for an edge; a plain word where there is no better one."""
        return self.by_edge.get((dependent, dependency), "depends on it")


@dataclass(frozen=True)
class _TargetReasonsRequest:
    target: Target


@rule(level=LogLevel.DEBUG)
async def reasons_of_target(
    request: _TargetReasonsRequest, python_setup: PythonSetup
) -> EdgeReasons:
    """Say why one target depends on what it depends on."""
    target = request.target
    spec = target.address.spec
    reasons: dict[tuple[str, str], str] = {}
    explicit = await Get(
        ExplicitlyProvidedDependencies, DependenciesRequest(target.get(Dependencies))
    )
    for address in explicit.includes:
        reasons[spec, address.spec] = "names it in its dependencies"
    if PythonImportDependenciesInferenceFieldSet.is_applicable(target):
        field_set = PythonImportDependenciesInferenceFieldSet.create(target)
        parsed = await Get(
            ParsedPythonDependencies,
            ParsePythonDependenciesRequest(
                field_set.source,
                InterpreterConstraints.create_from_compatibility_fields(
                    [field_set.interpreter_constraints], python_setup
                ),
            ),
        )
        resolved = await Get(
            ResolvedParsedPythonDependencies,
            ResolvedParsedPythonDependenciesRequest(
                field_set, parsed, field_set.resolve.normalized_value(python_setup)
            ),
        )
        for module, owners in resolved.resolve_results.items():
            for address in owners.address:
                line = parsed.imports[module].lineno
                reasons.setdefault((spec, address.spec), f"imports {module} (line {line})")
    return EdgeReasons(reasons)


@rule(desc="Find why targets depend on each other", level=LogLevel.DEBUG)
async def edge_reasons(
    request: EdgeReasonsRequest, all_targets: AllUnexpandedTargets
) -> EdgeReasons:
    """Say why each of some targets depends on what it depends on."""
    wanted = frozenset(request.addresses)
    found = await MultiGet(
        Get(EdgeReasons, _TargetReasonsRequest(target))
        for target in all_targets
        if target.address.spec in wanted
    )
    return EdgeReasons({edge: why for one in found for edge, why in one.by_edge.items()})


def rules() -> Iterable[Rule | UnionRule]:
    """Return the rules of this module, for Pants."""
    return [*collect_rules(), *python_inference.rules()]
