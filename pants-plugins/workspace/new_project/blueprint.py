"""A project that does not exist yet: its names, and its files."""

from __future__ import annotations

import keyword
import re
import sys
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path
from string import Template

from workspace.projects import WorkspaceError

TEMPLATES = Path(__file__).with_name("templates")
SUFFIX = ".template"
# The stand-in for the module's name in the paths of templates.
MODULE = "module"
FOLDERS = {"app": "apps", "package": "packages", "tool": "tools"}
_NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")


class BadName(WorkspaceError):
    """A project cannot be called that; the message says why."""


@dataclass(frozen=True)
class Blueprint:
    """What is to be made.

    Attributes:
        kind: `app`, `package` or `tool`.
        name: of the project, and of its folder.
        description: one sentence.
        owners: who answers for it.
    """

    kind: str
    name: str
    description: str
    owners: tuple[str, ...]

    @property
    def folder(self) -> str:
        """Where it goes, from the workspace's root."""
        return f"{FOLDERS[self.kind]}/{self.name}"

    @property
    def module(self) -> str:
        """What Python imports."""
        return self.name.replace("-", "_")

    def files(self) -> dict[str, str]:
        """The text of every file, by its path from the project's folder."""
        template = TEMPLATES / ("library" if self.kind == "package" else "program")
        values = {
            "name": self.name,
            "kind": self.kind,
            "folder": self.folder,
            "module": self.module,
            "description": self.description,
            "quoted_description": _quoted(self.description),
            "owners": ", ".join(_quoted(owner) for owner in self.owners),
        }
        return {
            _path(file.relative_to(template), self.module): Template(
                file.read_text(encoding="utf-8")
            ).substitute(values)
            for file in sorted(template.rglob(f"*{SUFFIX}"))
        }


def check_name(name: str, taken: Collection[str], modules: Iterable[str]) -> None:
    """See that a project can be called so.

    Args:
        name: what a person wants.
        taken: names of the projects that there are.
        modules: Python modules that there are in the workspace.

    Raises:
        BadName: it cannot.
    """
    if not _NAME.fullmatch(name):
        raise BadName(
            f'"{name}" is no name: write lower-case words with hyphens, as in video-tools.'
        )
    module = name.replace("-", "_")
    if name in taken or module in set(modules):
        raise BadName(f"There is a project or module {name} already. Choose another name.")
    if keyword.iskeyword(module) or module in _STANDARD_LIBRARY:
        raise BadName(f"Python has {module} itself, so nobody could import yours. Choose another.")


# What Python 3.9 cannot tell by itself.
_STANDARD_LIBRARY = frozenset(sys.builtin_module_names) | frozenset(
    path.name.partition(".")[0] for path in Path(keyword.__file__).parent.iterdir()
)


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _path(template: Path, module: str) -> str:
    # Pants would read a template whose name begins with BUILD.
    name = template.name[: -len(SUFFIX)].replace("build", "BUILD")
    return "/".join(part.replace(MODULE, module) for part in (*template.parts[:-1], name))


def with_first_party(settings: str, module: str) -> str:
    """The text of pyproject.toml with a module among those that are ours, which import order needs.

    Raises:
        WorkspaceError: the list is not there.
    """
    found = re.search(r"^known-first-party = \[\n((?:  .*\n)*)\]", settings, re.MULTILINE)
    if found is None:
        raise WorkspaceError("pyproject.toml has no list known-first-party. Put it back.")
    if f'"{module}"' in found.group(1):
        return settings
    lines = f'  "{module}", "{module}_*",\n'
    return settings[: found.end(1)] + lines + settings[found.end(1) :]
