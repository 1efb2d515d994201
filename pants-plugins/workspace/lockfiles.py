"""The packages of a lockfile, and which depends on which.

Understands hashed requirement files as `uv pip compile` and `pip-compile` write them, with their
`# via` comments. Source: https://pip.pypa.io/en/stable/reference/requirements-file-format/
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from pathlib import PurePath

from workspace import package_lock
from workspace.graph import PACKAGE, Node

_PACKAGE = re.compile(
    r"(?P<name>[A-Za-z0-9][\w.-]*)(?:\[[^]]*])?\s*(?:==|@)\s*(?P<version>[^;\s\\]+)"
)
_VIA = re.compile(r"#\s*(?:via\b)?\s*(?P<name>\S.*)?$")


def canonical(name: str) -> str:
    """A package's name as PEP 503 normalizes it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def package_id(resolve: str, name: str) -> str:
    """The id of a package's node in the graph."""
    return f"{resolve}/{canonical(name)}"


def read_packages(resolve: str, path: str, text: str) -> dict[str, Node] | None:
    """Read the packages of a lockfile, npm's or Python's, as nodes by id.

    Args:
        resolve: what the ids begin with: a resolve's name, or for npm the lockfile's path.
        path: where the lockfile is.
        text: what it contains.

    Returns:
        None when it has another format.
    """
    if PurePath(path).name == package_lock.NAME:
        return package_lock.read_package_lock(path, text)
    return read_lockfile(resolve, text)


def read_lockfile(resolve: str, text: str) -> dict[str, Node] | None:
    """Read the packages of a lockfile as nodes by id; None when it has another format.

    A node's definition is its version and a digest of all that is locked of it: markers and hashes.
    """
    versions: dict[str, list[str]] = {}
    locked: dict[str, list[str]] = {}
    dependents: dict[str, set[str]] = {}
    name: str | None = None
    for line in text.splitlines():
        stripped = line.strip()
        if not stripped:
            continue
        if line[0].isspace():
            if name is None:
                return None
            if stripped.startswith("#"):
                via = _VIA.match(stripped)
                if via and via["name"] and not via["name"].startswith("-"):
                    dependents[name].add(package_id(resolve, via["name"].partition("[")[0]))
            else:
                locked[name].append(stripped.rstrip(" \\"))
            continue
        if stripped.startswith(("#", "-")):
            continue
        match = _PACKAGE.match(line)
        if match is None:
            return None
        name = package_id(resolve, match["name"])
        versions.setdefault(name, []).append(match["version"])
        locked.setdefault(name, []).append(stripped.rstrip(" \\"))
        dependents.setdefault(name, set())
    return _nodes(versions, locked, dependents)


def _nodes(
    versions: Mapping[str, list[str]],
    locked: Mapping[str, list[str]],
    dependents: Mapping[str, set[str]],
) -> dict[str, Node]:
    dependencies: dict[str, list[str]] = {}
    for name, its_dependents in dependents.items():
        for dependent in its_dependents:
            dependencies.setdefault(dependent, []).append(name)
    return {
        name: Node(
            kind=PACKAGE,
            project=None,
            definition="{} ({})".format(
                ", ".join(versions[name]),
                hashlib.sha256("\n".join(sorted(lines)).encode()).hexdigest()[:8],
            ),
            dependencies=tuple(sorted(dependencies.get(name, ()))),
        )
        for name, lines in locked.items()
    }
