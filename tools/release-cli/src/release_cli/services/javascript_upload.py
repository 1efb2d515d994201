"""Source maps: given debug ids, uploaded, seen to be there, and taken out of what is served.

Maps are removed last, and only when the server has each of them, so that a run that was cut off
anywhere can be run again.
"""

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path

from release_cli.clients.sentry import Sentry, UploadFailed
from release_cli.clients.served import Script, Served, look_at
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
    bare = [each for each in served if each.is_bare]
    if bare:
        for each in bare:
            await sentry.cli.inject(each.folder)
        served = await asyncio.to_thread(look_at, folders)
    scripts = {one.debug_id: one for each in served for one in each.scripts if one.debug_id}
    if not scripts:
        raise UploadFailed(
            f"{', '.join(map(str, folders))} has no source map, and no script that had one.",
            "Turn source maps on in its build, and build again.",
        )
    missing = await sentry.not_in_bundles(project, scripts)
    warnings = await _send(sentry, served, missing, release, project) if missing else ()
    removed = 0 if keep_maps else await asyncio.to_thread(_remove_maps, served)
    return Uploaded(
        "source maps", files=len(scripts), sent=len(missing), removed=removed, warnings=warnings
    )


async def _send(
    sentry: Sentry,
    served: Sequence[Served],
    missing: Mapping[str, Script],
    release: str,
    project: str,
) -> tuple[str, ...]:
    """Upload, and see that it is there; what could not be there is a warning."""
    with_maps = [each.folder for each in served if each.maps]
    if with_maps:
        await sentry.cli.upload_source_maps(with_maps, release, [project])
        missing = await sentry.not_in_bundles(project, missing, release)
    lost = {debug_id for debug_id, script in missing.items() if script.has_map}
    lost.update(await sentry.lacking(project, missing.keys() - lost))
    if lost:
        raise UploadFailed(
            f"The server lacks the source maps of {len(lost)} scripts, "
            f"first of {min(str(missing[each].path) for each in lost)}.",
            "Look whether its disk is full, and run the release again."
            if with_maps
            else "Build again, so that the maps are there, and run the release again.",
        )
    nowhere = sorted(script.path.name for script in missing.values()) if with_maps else []
    return tuple(f"{name} names a source map that is not here." for name in nowhere)


def debug_ids(folder: Path) -> frozenset[str]:
    """The debug ids of the scripts below a folder, which their maps share."""
    (served,) = look_at([folder])
    return served.ids


def _remove_maps(served: Sequence[Served]) -> int:
    maps = [file for each in served for file in each.maps]
    for file in maps:
        file.unlink(missing_ok=True)
    return len(maps)
