"""What can be wrong with the mapping of projects to Sentry, each with the line that mends it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import PurePath

from sentry.mapping import SentryProject
from workspace.projects import Project, ProjectRegistry

_SLUG = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", re.ASCII)  # as packages/observability reads it
_OWNER = re.compile(r"#[a-z0-9][a-z0-9_-]*|[^@\s#]+@[^@\s]+", re.ASCII)
# Files that a stack trace can name.
_IN_STACKS = frozenset([".js", ".jsx", ".mjs", ".py", ".ts", ".tsx"])


@dataclass(frozen=True, order=True)
class Finding:
    """Something that is wrong.

    Attributes:
        folder: of the BUILD file it is about.
        problem: a sentence.
        remedy: what to do, with the line to write.
    """

    folder: str
    problem: str
    remedy: str

    def __str__(self) -> str:
        return f"{PurePath(self.folder, 'BUILD')}: {self.problem}\n  {self.remedy}"


@dataclass(frozen=True)
class Mapped:
    """A `sentry_project` target, and what is in its artifact.

    Attributes:
        sentry: as it is declared.
        folder: of its BUILD file.
        sources: first-party files in its artifact, or its own, and what a stack trace calls each.
    """

    sentry: SentryProject
    folder: str
    sources: Mapping[str, str]


def project_findings(
    project: Project, excuse: str | None, mapped: Iterable[Mapped], registry: ProjectRegistry
) -> list[Finding]:
    """Whether a project that deploys something has exactly one `sentry_project`, and names it.

    Args:
        project: which one.
        excuse: why it has none, as its BUILD file says.
        mapped: every `sentry_project` of the workspace.
        registry: tells which project each belongs to.
    """
    own = [one for one in mapped if registry.owner_of_folder(one.folder) == project]
    folder, name = project.folder, project.name
    if excuse is not None:
        return [
            Finding(
                folder,
                f"{name} says not_in_sentry, and {one.sentry.address} maps it to Sentry.",
                "Remove one of the two.",
            )
            for one in own
        ]
    if not own:
        if project.artifact is None:
            return []
        artifact = project.artifact.rpartition(":")[2]
        return [
            Finding(
                folder,
                f"{name} deploys {project.artifact}, and nothing maps it to Sentry.",
                f'Add sentry=":sentry" to project(...), and sentry_project(name="sentry", '
                f'project="kijko-{name}", platform="python", artifact=":{artifact}", '
                'owners=["#kijko"], code_mappings={"MODULE": "FOLDER"}); or say in project(...) '
                'why it is not deployed to Sentry: not_in_sentry="…".',
            )
        ]
    if len(own) > 1:
        addresses = " and ".join(sorted(one.sentry.address for one in own))
        return [
            Finding(folder, f"{name} has several: {addresses}.", "Keep one sentry_project(...).")
        ]
    (only,) = own
    findings = []
    if project.sentry != only.sentry.address:
        target = only.sentry.address.rpartition(":")[2]
        findings.append(
            Finding(
                folder,
                f"project(...) of {name} does not name {only.sentry.address}.",
                f'Write into project(...): sentry=":{target}".',
            )
        )
    packaged = None if only.sentry.artifact is None else only.sentry.artifact.address
    if packaged != project.artifact:
        said = "nothing" if packaged is None else packaged
        deployed = "nothing" if project.artifact is None else project.artifact
        findings.append(
            Finding(
                folder,
                f"{only.sentry.address} stamps {said}, but {name} deploys {deployed}.",
                "Write the same artifact into both, project(...) and sentry_project(...).",
            )
        )
    return findings


def mapping_findings(one: Mapped, others: Iterable[Mapped]) -> list[Finding]:
    """Whether a `sentry_project` can work: its slug, its owners, its code mappings.

    Args:
        one: which.
        others: every `sentry_project` of the workspace.
    """
    sentry = one.sentry
    findings = []
    if _SLUG.fullmatch(sentry.slug) is None:
        findings.append(
            Finding(
                one.folder,
                f"{sentry.slug!r} cannot be a project's slug in a release's name.",
                'Use small letters, digits and single hyphens: project="kijko-api".',
            )
        )
    findings += [
        Finding(
            one.folder,
            f"{other.sentry.address} is mapped to {sentry.slug}, too.",
            'Give each its own: project="…".',
        )
        for other in others
        if other.sentry.slug == sentry.slug and other.sentry.address != sentry.address
    ]
    findings += [
        Finding(
            one.folder,
            f"The owner {owner!r} is neither a team nor a person.",
            'Write a team as "#kijko", a person as "ada@example.org".',
        )
        for owner in sentry.owners
        if _OWNER.fullmatch(owner) is None
    ]
    return findings + _uncovered(one)


def _uncovered(one: Mapped) -> list[Finding]:
    """Sources that no code mapping finds, by the folder that should be mapped."""
    missing: dict[tuple[str, str], list[str]] = {}
    for path, in_stack in sorted(one.sources.items()):
        if PurePath(path).suffix not in _IN_STACKS:
            continue
        mappings = [mapping for mapping in one.sentry.code_mappings if mapping.covers(path)]
        named = {mapping.in_stack(path) for mapping in mappings}
        # What a bundler calls a file is the bundler's to say.
        is_found = in_stack in named if path.endswith(".py") else bool(named)
        if not is_found:
            # A Python package as a whole, or the folder of a module outside of packages.
            top = in_stack.split("/")[0] if "/" in in_stack else ""
            root = path[: len(path) - len(in_stack)].rstrip("/")
            missing.setdefault((top, f"{root}/{top}" if top else root), []).append(path)
    return [
        Finding(
            one.folder,
            f"No code mapping of {one.sentry.address} leads a stack trace to {paths[0]}"
            + (f" and {len(paths) - 1} more." if paths[1:] else "."),
            f'Write into code_mappings of sentry_project(...): "{stack}": "{folder}".',
        )
        for (stack, folder), paths in missing.items()
    ]
