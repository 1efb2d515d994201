"""Python sources: a bundle of exactly what was packaged, and where it is in the repository."""

import asyncio
from pathlib import Path

from release_cli.clients.artifacts import ArtifactInvalid, PackedArtifact, Source
from release_cli.clients.bundles import make_bundle
from release_cli.clients.sentry import Sentry
from release_cli.projects import SentryProject
from release_cli.services.uploaded import Uploaded
from sentry_api import InvalidRequest, NotAllowed, NotFound


async def upload_python(
    sentry: Sentry, app: SentryProject, sources: list[Source], *, release: str, repository: str
) -> Uploaded:
    """Upload the sources of an artifact under its release, and the app's code mappings.

    A Sentry that knows no repository of that name has nowhere to point to: then the sources are
    there and the result carries a warning.

    Args:
        sentry: where to.
        app: what is released.
        sources: what was packaged.
        release: the whole name.
        repository: what Sentry calls the repository; empty where that is not known.

    Raises:
        UploadFailed: the server could not use it.
    """
    bundle = await asyncio.to_thread(make_bundle, sources, app.project)
    sent, warnings = await asyncio.gather(
        sentry.upload_bundle(bundle, app.project, release), _map(sentry, app, repository)
    )
    return Uploaded(
        "sources",
        files=bundle.files,
        sent=sent,
        mappings=0 if warnings else len(app.code_mappings),
        warnings=warnings,
    )


async def _map(sentry: Sentry, app: SentryProject, repository: str) -> tuple[str, ...]:
    if not app.code_mappings:
        return ()
    if not repository:
        return ("code mappings are not set: there is no checkout here. Set RELEASE_REPOSITORY.",)
    try:
        await sentry.put_mappings(app.project, repository, app.code_mappings)
    except (NotFound, InvalidRequest, NotAllowed) as error:
        return (f"code mappings are not set: {error.problem} {error.advice}",)
    return ()


def sources_of(app: SentryProject, artifact: PackedArtifact | None, root: Path) -> list[Source]:
    """What is packaged: read from the artifact itself; of a library, from the checkout.

    Raises:
        ArtifactInvalid: there is nothing.
    """
    if artifact is not None:
        return artifact.python_sources()
    found = []
    for path in app.sources:
        below = _importable(path, app)
        if path.endswith(".py") and below is not None:
            found.append(Source(below, (root / path).read_bytes()))
    if not found:
        raise ArtifactInvalid(
            f"{app.workspace_project} has neither an artifact nor sources.",
            "Look at ./pants sentry-projects --json.",
        )
    return sorted(found, key=lambda source: source.path)


def _importable(path: str, app: SentryProject) -> str | None:
    """What a stack trace calls a file of the checkout, by the code mappings."""
    for mapping in app.code_mappings:
        root = f"{mapping.source_root.rstrip('/')}/"
        if path.startswith(root):
            stack = mapping.stack_root.strip("/")
            below = path.removeprefix(root)
            return f"{stack}/{below}" if stack else below
    return None
