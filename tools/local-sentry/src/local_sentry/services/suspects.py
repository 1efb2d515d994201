"""Which commits of a release may have broken something: those that touched the failing files."""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass

from local_sentry.protocol.lenient_json import JsonObject
from local_sentry.services.code_paths import CodePaths
from local_sentry.services.stacktrace import Frame, frames_newest_first
from local_sentry.store import code_mappings, commits
from local_sentry.store.commits import Commit, Touched

_MOST = 5
_NEAREST_FRAMES = 30
_DELETED = "D"


@dataclass(frozen=True, slots=True)
class Suspect:
    """A commit and the file of a frame that it touched."""

    commit: Commit
    path: str


def _parts(path: str) -> list[str]:
    kept = path.replace("\\", "/").split("/")
    return [part for part in kept if part not in ("", ".", "..", "~", "app:", "webpack:")]


def is_same_file(frame: str, file: str) -> bool:
    """Whether a frame's path and a path in a repository name the same file.

    One may have folders in front that the other lacks; a bare name matches only a bare name.
    """
    a, b = _parts(frame), _parts(file)
    shared = min(len(a), len(b))
    if shared == 0 or (shared == 1 and len(a) != len(b)):
        return False
    return a[-shared:] == b[-shared:]


def _is_of(frame: Frame, touched: Touched, paths: CodePaths) -> bool:
    mapped = paths.of(frame)
    if mapped is not None:
        return (mapped.repository, mapped.path) == (touched.commit.repository, touched.path)
    return is_same_file(frame.filename, touched.path) or is_same_file(frame.abs_path, touched.path)


def _nearest(frames: Sequence[Frame]) -> list[Frame]:
    return [frame for frame in frames if frame.in_app][:_NEAREST_FRAMES]


def suspects(
    frames: Sequence[Frame], touched: Sequence[Touched], paths: CodePaths
) -> list[Suspect]:
    """The suspect commits, in the order of the files that commits touched: newest first.

    Args:
        frames: of the event, the innermost first.
        touched: what the release's commits did to files.
        paths: where the frames' files lie; frames that no mapping is about go by their ends.
    """
    nearest = _nearest(frames)
    found: dict[tuple[str, str], Suspect] = {}
    for each in touched:
        if each.change != _DELETED and any(_is_of(frame, each, paths) for frame in nearest):
            key = (each.commit.repository, each.commit.sha)
            found.setdefault(key, Suspect(each.commit, each.path))
    return list(found.values())[:_MOST]


def of_event(
    connection: sqlite3.Connection, project_id: int, event: JsonObject, release_id: int | None
) -> list[Suspect]:
    """The suspects among the commits of a release, for an event of a project."""
    frames = frames_newest_first(event)
    files = [path for frame in _nearest(frames) for path in (frame.filename, frame.abs_path)]
    # Wherever a file lies in a repository, it is called as it is in the stack.
    names = {parts[-1] for path in files if (parts := _parts(path))}
    if release_id is None or not names:
        return []
    touched = commits.touched_in_release(connection, release_id, names)
    paths = CodePaths(code_mappings.of_project(connection, project_id))
    return suspects(frames, touched, paths)
