"""What Pants knows, as the plain types of this plugin: the one module that asks Pants."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import PurePath

from pants.engine.addresses import Address, AddressInput
from pants.engine.rules import Get, MultiGet, Rule, collect_rules, rule
from pants.engine.target import (
    AllUnexpandedTargets,
    DescriptionField,
    Tags,
    Target,
    WrappedTarget,
    WrappedTargetRequest,
)
from pants.engine.unions import UnionRule
from pants.util.logging import LogLevel

from workspace.projects import Project, ProjectRegistry
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


def rules() -> Iterable[Rule | UnionRule]:
    """Return the rules of this module, for Pants."""
    return collect_rules()
