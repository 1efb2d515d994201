"""`./pants publish FOLDER:sentry`: package the artifact, then upload what Sentry needs of it."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path, PurePath

from pants.backend.python.goals.package_pex_binary import PexBinaryFieldSet
from pants.core.goals import package
from pants.core.goals.package import (
    BuiltPackage,
    EnvironmentAwarePackageRequest,
    PackageFieldSet,
)
from pants.core.goals.publish import (
    PublishFieldSet,
    PublishOutputData,
    PublishPackages,
    PublishProcesses,
    PublishRequest,
)
from pants.core.goals.run import RunRequest
from pants.core.util_rules import stripped_source_files
from pants.core.util_rules.distdir import DistDir
from pants.core.util_rules.stripped_source_files import StrippedFileName, StrippedFileNameRequest
from pants.engine.addresses import Address, AddressInput
from pants.engine.env_vars import CompleteEnvironmentVars
from pants.engine.environment import ChosenLocalEnvironmentName, EnvironmentName
from pants.engine.fs import CreateDigest, Digest, FileContent, MergeDigests
from pants.engine.process import InteractiveProcess
from pants.engine.rules import Get, MultiGet, Rule, _uncacheable_rule, collect_rules, rule
from pants.engine.target import (
    FieldSetsPerTarget,
    FieldSetsPerTargetRequest,
    Target,
    WrappedTarget,
    WrappedTargetRequest,
)
from pants.engine.unions import UnionRule

from sentry import handover, upload
from sentry.rules import ArtifactAddress, MappedProjects, MaybeRevision
from sentry.subsystem import Sentry
from sentry.target_types import ArtifactField, SlugField
from workspace.projects import WorkspaceError

_SENTRY_IO = "https://sentry.io/"


class CannotPublish(WorkspaceError):
    """A project cannot be published; the message says why, and what to do."""


@dataclass(frozen=True)
class SentryPackageFieldSet(PackageFieldSet):
    """The artifact of a Sentry project is the Sentry project's package."""

    required_fields = (SlugField, ArtifactField)

    slug: SlugField
    artifact: ArtifactField

    @classmethod
    def opt_out(cls, tgt: Target) -> bool:
        """Whether there is nothing to package: a library."""
        return not tgt[ArtifactField].value


class PublishToSentryRequest(PublishRequest["PublishToSentryFieldSet"]):
    """Packages, and where they belong."""


@dataclass(frozen=True)
class PublishToSentryFieldSet(PublishFieldSet["PublishToSentryRequest"]):
    """A Sentry project that something is deployed of."""

    publish_request_type = PublishToSentryRequest
    required_fields = (SlugField, ArtifactField)

    slug: SlugField
    artifact: ArtifactField

    @classmethod
    def opt_out(cls, tgt: Target) -> bool:
        """Whether there is nothing to publish: a library."""
        return not tgt[ArtifactField].value


@dataclass(frozen=True)
class HandoverRequest:
    """An upload that needs the secrets."""

    upload: Address


@dataclass(frozen=True)
class Handover:
    """Where the upload reads its environment."""

    pipe: str


@rule
async def package_artifact(field_set: SentryPackageFieldSet) -> BuiltPackage:
    """Package the artifact as its own target does."""
    artifact = await Get(ArtifactAddress, ArtifactField, field_set.artifact)
    if artifact.address is None:
        raise CannotPublish(f"{field_set.address} has no artifact to package.")
    wrapped = await Get(
        WrappedTarget, WrappedTargetRequest(artifact.address, description_of_origin="artifact")
    )
    packagers = await Get(
        FieldSetsPerTarget, FieldSetsPerTargetRequest(PackageFieldSet, [wrapped.target])
    )
    if len(packagers.field_sets) != 1:
        raise CannotPublish(
            f"{artifact.address}, the artifact of {field_set.address}, cannot be packaged. "
            "Name a target that ./pants package makes a file of, such as a pex_binary."
        )
    return await Get(BuiltPackage, EnvironmentAwarePackageRequest(packagers.field_sets[0]))


@_uncacheable_rule
async def hand_over(request: HandoverRequest, environment: CompleteEnvironmentVars) -> Handover:
    """Hold the secrets ready for one upload."""
    return Handover(handover.offer(handover.for_uploads(environment)))


@rule
async def publish_to_sentry(
    request: PublishToSentryRequest,
    mapped: MappedProjects,
    sentry: Sentry,
    environment: CompleteEnvironmentVars,
    local: ChosenLocalEnvironmentName,
    dist: DistDir,
) -> PublishProcesses:
    """Say which program uploads the package."""
    spec = request.field_set.address.spec
    (project,) = (one for one in mapped.all if one.sentry.address == spec)
    (built,) = request.packages
    packaged = project.sentry.artifact
    if packaged is None:
        raise CannotPublish(f"{spec} has no artifact to publish.")
    artifact = str(PurePath(packaged.path).relative_to(dist.relpath))
    if project.release is None:
        state = await Get(MaybeRevision)
        raise CannotPublish(f"{spec} has no release to publish: {state.trouble}")
    address = await Get(
        Address,
        AddressInput,
        AddressInput.parse(sentry.release_cli, description_of_origin="[sentry].release_cli"),
    )
    wrapped, stamp, pipe = await MultiGet(
        Get(
            WrappedTarget,
            WrappedTargetRequest(address, description_of_origin="[sentry].release_cli"),
        ),
        Get(StrippedFileName, StrippedFileNameRequest(sentry.stamp)),
        Get(Handover, HandoverRequest(request.field_set.address)),
    )
    if not PexBinaryFieldSet.is_applicable(wrapped.target):
        raise CannotPublish(f"[sentry].release_cli names {address}, which is no pex_binary.")
    program = await Get(
        RunRequest,
        {PexBinaryFieldSet.create(wrapped.target): PexBinaryFieldSet, local.val: EnvironmentName},
    )
    plan = {
        "project": project.sentry.slug,
        "release": project.release,
        "artifact": artifact,
        "placed": packaged.path,
        "stamp": stamp.value,
        "command": program.args,
        "environment": dict(program.extra_env),
    }
    projects = [one.as_json() for one in mapped.all]
    files = await Get(
        Digest,
        CreateDigest(
            [
                FileContent(upload.PLAN, json.dumps(plan).encode()),
                FileContent(upload.PROJECTS, json.dumps(projects).encode()),
            ]
        ),
    )
    digest = await Get(Digest, MergeDigests([built.digest, program.digest, files]))
    plugins = str(Path(upload.__file__).parents[1])
    return PublishProcesses(
        [
            PublishPackages(
                names=(project.release,),
                process=InteractiveProcess(
                    argv=[sys.executable, "-m", upload.__name__, "{chroot}", pipe.pipe],
                    env={"PYTHONPATH": plugins},
                    input_digest=digest,
                    run_in_workspace=True,
                    append_only_caches=program.append_only_caches,
                    immutable_input_digests=program.immutable_input_digests,
                ),
                description=environment.get("SENTRY_URL") or _SENTRY_IO,
                data=PublishOutputData(
                    {
                        "artifact": artifact,
                        "project": project.sentry.slug,
                        "release": project.release,
                    }
                ),
            )
        ]
    )


def rules() -> Iterable[Rule | UnionRule]:
    """Return the rules of this module, for Pants."""
    return [
        *collect_rules(),
        *package.rules(),
        *stripped_source_files.rules(),
        *PublishToSentryFieldSet.rules(),
        UnionRule(PackageFieldSet, SentryPackageFieldSet),
    ]
