"""Source maps: given debug ids, uploaded, seen to be there, and taken out of what is served.

Maps are removed last, and only when the server has each of them, so that a run that was cut off
anywhere can be run again.
"""

import asyncio
from collections.abc import Sequence
from pathlib import Path

from release_cli.clients.sentry import Sentry, UploadFailed
from release_cli.clients.served import Served, look_at
from release_cli.services.uploaded import Uploaded


async def upload_javascript(
    sentry: Sentry,
    folders: Sequence[Path],
    *,
    release: str,
    project: str,
    keep_maps: bool = False,
) -> Uploaded:
    """Upload the source maps of what is served, shared packages' too.

    Args:
        sentry: where to.
        folders: the artifact, then the shared packages' whose scripts are served with it.
        release: the whole name.
        project: the slug.
        keep_maps: leave the maps where they are.

    Raises:
        UploadFailed: a script has no map, or the server lacks one after the upload.
    """
    served = await asyncio.to_thread(look_at, folders)
    # Sentry's plugins for bundlers have given the ids already; then there is nothing to do.
    bare = [each for each in served if each.is_bare and each.maps]
    if bare:
        for each in bare:
            await sentry.cli.inject(each.folder)
        served = await asyncio.to_thread(look_at, folders)
    ids = frozenset[str]().union(*(each.ids for each in served))
    if not ids:
        raise UploadFailed(
            f"{', '.join(map(str, folders))} has no source map, and no script that had one.",
            "Turn source maps on in its build, and build again.",
        )
    missing = await sentry.not_in_bundles(project, ids)
    if missing:
        await _send(sentry, served, missing, release, project)
    removed = 0 if keep_maps else await asyncio.to_thread(_remove_maps, served)
    return Uploaded("source maps", files=len(ids), sent=len(missing), removed=removed)


async def _send(
    sentry: Sentry, served: Sequence[Served], missing: set[str], release: str, project: str
) -> None:
    with_maps = [each.folder for each in served if each.maps]
    if with_maps:
        await sentry.cli.upload_source_maps(with_maps, release, [project])
        missing = await sentry.not_in_bundles(project, missing, release)
    lacking = await sentry.lacking(project, missing)
    if lacking:
        raise UploadFailed(
            f"The server lacks the source maps of {len(lacking)} scripts, first {lacking[0]}.",
            "Look whether its disk is full, and run the release again."
            if with_maps
            else "Build again, so that the maps are there, and run the release again.",
        )


def _remove_maps(served: Sequence[Served]) -> int:
    maps = [file for each in served for file in each.maps]
    for file in maps:
        file.unlink(missing_ok=True)
    return len(maps)
