"""Gives Python frames the lines around them, from the sources uploaded with their release."""

import sqlite3
from functools import lru_cache

from local_sentry.protocol.lenient_json import JsonObject, as_text
from local_sentry.services.raw_frames import frames_of, holders, position
from local_sentry.store import artifacts
from local_sentry.store.blobs import BlobMissingError, Blobs

_LINES = 5
_LONGEST_LINE = 1024
_LARGEST_SOURCE = 2 * 1024 * 1024
_MAX_FILES = 100  # Of one event.


def add_source_context(
    connection: sqlite3.Connection, blobs: Blobs, project_id: int, event: JsonObject
) -> bool:
    """Completes frames that lack their lines, in place; returns whether anything was found."""
    release = as_text(event.get("release"), 200).strip()
    if event.get("platform") != "python" or not release:
        return False
    frames = [
        frame
        for holder in holders(event)
        for frame in frames_of(holder)
        if not frame.get("context_line") and position(frame.get("lineno")) is not None
    ]
    if not frames or not artifacts.has_release(connection, project_id, release):
        return False
    dist = as_text(event.get("dist"), 64).strip()
    sources: dict[str, tuple[str, ...]] = {}
    changed = False
    for frame in frames:
        path = _path(frame)
        if path not in sources and len(sources) < _MAX_FILES:
            sources[path] = _source(connection, blobs, project_id, release, dist, path)
        changed |= _complete(frame, sources.get(path, ()))
    return changed


def _path(frame: JsonObject) -> str:
    """The path of a frame's file below its package: `comfyui_gateway/app.py`."""
    filename = as_text(frame.get("filename"), 2048)
    return (filename or as_text(frame.get("abs_path"), 2048)).lstrip("/.")


def _source(
    connection: sqlite3.Connection, blobs: Blobs, project_id: int, release: str, dist: str,
    path: str,
) -> tuple[str, ...]:  # fmt: skip
    if not path.endswith(".py"):
        return ()
    file = artifacts.ending_with(connection, project_id, release, dist, path)
    if file is None or file.size > _LARGEST_SOURCE:
        return ()
    try:
        return _lines(blobs, file.blob)
    except BlobMissingError:
        return ()


@lru_cache(maxsize=32)
def _lines(blobs: Blobs, blob: bytes) -> tuple[str, ...]:
    text = blobs.get(blob).decode("utf-8", "replace")
    return tuple(line[:_LONGEST_LINE] for line in text.splitlines())


def _complete(frame: JsonObject, lines: tuple[str, ...]) -> bool:
    number = position(frame.get("lineno"))
    if number is None or number > len(lines):
        return False
    place = number - 1
    frame["pre_context"] = list(lines[max(0, place - _LINES) : place])
    frame["context_line"] = lines[place]
    frame["post_context"] = list(lines[place + 1 : place + 1 + _LINES])
    return True
