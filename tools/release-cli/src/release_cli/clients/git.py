"""The repository: its commits with their patch sets, its tags, its name."""

import os
import re
import secrets
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from release_cli.errors import ReleaseCliError

_SHA_DIGITS = 12
# What a hook or an alias may have set for another checkout.
_ELSEWHERE = frozenset(
    ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_COMMON_DIR", "GIT_PREFIX")
)
Change = Literal["A", "M", "D"]


class GitFailed(ReleaseCliError):
    """Git cannot say or do what is needed."""

    kind = "git-failed"


@dataclass(frozen=True, slots=True)
class PatchedFile:
    """What a commit did to a file: A(dded), M(odified) or D(eleted)."""

    path: str
    type: Change


@dataclass(frozen=True, slots=True)
class Commit:
    """A commit, with what it changed against its first parent.

    Attributes:
        sha: 40 hexadecimal digits.
        parents: theirs; a merge has more than one, the first commit has none.
        at: when it was committed.
    """

    sha: str
    parents: tuple[str, ...]
    author_name: str
    author_email: str
    at: datetime
    message: str
    files: tuple[PatchedFile, ...]

    @property
    def subject(self) -> str:
        """The first line of its message."""
        return self.message.partition("\n")[0]


class Repository:
    """A checkout.

    Args:
        folder: anything inside it; the root is found.

    Raises:
        GitFailed: it is no checkout, or there is no git.
    """

    def __init__(self, folder: Path) -> None:
        self.root = folder
        try:
            self.root = Path(self._git("rev-parse", "--show-toplevel").rstrip("\n"))
        except GitFailed as error:
            if "not a git repository" not in error.what:
                raise
            raise GitFailed(f"{folder} is in no checkout.", "Run this in the workspace.") from None

    @property
    def head(self) -> str:
        """The commit that is checked out."""
        return self._git("rev-parse", "HEAD").strip()

    @property
    def is_dirty(self) -> bool:
        """Whether files differ from the commit, untracked ones included."""
        return bool(self._git("status", "--porcelain"))

    def resolve(self, name: str) -> str:
        """The commit that a name stands for.

        Raises:
            GitFailed: there is none.
        """
        return self._git("rev-parse", "--verify", "--quiet", f"{name}^{{commit}}").strip()

    def has(self, name: str) -> bool:
        """Whether a name stands for a commit."""
        try:
            self.resolve(name)
        except GitFailed:
            return False
        return True

    def tags(self) -> dict[str, str]:
        """The commits of all tags in the history of what is checked out, by the tags' names."""
        lines = self._git(
            *("for-each-ref", "--merged", "HEAD", "refs/tags"),
            "--format=%(refname:strip=2) %(objectname) %(*objectname)",
        ).splitlines()
        found = (line.split(" ") for line in lines)
        return {name: target or tag for name, tag, target in found}

    def commits(self, base: str | None, tip: str, *, limit: int | None = None) -> list[Commit]:
        """The commits of `base..tip`, newest first, with their patch sets.

        Args:
            base: where to begin, itself left out; None is the beginning of history.
            tip: the newest.
            limit: the most that are returned, the newest ones.
        """
        # A message may hold any character, so what separates is made up anew.
        field, record = (secrets.token_hex(8) for _ in range(2))
        text = self._git(
            *("log", "--topo-order", "--no-renames", "--raw", "-z", "--no-abbrev", "--root"),
            "--diff-merges=first-parent",
            "--format=" + record + field.join(("%H", "%P", "%an", "%ae", "%ct", "%B", "")),
            *(() if limit is None else (f"--max-count={limit}",)),
            tip if base is None else f"{base}..{tip}",
        )
        return [_commit(one.split(field)) for one in text.split(record)[1:]]

    def file_at(self, commit: str, path: str) -> str:
        """The content of a file at a commit."""
        return self._git("show", f"{commit}:{path}")

    def files_added(self, base: str | None, tip: str, folder: str) -> list[str]:
        """The files in a folder at `tip` that `base` did not have as they are; all without base."""
        if base is None:
            listed = self._git("ls-tree", "-r", "-z", "--name-only", tip, "--", f"{folder}/")
        else:
            listed = self._git(
                *("diff", "--name-only", "-z", "--no-renames", "--diff-filter=AM"),
                *(base, tip, "--", f"{folder}/"),
            )
        return sorted(path for path in listed.split("\0") if path)

    def name(self) -> str:
        """What Sentry calls the repository: `owner/name` of its origin, else the folder's name."""
        try:
            url = self._git("remote", "get-url", "origin").strip()
        except GitFailed:
            return self.root.name
        match = re.search(r"([^/:]+/[^/]+?)(?:\.git)?/?$", url)
        return match.group(1) if match else self.root.name

    def tag(self, tags: Mapping[str, str]) -> None:
        """Name commits, all of them or none; the same again changes nothing.

        Args:
            tags: commits by the names they get.

        Raises:
            GitFailed: another commit has one of the names.
        """
        lines = [f"create refs/tags/{name} {commit}\n" for name, commit in tags.items()]
        try:
            self._git("update-ref", "--stdin", given="".join(lines))
        except GitFailed:
            there = self.tags()
            if any(there.get(name) != commit for name, commit in tags.items()):
                raise

    def push_tags(self, names: Iterable[str], remote: str) -> None:
        """Send tags to a remote."""
        self._git("push", "--quiet", remote, *(f"refs/tags/{name}" for name in names))

    def _git(self, *arguments: str, given: str = "") -> str:
        environment = {k: v for k, v in os.environ.items() if k not in _ELSEWHERE}
        try:
            done = subprocess.run(
                ["git", "-c", "core.quotePath=false", *arguments],
                cwd=self.root,
                env={**environment, "LC_ALL": "C", "GIT_OPTIONAL_LOCKS": "0"},
                input=given.encode(),
                capture_output=True,
                check=False,
            )
        except FileNotFoundError as error:
            raise GitFailed("git is not on the PATH.", "Install git.") from error
        if done.returncode:
            said = done.stderr.decode(errors="replace").strip().splitlines() or ["it said nothing"]
            raise GitFailed(
                f"git {arguments[0]} failed: {said[-1]}.", f"Look at the checkout {self.root}."
            )
        return done.stdout.decode(errors="replace")


def short(sha: str) -> str:
    """A commit's id as it stands in a release's name."""
    return sha[:_SHA_DIGITS]


def _commit(fields: list[str]) -> Commit:
    sha, parents, name, email, at, message, files = fields
    return Commit(
        sha,
        tuple(parents.split()),
        name,
        email,
        datetime.fromtimestamp(int(at), UTC),
        message.strip("\n"),
        tuple(_files(files)),
    )


def _files(raw: str) -> Iterator[PatchedFile]:
    fields = iter(raw.strip("\n").split("\0"))
    for field in fields:
        header = field.strip("\n")
        if not header.startswith(":"):
            continue
        letter = header.split(" ")[-1][:1]
        # A change of type (T) is a change of content to Sentry, which knows three letters.
        yield PatchedFile(next(fields), {"A": "A", "D": "D"}.get(letter, "M"))  # type: ignore[arg-type]
