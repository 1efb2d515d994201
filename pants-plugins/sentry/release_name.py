"""A release's name, and the stamp by which a packaged program knows it.

The reader is `packages/observability` (`release.py`), which says how both are spelled.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from workspace.projects import WorkspaceError

FIRST = "0.0.0"
_VERSION = re.compile(r"\d+\.\d+\.\d+", re.ASCII)
_PLANNED = re.compile(r"\d+\.\d+\.\d+(-[0-9A-Za-z]+(\.[0-9A-Za-z]+)*)?", re.ASCII)
_SHA_DIGITS = 12


class BadVersion(WorkspaceError):
    """A version that was asked for is none; the message says how to write it."""


@dataclass(frozen=True)
class Revision:
    """The state of the checkout, as far as it goes into a release's name.

    Attributes:
        commit: full id of the commit that is checked out.
        dirty: whether files differ from it, untracked ones included.
        tags: names of all tags in its history.
        planned: versions that the environment asks for, by the variable's name.
    """

    commit: str
    dirty: bool
    tags: tuple[str, ...]
    planned: tuple[tuple[str, str], ...] = ()

    def version(self, project: str) -> str:
        """The version of a project: what is asked for, else its newest tag's, else 0.0.0.

        Args:
            project: its name in the workspace; its tags are `PROJECT@X.Y.Z`.

        Raises:
            BadVersion: what is asked for is no version.
        """
        variable = version_variable(project)
        planned = dict(self.planned).get(variable)
        if not planned:
            return _newest(self.tags, project)
        if _PLANNED.fullmatch(planned) is None:
            raise BadVersion(f"{variable} is {planned!r}, which is no version: write it as 1.2.3.")
        return planned

    def release(self, slug: str, project: str) -> str:
        """The release's name: `<sentry project>@<version>+<short sha>`, `.dirty` behind it if so.

        Raises:
            BadVersion: what is asked for is no version.
        """
        dirty = ".dirty" if self.dirty else ""
        return f"{slug}@{self.version(project)}+{self.commit[:_SHA_DIGITS]}{dirty}"


def version_variable(project: str) -> str:
    """The environment variable by which `release run` says which version it packages."""
    return f"RELEASE_VERSION_{project.upper().replace('-', '_')}"


def is_version_variable(name: str) -> bool:
    """Whether an environment variable asks for a version."""
    return name.startswith("RELEASE_VERSION_")


def stamp(releases: Mapping[str, str]) -> bytes:
    """The stamp's content, which is the same for the same releases.

    Args:
        releases: their names by Sentry project.
    """
    return f"{json.dumps({'releases': dict(sorted(releases.items()))})}\n".encode()


def _newest(tags: Iterable[str], project: str) -> str:
    prefix = f"{project}@"
    versions = [tag[len(prefix) :] for tag in tags if tag.startswith(prefix)]
    known = [version for version in versions if _VERSION.fullmatch(version)]
    return max(known, key=lambda one: [int(part) for part in one.split(".")], default=FIRST)
