"""The table of who may import whom, and what it says about one import."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from workspace.projects import Project, ProjectRegistry

ANY = "*"
OWN_TESTS = "tests"
THIRD_PARTY = "3rdparty"


class BadTable(Exception):
    """The table cannot be read as meant; the message names the row and what to write."""


def descriptions(project: Project) -> tuple[str, ...]:
    """All that a row may call a project, the most specific first."""
    return (project.name, *(f"tag:{tag}" for tag in sorted(project.tags)), f"kind:{project.kind}")


@dataclass(frozen=True)
class Breach:
    """One import that the table forbids.

    Attributes:
        importer: the project that imports.
        imported: what it may not import: a project's name, or a folder in no project.
        row: the row that decided; none when no row is about the project.
        allowed: names of the projects it may import.
    """

    importer: str
    imported: str
    row: str | None
    allowed: tuple[str, ...]

    @property
    def rule(self) -> str:
        """The rule, in a sentence."""
        if self.row is None:
            return f'no row of [boundaries.may_import] is about "{self.importer}"'
        return f'row "{self.row}" of [boundaries.may_import] does not name "{self.imported}"'

    @property
    def alternatives(self) -> str:
        """What may be imported instead, in a sentence."""
        if not self.allowed:
            return "third-party packages only"
        return f"{', '.join(self.allowed)}, and third-party packages"


@dataclass(frozen=True)
class Table:
    """Rows of who may import whom.

    A row is about a project (`gateway`), a tag (`tag:web`), a kind (`kind:app`) or every
    project's `tests`; its values are of the same words, or a folder outside of all projects
    (`//docs`), or `*`. A project's own row decides alone; without one, the rows of its tags
    together; without those, its kind's. Its own folder and third-party packages are free to all.
    A workspace without a single row has no boundaries.
    """

    rows: Mapping[str, tuple[str, ...]]
    projects: ProjectRegistry

    @classmethod
    def read(cls, rows: Mapping[str, Sequence[str]], projects: ProjectRegistry) -> Table:
        """Check the rows as they stand in pants.toml.

        Projects that a row names need not exist (yet); tags and kinds need not be in use.

        Raises:
            BadTable: a row is no list of names, or a word in it has no meaning.
        """
        for row, values in rows.items():
            if isinstance(values, str) or not all(isinstance(value, str) for value in values):
                raise BadTable(
                    f'Row "{row}" is not a list of names: write "{row}" = ["kind:package"].'
                )
            for word in (row, *values):
                prefix, colon, rest = word.partition(":")
                if (colon and (prefix not in {"kind", "tag"} or not rest)) or not word:
                    raise BadTable(
                        f'Row "{row}" says "{word}", which means nothing: '
                        "write a project's name, kind:NAME, tag:NAME, //FOLDER or *."
                    )
        return cls({row: tuple(values) for row, values in rows.items()}, projects)

    def row_of(self, project: Project) -> tuple[str | None, tuple[str, ...]]:
        """The row (or rows of tags, joined) that decides for a project, and its values."""
        names = descriptions(project)
        if project.name in self.rows:
            return project.name, self.rows[project.name]
        tagged = [row for row in names[1:-1] if row in self.rows]
        if tagged:
            return " + ".join(tagged), tuple(value for row in tagged for value in self.rows[row])
        kind = names[-1]
        return (kind, self.rows[kind]) if kind in self.rows else (None, ())

    def breach(self, importer: str, imported: str) -> Breach | None:
        """Judge one dependency between two paths (files or folders, from the workspace's root).

        Returns:
            What is wrong with it; nothing when it is allowed.
        """
        origin, target = (
            self.projects.owner_of_folder(importer),
            self.projects.owner_of_folder(imported),
        )
        if (
            not self.rows
            or origin is None
            or origin == target
            or imported.split("/")[0] == THIRD_PARTY
        ):
            return None
        row, values = self.row_of(origin)
        if OWN_TESTS in importer[len(origin.folder) :].split("/"):
            values = (*values, *self.rows.get(OWN_TESTS, ()))
        if target is None:
            folders = [value[2:].rstrip("/") for value in values if value.startswith("//")]
            if ANY in values or any(f"{imported}/".startswith(f"{folder}/") for folder in folders):
                return None
        elif ANY in values or not set(values).isdisjoint(descriptions(target)):
            return None
        allowed = sorted(
            project.name
            for project in self.projects
            if project != origin and not set(values).isdisjoint(descriptions(project))
        )
        return Breach(origin.name, target.name if target else f"//{imported}", row, tuple(allowed))
