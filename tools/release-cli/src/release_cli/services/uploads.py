"""The source upload of an app: which kind its platform asks for."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from release_cli.clients.artifacts import ArtifactInvalid, PackedArtifact
from release_cli.clients.sentry import Sentry
from release_cli.projects import SentryProject
from release_cli.services.javascript_upload import upload_javascript
from release_cli.services.python_upload import sources_of, upload_python
from release_cli.services.uploaded import Uploaded


@dataclass(frozen=True, slots=True)
class UploadRequest:
    """What to upload.

    Attributes:
        app: whose sources.
        release: the whole name.
        artifact: what is deployed; a library has none.
        repository: what Sentry calls the repository.
        root: the checkout.
        shared: folders of shared packages whose scripts are served with the artifact.
        keep_maps: leave source maps in what is served.
        check_stamp: refuse an artifact that names another release.
    """

    app: SentryProject
    release: str
    artifact: Path | None
    repository: str
    root: Path
    shared: Sequence[Path] = ()
    keep_maps: bool = False
    check_stamp: bool = True


async def upload(sentry: Sentry, wanted: UploadRequest) -> Uploaded:
    """Upload an app's sources; what the server has already is not sent.

    Raises:
        StampMismatch: the artifact is of another release.
        ArtifactInvalid: it cannot be used.
        UploadFailed: the server could not use it.
        SentryApiError: the server did not answer.
    """
    app = wanted.app
    packed = PackedArtifact(wanted.artifact) if wanted.artifact is not None else None
    if app.is_javascript:
        if packed is None or not packed.path.is_dir():
            raise ArtifactInvalid(
                f"The artifact of {app.workspace_project} is no folder: {wanted.artifact}.",
                "Name the folder that is served, unpacked.",
            )
        if wanted.check_stamp and packed.release(app.project) is not None:
            packed.check_release(app.project, wanted.release)
        return await upload_javascript(
            sentry,
            [packed.path, *wanted.shared],
            release=wanted.release,
            project=app.project,
            keep_maps=wanted.keep_maps,
        )
    if packed is not None and wanted.check_stamp:
        packed.check_release(app.project, wanted.release)
    sources = await asyncio.to_thread(sources_of, app, packed, wanted.root)
    return await upload_python(
        sentry, app, sources, release=wanted.release, repository=wanted.repository
    )
