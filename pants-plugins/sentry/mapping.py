"""How a project is mapped to Sentry, as plain values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sentry.alerts import AlertRule


@dataclass(frozen=True)
class Artifact:
    """What a project deploys.

    Attributes:
        address: of the target that is packaged.
        path: where `./pants package` puts it, from the workspace's root.
    """

    address: str
    path: str


@dataclass(frozen=True)
class CodeMapping:
    """Where the files that a stack trace names lie in the repository.

    Attributes:
        stack_root: what the paths in a stack trace begin with.
        source_root: the folder that this is, from the workspace's root.
    """

    stack_root: str
    source_root: str

    def covers(self, path: str) -> bool:
        """Whether a file lies below the folder."""
        return path.startswith(f"{self.source_root}/")

    def in_stack(self, path: str) -> str:
        """What a stack trace calls a file below the folder."""
        return f"{self.stack_root}{path[len(self.source_root) :]}".lstrip("/")


@dataclass(frozen=True)
class SentryProject:
    """A `sentry_project` target.

    Attributes:
        address: its own.
        slug: the project's name in Sentry.
        platform: in Sentry's words: `python-fastapi`.
        owners: teams (`#name`) or people (an e-mail address), as Sentry writes them.
        artifact: what is deployed; none of a library.
        own_rules: ownership rules as Sentry writes them, instead of those that follow from owners.
        alert_rules: when it speaks up.
        ignore_rules: errors that it drops: globs of messages.
        code_mappings: sorted by folder.
    """

    address: str
    slug: str
    platform: str
    owners: tuple[str, ...]
    artifact: Artifact | None
    own_rules: tuple[str, ...] = ()
    alert_rules: tuple[AlertRule, ...] = ()
    ignore_rules: tuple[str, ...] = ()
    code_mappings: tuple[CodeMapping, ...] = ()

    def ownership_rules(self, folder: str) -> tuple[str, ...]:
        """Who is asked about an error in which file.

        Args:
            folder: the project's, from the workspace's root. Owners answer for what lies in it, and
                not for shared code that is packaged beside it.
        """
        if self.own_rules or not self.owners:
            return self.own_rules
        return tuple(
            f"path:{one.in_stack(f'{one.source_root}/*')} {' '.join(self.owners)}"
            for one in self.code_mappings
            if f"{one.source_root}/".startswith(f"{folder}/")
        )


@dataclass(frozen=True)
class MappedProject:
    """A Sentry project with all that the tools of a release ask about it.

    Attributes:
        sentry: as it is declared.
        name: the project's name in the workspace.
        folder: its folder, from the workspace's root.
        version: its current version.
        release: the name of the release that packaging it now makes; none outside of a checkout.
        sources: every first-party file in its artifact, or of a library its own; sorted.
    """

    sentry: SentryProject
    name: str
    folder: str
    version: str
    release: str | None
    sources: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        """The project as the release tool reads it."""
        one = self.sentry
        return {
            "address": one.address,
            "project": one.slug,
            "platform": one.platform,
            "workspace_project": self.name,
            "root": self.folder,
            "artifact": None
            if one.artifact is None
            else {"address": one.artifact.address, "path": one.artifact.path},
            "version": self.version,
            "release": self.release,
            "owners": list(one.owners),
            "ownership_rules": list(one.ownership_rules(self.folder)),
            "alert_rules": [rule.as_json() for rule in one.alert_rules],
            "ignore_rules": list(one.ignore_rules),
            "code_mappings": [
                {"stack_root": mapping.stack_root, "source_root": mapping.source_root}
                for mapping in one.code_mappings
            ],
            "sources": list(self.sources),
        }


def code_mappings(said: Mapping[str, str]) -> tuple[CodeMapping, ...]:
    """Read `code_mappings={"stack root": "folder"}`."""
    found = [CodeMapping(stack.rstrip("/"), folder.strip("/")) for stack, folder in said.items()]
    return tuple(sorted(found, key=lambda one: (one.source_root, one.stack_root)))
