"""What a project is, and which project a file belongs to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

KINDS = ("app", "package", "tool", "benchmark")


class WorkspaceError(Exception):
    """What a person declared or asked for cannot be done; the message says what to do."""


@dataclass(frozen=True)
class Project:
    """A folder with a `project(...)` target, and everything below it that no nested project has.

    Attributes:
        name: unique in the workspace.
        folder: path from the workspace's root, "" for the root itself.
        kind: one of KINDS.
        address: of its `project` target.
        owners: who answers for it.
        tags: free words, which boundaries and filters use.
        description: one sentence, or None.
        artifact: address of what it deploys, or None.
        sentry: address of the target that maps it to Sentry, or None.
    """

    name: str
    folder: str
    kind: str
    address: str
    owners: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    description: str | None = None
    artifact: str | None = None
    sentry: str | None = None

    def as_json(self) -> dict[str, Any]:
        """The project as it stands in every JSON output."""
        return {
            "name": self.name,
            "folder": self.folder,
            "kind": self.kind,
            "address": self.address,
            "owners": list(self.owners),
            "tags": list(self.tags),
            "description": self.description,
            "artifact": self.artifact,
            "sentry": self.sentry,
        }


class ProjectRegistry:
    """All projects of a workspace, by name, in the order of their folders.

    Raises:
        WorkspaceError: two projects have one name or one folder.
    """

    def __init__(self, projects: Iterable[Project]) -> None:
        self._by_name: dict[str, Project] = {}
        self._by_folder: dict[str, Project] = {}
        for project in sorted(projects, key=lambda one: (one.folder, one.name)):
            if project.folder in self._by_folder:
                raise WorkspaceError(
                    f"{project.folder or 'The root'} has two project() targets: "
                    f"{self._by_folder[project.folder].name} and {project.name}. Remove one."
                )
            if project.name in self._by_name:
                raise WorkspaceError(
                    f"{self._by_name[project.name].folder} and {project.folder} both name their "
                    f"project {project.name}. Give one of them another name."
                )
            self._by_folder[project.folder] = project
            self._by_name[project.name] = project

    def __iter__(self) -> Iterator[Project]:
        return iter(self._by_folder.values())

    def __len__(self) -> int:
        return len(self._by_folder)

    def __contains__(self, name: object) -> bool:
        return name in self._by_name

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ProjectRegistry) and self._by_folder == other._by_folder

    def __hash__(self) -> int:
        return hash(tuple(self))

    def named(self, name: str) -> Project:
        """The project of that name.

        Raises:
            WorkspaceError: there is none; the message lists those there are.
        """
        try:
            return self._by_name[name]
        except KeyError:
            known = ", ".join(sorted(self._by_name)) or "none"
            raise WorkspaceError(
                f"There is no project {name}. The projects here: {known}."
            ) from None

    def owner_of_folder(self, folder: str) -> Project | None:
        """The project that a folder belongs to: its own, or the nearest above it."""
        while True:
            if folder in self._by_folder:
                return self._by_folder[folder]
            if not folder:
                return None
            folder = folder.rpartition("/")[0]

    def owner_of_file(self, path: str) -> Project | None:
        """The project that a file belongs to, or None when it lies outside every project."""
        return self.owner_of_folder(path.rpartition("/")[0])
