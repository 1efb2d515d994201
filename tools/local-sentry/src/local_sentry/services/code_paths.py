"""Where the file of a frame lies in a repository, by the project's code mappings."""

from collections.abc import Sequence
from dataclasses import dataclass

from local_sentry.services.stacktrace import Frame
from local_sentry.store.code_mappings import CodeMapping


@dataclass(frozen=True, slots=True)
class RepositoryPath:
    """A file of a repository."""

    repository: str
    path: str


def plain_path(path: str) -> str:
    """A frame's path with forward slashes and nothing in front."""
    return path.replace("\\", "/").removeprefix("./")


class CodePaths:
    """The mappings of one project."""

    def __init__(self, mappings: Sequence[CodeMapping]) -> None:
        """Takes the mappings, the longest root first: the closest one says where a file is."""
        self._mappings = mappings

    def of(self, frame: Frame) -> RepositoryPath | None:
        """The file of a frame; None when no mapping is about it."""
        for path in (frame.filename, frame.abs_path):
            found = self.at(path)
            if found is not None:
                return found
        return None

    def at(self, path: str) -> RepositoryPath | None:
        """The file of a path that stack traces name; None when no mapping is about it."""
        plain = plain_path(path)
        for mapping in self._mappings:
            root = plain_path(mapping.stack_root)
            # Without a root, only what is no place on somebody's machine.
            if plain.startswith(root) and plain[:1] not in ("", "/" if not root else ""):
                rest = (mapping.source_root + plain[len(root) :]).replace("//", "/")
                return RepositoryPath(mapping.repository, rest.removeprefix("./").lstrip("/"))
        return None
