"""What Pants knows of the mapping to Sentry, as the plain types of this plugin."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path, PurePath

from pants.backend.javascript.package_json import NodeBuildScriptOutputDirectoriesField
from pants.backend.python.target_types import PexEntryPointField
from pants.backend.python.util_rules import python_sources
from pants.backend.python.util_rules.python_sources import (
    PythonSourceFiles,
    PythonSourceFilesRequest,
)
from pants.base.build_root import BuildRoot
from pants.core.goals.package import OutputPathField
from pants.core.util_rules import stripped_source_files
from pants.core.util_rules.distdir import DistDir
from pants.core.util_rules.stripped_source_files import StrippedFileName, StrippedFileNameRequest
from pants.engine.addresses import Address, Addresses, UnparsedAddressInputs
from pants.engine.env_vars import CompleteEnvironmentVars
from pants.engine.rules import Get, MultiGet, Rule, _uncacheable_rule, collect_rules, rule
from pants.engine.target import (
    AllTargets,
    Target,
    TransitiveTargets,
    TransitiveTargetsRequest,
    WrappedTarget,
    WrappedTargetRequest,
)
from pants.engine.unions import UnionRule
from pants.util.logging import LogLevel

from sentry.checks import Mapped
from sentry.mapping import Artifact, MappedProject, SentryProject, code_mappings
from sentry.release_name import FIRST, Revision, is_version_variable
from sentry.target_types import (
    AlertRulesField,
    ArtifactField,
    CodeMappingsField,
    IgnoreRulesField,
    OwnershipRulesField,
    PlatformField,
    SentryOwnersField,
    SlugField,
    StampSourceField,
)
from workspace.affected.changes import CannotKnow, GitFailed, Repository
from workspace.projects import WorkspaceError
from workspace.rules import WorkspaceProjects


@dataclass(frozen=True)
class AllSentryTargets:
    """Every `sentry_project` target."""

    targets: tuple[Target, ...]


@dataclass(frozen=True)
class SentryTargetRequest:
    """A `sentry_project` target to read."""

    target: Target


@dataclass(frozen=True)
class ArtifactAddress:
    """The address that an `artifact` field names; none of a library."""

    address: Address | None


@dataclass(frozen=True)
class MappedTargets:
    """Every `sentry_project` target with what is in its artifact, sorted by address."""

    all: tuple[Mapped, ...]


@dataclass(frozen=True)
class MaybeRevision:
    """The state of the checkout, or why there is none."""

    revision: Revision | None
    trouble: str | None


@dataclass(frozen=True)
class MappedProjects:
    """All that the tools of a release ask, sorted by address."""

    all: tuple[MappedProject, ...]


class NotInAProject(WorkspaceError):
    """A `sentry_project` target stands in no project; the message says what to add."""


@rule(level=LogLevel.DEBUG)
def find_sentry_targets(targets: AllTargets) -> AllSentryTargets:
    """Find them, by themselves, so that nothing is read again when other targets change."""
    found = (target for target in targets if target.has_field(SlugField))
    return AllSentryTargets(tuple(sorted(found, key=lambda one: one.address)))


@rule(level=LogLevel.DEBUG)
async def find_artifact(field: ArtifactField) -> ArtifactAddress:
    """Find the artifact; Pants' own message says when there is none of that name."""
    if not field.value:
        return ArtifactAddress(None)
    addresses = await Get(Addresses, UnparsedAddressInputs, field.to_unparsed_address_inputs())
    return ArtifactAddress(addresses.expect_single())


@rule(level=LogLevel.DEBUG)
async def read_sentry_project(request: SentryTargetRequest, dist: DistDir) -> SentryProject:
    """Read one `sentry_project` target."""
    target = request.target
    found = await Get(ArtifactAddress, ArtifactField, target[ArtifactField])
    artifact = None
    if found.address is not None:
        wrapped = await Get(
            WrappedTarget, WrappedTargetRequest(found.address, description_of_origin="artifact")
        )
        artifact = Artifact(found.address.spec, str(dist.relpath / packaged_as(wrapped.target)))
    return SentryProject(
        address=target.address.spec,
        slug=target[SlugField].value,
        platform=target[PlatformField].value,
        owners=target[SentryOwnersField].value or (),
        artifact=artifact,
        own_rules=target[OwnershipRulesField].value or (),
        alert_rules=target[AlertRulesField].value or (),
        ignore_rules=target[IgnoreRulesField].value or (),
        code_mappings=code_mappings(target[CodeMappingsField].value or {}),
    )


def packaged_as(target: Target) -> PurePath:
    """Where packaging puts a target, below dist/."""
    output = target.get(OutputPathField)
    folders = target.get(NodeBuildScriptOutputDirectoriesField).value
    if folders:  # of node_build_script, which has no default path
        return PurePath(output.value or "", folders[0])
    ending = "pex" if target.has_field(PexEntryPointField) else None
    return PurePath(output.value_or_default(file_ending=ending))


@rule(desc="Read how projects are mapped to Sentry", level=LogLevel.DEBUG)
async def read_mapping(
    sentry: AllSentryTargets, targets: AllTargets, projects: WorkspaceProjects
) -> MappedTargets:
    """Read every `sentry_project` target, and find the sources in its artifact."""
    registry = projects.registry
    declared = await MultiGet(
        Get(SentryProject, SentryTargetRequest(target)) for target in sentry.targets
    )
    artifacts = await MultiGet(
        Get(ArtifactAddress, ArtifactField, target[ArtifactField]) for target in sentry.targets
    )
    closures = await MultiGet(
        Get(
            TransitiveTargets,
            TransitiveTargetsRequest([] if one.address is None else [one.address]),
        )
        for one in artifacts
    )
    mapped = []
    for target, project, artifact, closure in zip(sentry.targets, declared, artifacts, closures):
        folder = target.address.spec_path
        owner = registry.owner_of_folder(folder)
        packaged: Iterable[Target] = closure.closure
        if artifact.address is None:  # a library: all of the project's own but its tests
            packaged = (
                one
                for one in targets
                if owner is not None
                and registry.owner_of_folder(one.address.spec_path) == owner
                and "tests" not in one.address.spec_path[len(owner.folder) :].split("/")
            )
        # As a pex asks for them, so that packages' __init__.py are among them.
        packed = await Get(
            PythonSourceFiles,
            PythonSourceFilesRequest(
                one for one in packaged if not one.has_field(StampSourceField)
            ),
        )
        files = sorted(packed.source_files.files)
        stripped = await MultiGet(
            Get(StrippedFileName, StrippedFileNameRequest(file)) for file in files
        )
        sources = {file: one.value for file, one in zip(files, stripped)}
        mapped.append(Mapped(project, folder, sources))
    return MappedTargets(tuple(mapped))


@_uncacheable_rule
async def read_revision(root: BuildRoot, environment: CompleteEnvironmentVars) -> MaybeRevision:
    """Ask git, every time, because nothing tells Pants when a commit is made."""
    repository = Repository(Path(root.path), environment)
    try:
        revision = Revision(
            commit=repository.commit("HEAD"),
            dirty=bool(repository.git("status", "--porcelain").strip()),
            tags=tuple(repository.git("tag", "--merged", "HEAD").split()),
            planned=tuple(
                sorted(item for item in environment.items() if is_version_variable(item[0]))
            ),
        )
    except (CannotKnow, GitFailed) as error:
        return MaybeRevision(None, str(error))
    return MaybeRevision(revision, None)


@rule(desc="Name the releases", level=LogLevel.DEBUG)
async def name_releases(mapped: MappedTargets, projects: WorkspaceProjects) -> MappedProjects:
    """Say of every Sentry project which release packaging it now would make."""
    state = await Get(MaybeRevision)
    revision = state.revision
    found = []
    for one in mapped.all:
        project = projects.registry.owner_of_folder(one.folder)
        if project is None:
            raise NotInAProject(
                f"{one.sentry.address} stands in no project. "
                f"Add project(...) to {one.folder}/BUILD."
            )
        found.append(
            MappedProject(
                sentry=one.sentry,
                name=project.name,
                folder=project.folder,
                version=revision.version(project.name) if revision else FIRST,
                release=revision.release(one.sentry.slug, project.name) if revision else None,
                sources=tuple(one.sources),
            )
        )
    return MappedProjects(tuple(found))


def rules() -> Iterable[Rule | UnionRule]:
    """Return the rules of this module, for Pants."""
    return [*collect_rules(), *python_sources.rules(), *stripped_source_files.rules()]
