"""Which commits of a release may have broken something: those that touched the failing files."""

from collections.abc import Sequence
from dataclasses import dataclass

from local_sentry.services.event_view import EventView

_MOST = 3
_NEAREST_FRAMES = 30


@dataclass(frozen=True, slots=True)
class Suspect:
    """A commit (by its SHA) and the file of a frame that it touched."""

    sha: str
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


def suspects(view: EventView, files: Sequence[tuple[str, str, str]]) -> list[Suspect]:
    """The suspect commits, those that touched the innermost frames first.

    Args:
        view: the event.
        files: commit, path and change of the files that the release's commits touched.
    """
    frames = [
        frame
        for stack in view.stacks
        for group in stack.groups
        if group.in_app
        for frame in group.frames
    ][:_NEAREST_FRAMES]
    found: dict[str, Suspect] = {}
    for frame in frames:
        for sha, path, _ in files:
            if is_same_file(frame.place, path) or is_same_file(frame.path, path):
                found.setdefault(sha, Suspect(sha, path))
    return list(found.values())[:_MOST]
