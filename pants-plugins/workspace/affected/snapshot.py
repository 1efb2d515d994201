"""The workspace's graph as it was at another commit.

What targets a commit had and what they depended on, only Pants can say, and Pants looks at a
folder. So the commit's files are written to one, the same Pants with the same plugins maps it, and
the map is kept under the id of the commit's tree: made once, and never out of date.
"""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workspace.affected.changes import CannotKnow, Repository
from workspace.graph import Graph, Node

KEPT = 50  # maps; each is about 100 bytes for every target


@dataclass(frozen=True)
class Snapshot:
    """The graph of a workspace, with the reason for each of its edges.

    Attributes:
        graph: all targets, packages and tools.
        lockfiles: their paths by resolve.
        reasons: why one target depends on another, by their two addresses.
    """

    graph: Graph
    lockfiles: Mapping[str, str]
    reasons: Mapping[tuple[str, str], str]

    def dump(self) -> str:
        """The snapshot as text."""
        nodes = {
            key: [one.kind, one.project, one.definition, one.files, one.dependencies, one.tests]
            for key, one in sorted(self.graph.nodes.items())
        }
        reasons = [[*edge, reason] for edge, reason in sorted(self.reasons.items())]
        whole = {"nodes": nodes, "lockfiles": dict(self.lockfiles), "reasons": reasons}
        return json.dumps(whole, separators=(",", ":"))

    def write(self, file: Path) -> None:
        """Write the snapshot to a file."""
        file.write_text(self.dump())

    @classmethod
    def load(cls, text: str) -> Snapshot:
        """The snapshot that a text holds.

        Raises:
            ValueError, TypeError, KeyError: it holds none.
        """
        whole: dict[str, Any] = json.loads(text)
        nodes = {
            key: Node(kind, project, definition, tuple(files), tuple(dependencies), tests)
            for key, (kind, project, definition, files, dependencies, tests) in whole[
                "nodes"
            ].items()
        }
        reasons = {(one, other): reason for one, other, reason in whole["reasons"]}
        return cls(Graph(nodes), whole["lockfiles"], reasons)


class SnapshotCache:
    """Snapshots in files, one for each tree and version of this plugin.

    Args:
        folder: where they are; made when needed.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def get(self, tree: str, make: Callable[[], str]) -> Snapshot:
        """The snapshot of a tree, made when it is not there yet.

        Args:
            tree: its id in git.
            make: makes the snapshot's text.
        """
        file = self._folder / f"{tree}-{_version()}.json"
        try:
            return Snapshot.load(file.read_text())
        except (OSError, ValueError, TypeError, KeyError):
            text = make()
        self._folder.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile("w", dir=self._folder, delete=False) as partial:
            partial.write(text)
        Path(partial.name).replace(file)
        for old in sorted(self._folder.iterdir(), key=lambda one: -one.stat().st_mtime)[KEPT:]:
            old.unlink()
        return Snapshot.load(text)


def _version() -> str:
    """A digest of the code that decides what a snapshot holds: all of this plugin."""
    digest = hashlib.sha256()
    for source in sorted(Path(__file__).parent.parent.glob("**/*.py")):
        digest.update(source.read_bytes())
    return digest.hexdigest()[:12]


@contextmanager
def files_of_commit(repository: Repository, commit: str) -> Iterator[Path]:
    """The workspace's files at a commit, in a folder that goes away afterwards.

    Raises:
        CannotKnow: git cannot write them.
    """
    with tempfile.TemporaryDirectory(prefix="workspace-") as scratch:
        top = Path(scratch).resolve() / "files"
        repository.write_tree(commit, top, Path(scratch) / "index")
        below = repository.git("rev-parse", "--show-prefix").rstrip("\n")
        yield top / below


def map_files(folder: Path, environment: Mapping[str, str]) -> str:
    """Have Pants map a folder, and return the snapshot's text.

    Raises:
        CannotKnow: Pants cannot.
    """
    output = folder.parent / "snapshot.json"
    done = subprocess.run(
        [
            *(sys.executable, "-I", "-m", "pants"),
            *("--no-pantsd", "--no-dynamic-ui", "--level=warn"),
            *("workspace-snapshot", f"--output={output}"),
        ],
        cwd=folder,
        env=dict(environment),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
    )
    if done.returncode or not output.exists():
        raise CannotKnow(
            f"Pants cannot read the workspace as it was then: {_complaint(done.stdout)}"
        )
    return output.read_text()


def _complaint(output: bytes) -> str:
    """The line in which Pants names an error, or the last one where it names none."""
    lines = [one for one in output.decode(errors="replace").splitlines() if one.strip()]
    named = [one for one in lines if re.match(r"[\w.]*(Error|Exception|Violation)\b: ", one)]
    return next(iter([*named, *lines[-1:]]), "no word").strip()
