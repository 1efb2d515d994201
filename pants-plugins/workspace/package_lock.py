"""The packages of an npm lockfile, and which depends on which.

Understands `package-lock.json` of versions 2 and 3, whose `packages` name every installed folder.
Source: https://docs.npmjs.com/cli/configuring-npm/package-lock-json
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

from workspace.graph import PACKAGE, Node

NAME = "package-lock.json"
MANIFEST = "package.json"
_MODULES = "node_modules/"
_NEEDS = ("dependencies", "devDependencies", "optionalDependencies", "peerDependencies")


def manifest_id(lockfile: str, manifest: str) -> str:
    """The id of the node that stands for all that a package.json asks of a lockfile.

    Args:
        lockfile: path of the package-lock.json.
        manifest: path of the package.json, in the same folder or below it.
    """
    return f"{lockfile}/({manifest})"


def lockfile_of(path: str, lockfiles: Iterable[str]) -> str | None:
    """The lockfile that holds for a file: the nearest in its folder or above it."""
    above = [one for one in lockfiles if path.startswith(one[: -len(NAME)])]
    return max(above, key=len, default=None)


def claimed(manifests: Mapping[str, Iterable[str]], files: Collection[str]) -> set[str]:
    """The lockfiles that count by package: those of which every package.json is a target's file.

    Where a target has none of what it installs, only the lockfile as a file can tell that it moved.

    Args:
        manifests: paths of every package.json of each lockfile.
        files: of all targets.
    """
    return {lockfile for lockfile, ones in manifests.items() if all(one in files for one in ones)}


def package_ids(name: str, folder: str, lockfile: str) -> list[str]:
    """The ids that a package may have which a folder asks for, the nearest first."""
    below = folder[len(lockfile) - len(NAME) :]
    return [*([f"{lockfile}/{below}/{_MODULES}{name}"] if below else []), f"{lockfile}/{name}"]


def manifests(lockfile: str, text: str) -> list[str]:
    """Paths of every package.json whose needs a lockfile locks, those of npm's workspaces too."""
    return [_manifest(lockfile, path) for path in _packages(text) or {} if _is_own(path)]


def _manifest(lockfile: str, path: str) -> str:
    folder = lockfile[: -len(NAME)]
    return f"{folder}{path}/{MANIFEST}" if path else f"{folder}{MANIFEST}"


def read_package_lock(lockfile: str, text: str) -> dict[str, Node] | None:
    """Read the packages of a lockfile as nodes by id; None when it has another format.

    A node's definition is its version and a digest of all that is locked of it but the address it
    came from. What a package.json asks for is a node, too.

    Args:
        lockfile: its path, which every id begins with.
        text: what it contains.
    """
    packages = _packages(text)
    if packages is None:
        return None

    def node_id(path: str) -> str:
        if _is_own(path):
            return manifest_id(lockfile, _manifest(lockfile, path))
        return f"{lockfile}/{path.removeprefix(_MODULES)}"

    return {
        node_id(path): Node(
            kind=PACKAGE,
            project=None,
            definition="" if _is_own(path) or entry.get("link") else _definition(entry),
            dependencies=tuple(sorted({node_id(one) for one in _needs(path, entry, packages)})),
        )
        for path, entry in packages.items()
    }


def _packages(text: str) -> Mapping[str, Mapping[str, Any]] | None:
    try:
        whole = json.loads(text)
        packages = whole["packages"] if whole["lockfileVersion"] in (2, 3) else None
    except (ValueError, TypeError, KeyError):
        return None
    well = isinstance(packages, dict) and all(isinstance(one, dict) for one in packages.values())
    return packages if well else None


def _is_own(path: str) -> bool:
    """Whether an installed folder is the workspace's own, not what npm put there."""
    return f"/{_MODULES}" not in f"/{path}"


def _definition(entry: Mapping[str, Any]) -> str:
    address = ("resolved",) if "integrity" in entry else ()
    kept = {key: value for key, value in entry.items() if key not in (*_NEEDS, *address)}
    digest = hashlib.sha256(json.dumps(kept, sort_keys=True).encode()).hexdigest()[:8]
    return f"{entry.get('version', 'no version')} ({digest})"


def _needs(
    path: str, entry: Mapping[str, Any], packages: Mapping[str, Mapping[str, Any]]
) -> Iterator[str]:
    """The folders that Node finds what a package needs in: its own first, then each above it."""
    if entry.get("link"):
        if entry.get("resolved") in packages:
            yield entry["resolved"]
        return
    parts = path.split("/") if path else []
    # Node passes over the folders that are called node_modules themselves.
    above = [
        parts[:end] for end in range(len(parts), -1, -1) if parts[end - 1 : end] != [_MODULES[:-1]]
    ]
    for name in {name for kind in _NEEDS for name in entry.get(kind) or {}}:
        folders = ("/".join([*folder, f"{_MODULES}{name}"]) for folder in above)
        found = next((one for one in folders if one in packages), None)
        if found is not None:  # else it is optional, or a peer that nobody has
            yield found
