"""The stamp in Pants: a resource that only what is packaged depends on.

`./pants package` asks for an artifact's sources, and among them for the stamp, which is generated
from the checkout's state at that moment. Tests do not depend on artifacts, so nothing that they see
changes with a commit; and where the goal is not to package (`run`), there is no stamp, as in any
checkout.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass

from pants.backend.python.target_types import PexEntryPointField
from pants.core.target_types import ResourceSourceField
from pants.engine.addresses import Address
from pants.engine.fs import EMPTY_SNAPSHOT, CreateDigest, FileContent, Snapshot
from pants.engine.internals.options_parsing import _Options as Options
from pants.engine.rules import Get, MultiGet, Rule, collect_rules, rule
from pants.engine.target import (
    FieldSet,
    GeneratedSources,
    GenerateSourcesRequest,
    InferDependenciesRequest,
    InferredDependencies,
)
from pants.engine.unions import UnionRule
from pants.util.frozendict import FrozenDict
from pants.util.logging import LogLevel

from sentry.release_name import stamp
from sentry.rules import AllSentryTargets, ArtifactAddress, MaybeRevision
from sentry.subsystem import Sentry
from sentry.target_types import ArtifactField, SlugField, StampSourceField
from workspace.rules import WorkspaceProjects

logger = logging.getLogger(__name__)

# Goals whose purpose is an artifact; every other sees what a checkout has.
_PACKAGING = frozenset(["package", "publish", "run-tasks"])


@dataclass(frozen=True)
class Packaging:
    """Whether artifacts are made to be kept."""

    wanted: bool


@dataclass(frozen=True)
class Stamps:
    """The `sentry_project` targets that stamp an artifact, by its address."""

    of: FrozenDict[Address, tuple[Address, ...]]


@dataclass(frozen=True)
class StampedFieldSet(FieldSet):
    """What can be stamped."""

    required_fields = (PexEntryPointField,)

    entry_point: PexEntryPointField


class InferStamp(InferDependenciesRequest[StampedFieldSet]):
    """An artifact depends on the stamp of its Sentry project."""

    infer_from = StampedFieldSet


class GenerateStamp(GenerateSourcesRequest):
    """The stamp of one Sentry project, as a resource."""

    input = StampSourceField
    output = ResourceSourceField
    exportable = False  # a stamp in the workspace would name a release that it is not


@rule(level=LogLevel.DEBUG)
def is_packaging(options: Options) -> Packaging:
    """Look at the goals of the command line."""
    return Packaging(not _PACKAGING.isdisjoint(options.options.goals))


@rule(level=LogLevel.DEBUG)
async def find_stamps(sentry: AllSentryTargets) -> Stamps:
    """Find which artifact each stamp belongs to."""
    artifacts = await MultiGet(
        Get(ArtifactAddress, ArtifactField, target[ArtifactField]) for target in sentry.targets
    )
    found: dict[Address, tuple[Address, ...]] = {}
    for target, artifact in zip(sentry.targets, artifacts):
        if artifact.address is not None:
            before = found.get(artifact.address, ())
            found[artifact.address] = (*before, target.address)
    return Stamps(FrozenDict(found))


@rule(level=LogLevel.DEBUG)
async def infer_stamp(request: InferStamp, stamps: Stamps) -> InferredDependencies:
    """Let an artifact depend on its stamp."""
    return InferredDependencies(stamps.of.get(request.field_set.address, ()))


@rule(desc="Stamp the release's name", level=LogLevel.DEBUG)
async def generate_stamp(
    request: GenerateStamp, sentry: Sentry, projects: WorkspaceProjects, packaging: Packaging
) -> GeneratedSources:
    """Write the stamp where an artifact is packaged, in a checkout; else there is none."""
    target = request.protocol_target
    project = projects.registry.owner_of_folder(target.address.spec_path)
    if not packaging.wanted or project is None:
        return GeneratedSources(EMPTY_SNAPSHOT)
    state = await Get(MaybeRevision)
    slug = target[SlugField].value
    if state.revision is None:
        logger.warning(f"No release of {slug} is stamped: {state.trouble}")
        return GeneratedSources(EMPTY_SNAPSHOT)
    release = state.revision.release(slug, project.name)
    logger.info(f"Stamping {release}")
    content = stamp({slug: release})
    snapshot = await Get(Snapshot, CreateDigest([FileContent(sentry.stamp, content)]))
    return GeneratedSources(snapshot)


def rules() -> Iterable[Rule | UnionRule]:
    """Return the rules of this module, for Pants."""
    return [
        *collect_rules(),
        UnionRule(GenerateSourcesRequest, GenerateStamp),
        UnionRule(InferDependenciesRequest, InferStamp),
    ]
