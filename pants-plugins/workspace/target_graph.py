"""What a target is, as a node of the workspace's graph."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping
from pathlib import PurePath

from pants.backend.javascript.package_json import NodeThirdPartyPackageNameField
from pants.backend.python.target_types import PythonRequirementsField
from pants.core.target_types import TargetGeneratorSourcesHelperTarget
from pants.engine.addresses import Address, Addresses
from pants.engine.target import (
    Dependencies,
    OverridesField,
    SingleSourceField,
    SourcesField,
    Target,
    TargetGenerator,
)

from workspace import package_lock
from workspace.graph import TOOL, Node
from workspace.lockfiles import package_id
from workspace.projects import ProjectRegistry

# These stand for a file from which other targets are made: what of it matters is in those.
_STAND_INS = (TargetGeneratorSourcesHelperTarget.alias, "_lockfiles", "_lockfile")


def is_stand_in(target: Target) -> bool:
    """Whether a target only says which file other targets were made from."""
    return target.alias in _STAND_INS


def files_of(target: Target) -> tuple[str, ...] | None:
    """The files a target has as sources, or None where Pants must be asked."""
    if isinstance(target, TargetGenerator) or not target.has_field(SourcesField):
        return ()  # what a generator makes has them
    if target.has_field(SingleSourceField):
        path: str | None = target[SingleSourceField].file_path
        return () if path is None else (path,)
    return None


def _definition(target: Target) -> str:
    """A digest of every field that is set, but those that the node's files and dependencies say."""
    fields = sorted(
        (field.alias, repr(field.value))
        for field in target.field_values.values()
        # Most fields of most targets have their default, and to compare is cheaper than to print.
        if field.value != getattr(field, "default", None)
        and not isinstance(field, (SourcesField, Dependencies, OverridesField))
    )
    return hashlib.sha256(repr(fields).encode()).hexdigest()[:16]


def node_of(
    target: Target,
    *,
    files: tuple[str, ...],
    dependencies: Addresses,
    generator: Target | None,
    registry: ProjectRegistry,
    others: Iterable[str],
) -> Node:
    """Make the node of a target.

    Args:
        target: which one.
        files: its sources, from the workspace's root.
        dependencies: what Pants says it directly depends on.
        generator: the target it was made by.
        registry: tells which project it belongs to.
        others: ids of what it depends on beside targets: packages and tools.
    """
    project = registry.owner_of_folder(target.address.spec_path)
    return Node(
        kind=target.alias,
        project=project.name if project else None,
        definition=_definition(target),
        files=files,
        dependencies=tuple(sorted({*(one.spec for one in dependencies), *others})),
        tests="test" in target.alias or (generator is not None and "test" in generator.alias),
    )


def packages_of(target: Target, resolve: str) -> list[str]:
    """The ids of the locked packages that a requirement stands for."""
    return [package_id(resolve, one.project_name) for one in target[PythonRequirementsField].value]


def npm_packages_of(
    target: Target,
    files: Iterable[str],
    lockfiles: Collection[str],
    packages: Collection[str],
) -> list[str]:
    """The ids of what npm installs for a target: for a package.json all it asks for.

    Args:
        target: which one.
        files: its sources.
        lockfiles: paths of the package-lock.json that count by package.
        packages: ids of every locked package.
    """
    found = []
    for file in files if lockfiles else ():
        lockfile = package_lock.lockfile_of(file, lockfiles)
        if lockfile is not None and PurePath(file).name == package_lock.MANIFEST:
            found.append(package_lock.manifest_id(lockfile, file))
    if lockfiles and target.has_field(NodeThirdPartyPackageNameField):
        folder = target.address.spec_path
        lockfile = package_lock.lockfile_of(f"{folder}/" if folder else "", lockfiles)
        name = target[NodeThirdPartyPackageNameField].value
        ids = package_lock.package_ids(name, folder, lockfile) if lockfile else []
        found += [one for one in ids if one in packages][:1]
    return found


def tool_nodes(
    tools: Mapping[str, Iterable[str]], packages: Mapping[str, Node]
) -> tuple[dict[str, Node], dict[str, list[str]]]:
    """Make a node of each tool that works on targets.

    Args:
        tools: as `[workspace].tools` says: from RESOLVE or RESOLVE#PACKAGE to types of targets.
        packages: every locked package by id.

    Returns:
        The nodes by id, and the ids of the tools by type of target.
    """
    nodes: dict[str, Node] = {}
    of_type: dict[str, list[str]] = {}
    for tool, types in tools.items():
        resolve, _, package = tool.partition("#")
        wanted = (
            [package_id(resolve, package)]
            if package
            else [one for one in packages if one.startswith(f"{resolve}/")]
        )
        nodes[f"tool {tool}"] = Node(TOOL, None, "", dependencies=tuple(sorted(wanted)))
        for type_ in types:
            of_type.setdefault(type_, []).append(f"tool {tool}")
    return nodes, of_type


def spec_of_generator(address: Address) -> str | None:
    """The address of the target that made the one at this address."""
    return address.maybe_convert_to_target_generator().spec if address.is_generated_target else None
