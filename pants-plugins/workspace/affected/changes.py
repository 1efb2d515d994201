"""What git says changed between two states of the workspace, in the words of this plugin."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_SUBMODULE = "160000"
_NOT_IGNORED = "--exclude-standard"


class CannotKnow(Exception):
    """What changed cannot be known; the message says why, and what would help."""


class GitFailed(Exception):
    """A git command failed; the message is git's own."""


@dataclass(frozen=True)
class Change:
    """One path that is not what it was.

    Attributes:
        path: from the workspace's root; where it is now, or was before it was deleted.
        kind: "added", "modified", "deleted" or "renamed".
        previous: where a renamed file was.
    """

    path: str
    kind: str
    previous: str | None = None

    @property
    def paths(self) -> tuple[str, ...]:
        """Every path whose content differs by this change."""
        return (self.path,) if self.previous is None else (self.path, self.previous)

    def __str__(self) -> str:
        return self.kind if self.previous is None else f"{self.kind} from {self.previous}"

    def as_json(self) -> dict[str, Any]:
        """The change as it stands in JSON."""
        previous = {} if self.previous is None else {"previous": self.previous}
        return {"path": self.path, "kind": self.kind, **previous}


@dataclass(frozen=True)
class Comparison:
    """What is compared, and how it differs.

    Attributes:
        base: the commit that the newer state is compared with: the merge base.
        until: the commit of the newer state, or None for the files as they lie there.
        changes: sorted by path.
    """

    base: str
    until: str | None
    changes: tuple[Change, ...]

    @property
    def paths(self) -> frozenset[str]:
        """Every path whose content differs, appeared or went."""
        return frozenset(path for change in self.changes for path in change.paths)


class Repository:
    """A git checkout, or the part of one below a folder.

    Args:
        folder: the workspace's root, or that of a submodule.
        environment: in which git runs; its PATH finds git.
    """

    def __init__(self, folder: Path, environment: Mapping[str, str]) -> None:
        self.folder = folder
        self._environment = {
            # A hook or an alias may have set GIT_DIR and its kin for another checkout.
            **{key: one for key, one in environment.items() if not key.startswith("GIT_")},
            "GIT_OPTIONAL_LOCKS": "0",
            "LC_ALL": "C",
        }
        self._git = shutil.which("git", path=environment.get("PATH", os.defpath))

    def git(self, *arguments: str, **environment: str) -> str:
        """Run git and return what it printed.

        Raises:
            GitFailed: it said no.
            CannotKnow: there is no git.
        """
        if self._git is None:
            raise CannotKnow("git is not on the PATH.")
        # Files are read as they are, whatever the person's own settings say.
        settings = ("-c", "core.quotePath=false", "-c", "core.fsmonitor=false")
        done = subprocess.run(
            [self._git, "-C", str(self.folder), *settings, *arguments],
            env={**self._environment, **environment},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
            # To fork a daemon with a large graph in memory takes a tenth of a second. With this,
            # a full path and no `cwd`, Python spawns; its own files are closed on exec anyhow.
            close_fds=False,
        )
        if done.returncode:
            raise GitFailed(done.stderr.decode(errors="replace").strip())
        return done.stdout.decode(errors="surrogateescape")

    def commit(self, ref: str) -> str:
        """The full id of the commit that a name means.

        Raises:
            CannotKnow: there is none here.
        """
        try:
            return self.git(
                "rev-parse", "--verify", "--quiet", "--end-of-options", f"{ref}^{{commit}}"
            ).strip()
        except GitFailed as error:
            if not self._is_checkout():
                raise CannotKnow(f"{self.folder} is not a git checkout.") from error
            hint = self._if_shallow() or f"fetch it, or check the spelling of {ref!r}."
            raise CannotKnow(f"There is no commit {ref!r} in this clone; {hint}") from error

    def _is_checkout(self) -> bool:
        try:
            self.git("rev-parse", "--is-inside-work-tree")
        except GitFailed:
            return False
        return True

    def _if_shallow(self) -> str | None:
        shallow = self.git("rev-parse", "--is-shallow-repository").strip() == "true"
        return "the clone is shallow: run `git fetch --unshallow`." if shallow else None

    def merge_base(self, one: str, other: str) -> str:
        """The newest commit that both come from.

        Raises:
            CannotKnow: there is none, or the clone is too shallow to tell.
        """
        try:
            return self.git("merge-base", one, other).split()[0]
        except (GitFailed, IndexError) as error:
            hint = self._if_shallow() or "their histories are unrelated."
            raise CannotKnow(f"{one[:12]} and {other[:12]} have no merge base; {hint}") from error

    def tree(self, commit: str) -> str:
        """The id of what the commit contains, which commits of equal content share."""
        return self.git("rev-parse", f"{commit}^{{tree}}").strip()

    def file_at(self, commit: str, path: str) -> str | None:
        """The content of a file at a commit, or None when it had none."""
        try:
            return self.git("show", f"{commit}:./{path}")
        except GitFailed:
            return None

    def compare(self, since: str, until: str | None = None) -> Comparison:
        """Compare `until`, or the files as they are, with where it left the history of `since`.

        Uncommitted and untracked files count when `until` is None.

        Raises:
            CannotKnow: a commit, their merge base or a submodule's commit is not here.
        """
        tip = self.commit(until or "HEAD")
        base = self.merge_base(self.commit(since), tip)
        changes = self.changes(base, tip if until else None)
        return Comparison(base, tip if until else None, changes)

    def changes(self, base: str, until: str | None) -> tuple[Change, ...]:
        """How the files differ from a commit; those of submodules are named one by one.

        Raises:
            CannotKnow: a commit of a submodule is not here.
        """
        found: dict[str, Change] = {}
        for change in self._differences(base, until):
            found[change.path] = change
        if until is None:
            for path in self._listed("ls-files", "-z", "--others", _NOT_IGNORED):
                # What git forgot but the folder still has was not deleted.
                found[path] = Change(path, "modified" if path in found else "added")
        return tuple(found[path] for path in sorted(found))

    def _listed(self, *arguments: str) -> list[str]:
        return [one for one in self.git(*arguments).split("\0") if one]

    def _differences(self, base: str, until: str | None) -> Iterator[Change]:
        commits = [base] if until is None else [base, until]
        fields = iter(
            self._listed(
                *("diff", "--raw", "-z", "--no-abbrev", "--find-renames", "--relative"),
                *("--no-ext-diff", "--ignore-submodules=none", *commits, "--", "."),
            )
        )
        for header in fields:
            old_mode, new_mode, old, new, status = header.lstrip(":").split()
            path = next(fields)
            if _SUBMODULE in (old_mode, new_mode):
                yield from self._in_submodule(
                    path,
                    old if old_mode == _SUBMODULE else None,
                    new if new_mode == _SUBMODULE else None,
                    worktree=until is None,
                )
                if old_mode != _SUBMODULE and old_mode != "000000":
                    yield Change(path, "deleted")
                if new_mode != _SUBMODULE and new_mode != "000000":
                    yield Change(path, "added")
            elif status[0] in "RC":
                renamed = next(fields)
                yield (
                    Change(renamed, "renamed", path)
                    if status[0] == "R"
                    else Change(renamed, "added")
                )
            else:
                kind = {"A": "added", "D": "deleted"}.get(status[0], "modified")
                yield Change(path, kind)

    def _in_submodule(
        self, path: str, old: str | None, new: str | None, *, worktree: bool
    ) -> Iterator[Change]:
        module = self.submodule(path)
        if module is None:
            raise CannotKnow(
                f"The submodule {path} changed and is not checked out; "
                "run `git submodule update --init`."
            )
        try:
            if old is None and worktree:
                changes = module._all("added", "ls-files", "--cached", "--others", _NOT_IGNORED)
            elif old is None:
                changes = module._all("added", "ls-tree", "-r", "--name-only", new or "HEAD")
            elif new is None:
                changes = module._all("deleted", "ls-tree", "-r", "--name-only", old)
            else:
                changes = module.changes(old, None if worktree else new)
        except GitFailed as error:
            raise CannotKnow(
                f"The submodule {path} lacks a commit that is compared; "
                f"run `git -C {path} fetch` ({error})."
            ) from error
        for change in changes:
            yield Change(
                f"{path}/{change.path}",
                change.kind,
                f"{path}/{change.previous}" if change.previous else None,
            )

    def _all(self, kind: str, command: str, *arguments: str) -> tuple[Change, ...]:
        return tuple(Change(path, kind) for path in self._listed(command, "-z", *arguments))

    def submodule(self, path: str) -> Repository | None:
        """The checkout of a submodule, or None when it is not checked out."""
        folder = self.folder / path
        if not (folder / ".git").exists():
            return None
        return Repository(folder, self._environment)

    def write_tree(self, commit: str, into: Path, scratch: Path) -> None:
        """Write every file of a commit, submodules and all, into a folder.

        Args:
            commit: which one.
            into: where to; made when it is not there.
            scratch: an empty folder for git's own needs.

        Raises:
            CannotKnow: a commit of a submodule is not here.
        """
        into.mkdir(parents=True, exist_ok=True)
        scratch.mkdir(parents=True, exist_ok=True)
        index = {"GIT_INDEX_FILE": str(scratch / "index")}
        top = Repository(
            Path(self.git("rev-parse", "--show-toplevel").rstrip("\n")), self._environment
        )
        try:
            top.git("read-tree", commit, **index)
            top.git("checkout-index", "--all", "--quiet", f"--prefix={into}/", **index)
        except GitFailed as error:
            raise CannotKnow(f"The files of {commit[:12]} cannot be read: {error}") from error
        for number, line in enumerate(top._listed("ls-tree", "-rz", commit)):
            header, _, path = line.partition("\t")
            mode, _, object_id = header.split()
            module = top.submodule(path) if mode == _SUBMODULE else None
            if module is not None:
                module.write_tree(object_id, into / path, scratch / str(number))
