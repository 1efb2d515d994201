"""Versions, and how far a change moves one."""

import enum
import re
from dataclasses import dataclass

_VERSION = re.compile(r"(\d+)\.(\d+)\.(\d+)", re.ASCII)


class Level(enum.IntEnum):
    """How far a version moves; the greatest of all changes counts."""

    PATCH = 1
    MINOR = 2
    MAJOR = 3

    @property
    def word(self) -> str:
        """As people write it."""
        return self.name.lower()


@dataclass(frozen=True, slots=True, order=True)
class Version:
    """`major.minor.patch`."""

    major: int = 0
    minor: int = 0
    patch: int = 0

    def __str__(self) -> str:
        return f"{self.major}.{self.minor}.{self.patch}"

    @classmethod
    def parse(cls, text: str) -> "Version | None":
        """The version that a text is, or None."""
        match = _VERSION.fullmatch(text)
        return cls(*map(int, match.groups())) if match else None

    def next(self, level: Level, *, planned: bool = False) -> "Version":
        """The version after this one.

        Before 1.0.0 nothing is promised, so what breaks moves the minor; 1.0.0 is a decision that
        only a version plan takes. The very first version is 0.1.0 at least.

        Args:
            level: how far the changes move it.
            planned: whether a version plan says so.
        """
        if self.major == 0 and level is Level.MAJOR and not planned:
            level = Level.MINOR
        if self == Version() and level is Level.PATCH:
            level = Level.MINOR
        if level is Level.MAJOR:
            return Version(self.major + 1)
        if level is Level.MINOR:
            return Version(self.major, self.minor + 1)
        return Version(self.major, self.minor, self.patch + 1)


@dataclass(frozen=True, slots=True)
class Tagged:
    """A version that a tag gives to a commit."""

    version: Version
    tag: str
    commit: str


def tag_of(project: str, version: Version) -> str:
    """The tag of a project's version."""
    return f"{project}@{version}"


def tagged_versions(project: str, tags: dict[str, str]) -> list[Tagged]:
    """The versions of a project among tags, newest first.

    Args:
        project: its name in the workspace.
        tags: commits by the tags' names.
    """
    found = [
        Tagged(version, tag, commit)
        for tag, commit in tags.items()
        if tag.startswith(f"{project}@")
        and (version := Version.parse(tag.removeprefix(f"{project}@"))) is not None
    ]
    return sorted(found, key=lambda each: each.version, reverse=True)
