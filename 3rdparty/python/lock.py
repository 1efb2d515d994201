"""Writes the lockfiles (`./pants lock`) and says whether they are current with their inputs.

A lockfile is a requirements file with hashes and without addresses, as `uv pip compile --universal`
writes it, under a first line that carries a digest of its inputs. So it works behind any index, a
diff shows which package moved, and whether it is current can be told without a network.
"""

from __future__ import annotations

import argparse
import hashlib
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

HEADER = "# Written by ./pants lock; do not edit. Inputs: sha256:"


@dataclass(frozen=True)
class Resolve:
    """One set of packages that agree with each other.

    Attributes:
        stem: path of its files from the workspace's root, without `.txt` and `.lock`.
        python: the oldest Python it must work on.
    """

    stem: str
    python: str

    @property
    def name(self) -> str:
        """What `./pants lock NAME` calls it."""
        return self.stem.rsplit("/", 1)[-1]

    def input(self, root: Path) -> Path:
        """The file a person edits."""
        return root / f"{self.stem}.txt"

    def lockfile(self, root: Path) -> Path:
        """The file this tool writes."""
        return root / f"{self.stem}.lock"


RESOLVES = (
    Resolve("3rdparty/python/product", "3.11"),
    Resolve("3rdparty/python/pytest", "3.9"),
    Resolve("3rdparty/python/tools", "3.11"),
    Resolve("3rdparty/python/pants-plugins", "3.9"),
    Resolve("3rdparty/python/remote-cache", "3.11"),
    Resolve("3rdparty/python/launcher/pants", "3.9"),
    Resolve("3rdparty/python/launcher/pex", "3.9"),
    Resolve("tools/devstack/src/devstack/comfyui/comfyui", "3.11"),
)


def requirements(text: str) -> list[Requirement]:
    """The direct requirements in an input file.

    Raises:
        packaging.requirements.InvalidRequirement: a line is none.
    """
    lines = (re.sub(r"(^|\s)#.*", "", line).strip() for line in text.splitlines())
    return [Requirement(line) for line in lines if line]


def digest(resolve: Resolve, text: str) -> str:
    """A digest of what decides a lockfile: the requirements and the Python, not the comments."""
    lines = [resolve.python, *sorted(str(requirement) for requirement in requirements(text))]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def pins(lockfile: str) -> dict[str, set[Version]]:
    """Each locked package's versions (several where Pythons or platforms differ)."""
    found: dict[str, set[Version]] = {}
    for name, version in re.findall(r"^([A-Za-z0-9._-]+)==([^\s;\\]+)", lockfile, re.MULTILINE):
        found.setdefault(canonicalize_name(name), set()).add(Version(version))
    return found


def problems(resolve: Resolve, root: Path) -> list[str]:
    """What is wrong with a lockfile, a sentence each; empty when it is current."""
    lockfile = resolve.lockfile(root)
    if not lockfile.exists():
        return [f"{resolve.stem}.lock is missing."]
    text, wanted = lockfile.read_text(), resolve.input(root).read_text()
    found = []
    if text.partition("\n")[0] != HEADER + digest(resolve, wanted):
        found.append(f"{resolve.stem}.lock is older than {resolve.stem}.txt.")
    locked = pins(text)
    for requirement in requirements(wanted):
        versions = locked.get(canonicalize_name(requirement.name), set())
        if not versions:
            found.append(f"{resolve.stem}.lock lacks {requirement.name}.")
        found += [
            f"{resolve.stem}.lock has {requirement.name} {version}, not {requirement.specifier}."
            for version in versions
            if not requirement.specifier.contains(version, prereleases=True)
        ]
    for block in re.split(r"\n(?=[A-Za-z0-9])", text)[1:]:
        if "--hash=sha256:" not in block:
            found.append(f"{resolve.stem}.lock has no hash for {block.split()[0]}.")
    if re.search(r"https?://|^-i |--index-url|--find-links", text, re.MULTILINE):
        found.append(
            f"{resolve.stem}.lock names an address; lockfiles name versions and hashes only."
        )
    return found


def write(resolve: Resolve, root: Path, upgrade: list[str]) -> None:
    """Resolve and write one lockfile, keeping locked versions where they still serve.

    Args:
        resolve: what to lock.
        root: the workspace.
        upgrade: options for uv that let versions move.

    Raises:
        subprocess.CalledProcessError: uv could not resolve; it has said why.
    """
    lockfile = resolve.lockfile(root)
    uv = Path(sys.executable).with_name("uv")
    command = [
        str(uv),
        "pip",
        "compile",
        "--quiet",
        "--universal",
        "--generate-hashes",
        "--no-header",
    ]
    command += ["--no-emit-index-url", "--no-emit-find-links", "--python-version", resolve.python]
    command += [*upgrade, "--output-file", f"{resolve.stem}.lock", f"{resolve.stem}.txt"]
    subprocess.run(command, cwd=root, check=True)
    body = lockfile.read_text()
    if body.startswith(HEADER):  # uv carries a leading comment over
        body = body.partition("\n")[2]
    header = HEADER + digest(resolve, resolve.input(root).read_text())
    lockfile.write_text(f"{header}\n{body}")


def main() -> int:
    """Run the command line; returns the exit code."""
    parser = argparse.ArgumentParser(prog="./pants lock", description="Write the lockfiles.")
    names = [resolve.name for resolve in RESOLVES]
    parser.add_argument("resolve", nargs="*", help=f"which ones; all if none: {', '.join(names)}")
    parser.add_argument(
        "--check", action="store_true", help="write nothing; exit 1 if one is not current"
    )
    parser.add_argument(
        "--upgrade", action="store_true", help="move every package to its newest version"
    )
    parser.add_argument(
        "--upgrade-package", action="append", default=[], metavar="NAME", help="move one package"
    )
    arguments = parser.parse_args()
    if unknown := sorted(set(arguments.resolve) - set(names)):
        parser.error(f"no resolve is called {', '.join(unknown)}; there are: {', '.join(names)}")
    root = Path.cwd()
    if not (root / "pants.toml").exists():
        parser.error("run it as ./pants lock, from the workspace")
    upgrade = ["--upgrade"] if arguments.upgrade else []
    upgrade += [f"--upgrade-package={name}" for name in arguments.upgrade_package]
    failed = False
    for resolve in RESOLVES:
        if arguments.resolve and resolve.name not in arguments.resolve:
            continue
        if not arguments.check:
            try:
                write(resolve, root, upgrade)
            except subprocess.CalledProcessError:
                failed = True
                continue
        for problem in problems(resolve, root):
            failed = True
            print(problem, file=sys.stderr)
    if failed and arguments.check:
        print("Run ./pants lock and commit what it writes.", file=sys.stderr)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
