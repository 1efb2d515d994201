"""Source maps: given debug ids, uploaded, seen to be there, and taken out of what is served.

Maps are removed last, and only when the server has each of them, so that a run that was cut off
anywhere can be run again.
"""

import re
from collections.abc import Sequence
from pathlib import Path

from release_cli.clients.artifacts import scripts, source_maps
from release_cli.clients.sentry import Sentry, UploadFailed
from release_cli.services.uploaded import Uploaded

# The comment that debug ids are kept in, at the end of a script.
_COMMENT = re.compile(rb"//[#@] debugId=([0-9a-fA-F-]{36})\s*$", re.MULTILINE)
_TAIL_BYTES = 4096


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
    for folder in folders:
        # Sentry's plugins for bundlers have given the ids already; then there is nothing to do.
        if source_maps(folder) and not all(map(_debug_id, scripts(folder))):
            await sentry.cli.inject(folder)
    ids = {found for folder in folders for found in debug_ids(folder)}
    if not ids:
        raise UploadFailed(
            f"{', '.join(map(str, folders))} has no source map, and no script that had one.",
            "Turn source maps on in its build, and build again.",
        )
    missing = await sentry.not_in_bundles(project, ids)
    if missing:
        await _send(sentry, folders, missing, release, project)
    removed = 0 if keep_maps else _remove([each for f in folders for each in source_maps(f)])
    return Uploaded("source maps", files=len(ids), sent=len(missing), removed=removed)


async def _send(
    sentry: Sentry, folders: Sequence[Path], missing: set[str], release: str, project: str
) -> None:
    with_maps = [folder for folder in folders if source_maps(folder)]
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


def debug_ids(folder: Path) -> list[str]:
    """The debug ids of the scripts below a folder, which their maps share."""
    found = (_debug_id(file) for file in scripts(folder))
    return [each.lower() for each in found if each]


def _debug_id(file: Path) -> str | None:
    with file.open("rb") as script:
        script.seek(max(0, file.stat().st_size - _TAIL_BYTES))
        match = _COMMENT.search(script.read())
    return match.group(1).decode() if match else None


def _remove(maps: Sequence[Path]) -> int:
    for file in maps:
        file.unlink(missing_ok=True)
    return len(maps)
