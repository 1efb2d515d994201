"""Whether a release is what it should be: one name everywhere, commits, files, deploy."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from release_cli.clients.artifacts import PackedArtifact
from release_cli.clients.sentry import Sentry
from release_cli.clients.services import Running
from release_cli.errors import ReleaseCliError
from release_cli.projects import SentryProject
from release_cli.services.javascript_upload import debug_ids
from release_cli.services.journal import Step
from release_cli.services.release_steps import STEPS
from sentry_api.models.releases import Release


class NoRelease(ReleaseCliError):
    """There is no release to look at."""

    kind = "no-release"


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at; `ok` is None where it could not be."""

    name: str
    ok: bool | None
    detail: str

    def as_json(self) -> dict[str, object]:
        """As it stands in JSON."""
        return {"name": self.name, "ok": self.ok, "detail": self.detail}


@dataclass(frozen=True, slots=True)
class Expected:
    """What to hold a release against.

    Attributes:
        release: the whole name.
        artifact: what is deployed, where it is at hand.
        environment: where it should have gone.
        running: what services said.
        until: the last step that should be done.
    """

    app: SentryProject
    release: str
    artifact: Path | None
    environment: str
    running: Sequence[Running] = ()
    until: Step = "tag"

    def expects(self, step: Step) -> bool:
        """Whether a step should be done."""
        return STEPS.index(step) <= STEPS.index(self.until)


def stamped(app: SentryProject, artifact: Path | None) -> str | None:
    """The release in an artifact, or None where there is no artifact."""
    if artifact is None or not artifact.exists():
        return None
    return PackedArtifact(artifact).release(app.project)


async def verify(sentry: Sentry, wanted: Expected) -> list[Check]:
    """Look at a release from every side."""
    checks = [_artifact(wanted)]
    made = await sentry.find(wanted.release)
    checks.append(_made(wanted, made))
    checks += [_service(wanted, each) for each in wanted.running]
    if not wanted.running:
        checks.append(Check("service", None, "not asked: give --url"))
    if made is None:
        return checks
    checks.append(Check("commits", made.commit_count > 0, f"{made.commit_count} commits are in it"))
    if wanted.expects("upload"):
        checks.append(await _files(sentry, wanted))
    if wanted.expects("deploy"):
        checks.append(await _deploy(sentry, wanted))
    return checks


def _artifact(wanted: Expected) -> Check:
    found = stamped(wanted.app, wanted.artifact)
    if found is None:
        what = "is not here" if wanted.artifact and not wanted.artifact.exists() else "has no stamp"
        return Check("artifact", None, f"{wanted.artifact or 'an artifact'} {what}")
    return Check("artifact", found == wanted.release, f"is stamped {found}")


def _made(wanted: Expected, made: Release | None) -> Check:
    if made is None:
        return Check("sentry", False, f"has no release {wanted.release}")
    if made.date_released is None and wanted.expects("finalize"):
        return Check("sentry", False, f"has {made.version}, which is not finalized")
    return Check("sentry", True, f"has {made.version}")


def _service(wanted: Expected, running: Running) -> Check:
    said = running.trouble or f"{running.url} runs {running.release}"
    return Check("service", running.release == wanted.release, said)


async def _files(sentry: Sentry, wanted: Expected) -> Check:
    app, artifact = wanted.app, wanted.artifact
    if app.is_javascript and artifact is not None and artifact.is_dir():
        ids = debug_ids(artifact)
        lacking = await sentry.lacking(app.project, ids)
        said = f"{len(ids) - len(lacking)} of {len(ids)} source maps"
        return Check("files", bool(ids) and not lacking, said)
    count = await sentry.file_count(app.project, wanted.release)
    if app.is_javascript or artifact is None or not artifact.exists():
        return Check("files", count > 0, f"{count} files are under it")
    packed = len(PackedArtifact(artifact).python_sources())
    return Check("files", count >= packed, f"{count} files are under it, {packed} are packaged")


async def _deploy(sentry: Sentry, wanted: Expected) -> Check:
    places = [each.environment for each in await sentry.deploys(wanted.release)]
    detail = f"went to {', '.join(dict.fromkeys(places))}" if places else "went nowhere"
    return Check("deploy", wanted.environment in places, detail)
