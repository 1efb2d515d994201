"""The checkout: what git says of its commits and files, asked without blocking the loop.

What cannot change is remembered: who changed a line as of a commit, how far one commit is from
another. HEAD, names and the files that lie there are looked at each time.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path

from kijko_mcp.errors import CheckoutUnreadable
from kijko_mcp.remembering import Remembered
from kijko_mcp.workspace.commits import LocalCommit, commit_of
from kijko_mcp.workspace.objects import Objects
from kijko_mcp.workspace.running import git

_FIELD = "\x1f"
_REVISION = re.compile(r"[0-9a-f]{7,40}")
_LARGEST_FILE = 4 * 1024 * 1024
_LINES, _DISTANCES = 2048, 2048  # how many are remembered


@dataclass(frozen=True)
class Tracked:
    """The files that git knows, as the index lists them."""

    paths: tuple[str, ...] = ()

    @cached_property
    def known(self) -> frozenset[str]:
        """The same, to look one up."""
        return frozenset(self.paths)


class Checkout:
    """A working copy. All paths are from its root, with slashes.

    Args:
        root: the folder that `git rev-parse --show-toplevel` names.
        index: where git keeps the list of its files.
        shallow: the file that is there when the history is cut off.
    """

    def __init__(self, root: Path, index: Path, shallow: Path) -> None:
        self.root = root
        self._index = index
        self._shallow = shallow
        self._objects = Objects(root, _LARGEST_FILE)
        self._tracked: tuple[tuple[int, int, int], Tracked] | None = None
        self._lines: Remembered[tuple[str, str, int], str] = Remembered(_LINES)
        self._distances: Remembered[tuple[str, str, bool], int | None] = Remembered(_DISTANCES)

    @classmethod
    async def find(cls, folder: Path) -> "Checkout | None":
        """The checkout a folder is in, or None where there is none."""
        try:
            said = await git(
                folder, "rev-parse", "--show-toplevel", "--git-path", "index", "--git-path",
                "shallow",
            )  # fmt: skip
        except CheckoutUnreadable:
            return None
        root, index, shallow = said.rstrip("\n").rsplit("\n", 2)
        return cls(Path(root), folder / index, folder / shallow)

    async def aclose(self) -> None:
        """Ends the git that stays."""
        await self._objects.close()

    async def head(self) -> str:
        """The commit that is checked out."""
        found = await self._objects.read("HEAD^{commit}")
        if found is not None:
            return found.id
        # A git of its own says what is wrong.
        return (await self._git("rev-parse", "--verify", "HEAD^{commit}")).strip()

    async def has(self, revision: str) -> bool:
        """Whether a commit id is one of this repository."""
        return await self.whole(revision) is not None

    async def whole(self, revision: str) -> str | None:
        """The whole id of a commit id; None where it is none of this repository."""
        if not _REVISION.fullmatch(revision):
            return None
        found = await self._objects.read(f"{revision}^{{commit}}")
        return found.id if found is not None else None

    async def distance(self, older: str, newer: str | None = None) -> int | None:
        """How many commits `newer` (HEAD) has on top of `older`; None when that is no ancestor."""
        first = await self.whole(older)
        last = await self.head() if newer is None else await self.whole(newer)
        if first is None or last is None:
            return None

        async def count() -> int | None:
            said = await self._git("rev-list", "--count", "--left-right", f"{first}...{last}")
            before, after = map(int, said.split())
            return after if before == 0 else None

        # Where history is cut off, what is no ancestor may become one.
        key = (first, last, self._shallow.exists())
        try:
            return await self._distances.get(key, count)
        except (CheckoutUnreadable, ValueError):
            return None

    async def files(self) -> tuple[str, ...]:
        """The files that git knows."""
        return (await self.tracked()).paths

    async def tracked(self) -> Tracked:
        """The files that git knows; listed again when the index is another."""
        state = _state(self._index)
        if self._tracked is None or state is None or self._tracked[0] != state:
            listed = await self._git("ls-files", "-z")
            found = Tracked(tuple(path for path in listed.split("\0") if path))
            self._tracked = (state or (0, 0, 0), found)
        return self._tracked[1]

    async def changed(self) -> tuple[tuple[str, tuple[int, int, int] | None], ...]:
        """The files that are not as in the commit that is checked out, with their state on disk.

        Raises:
            CheckoutUnreadable: git cannot say.
        """
        said = await self._git(
            "status", "--porcelain", "-z", "--untracked-files=all", "--no-renames"
        )
        paths = [record[3:] for record in said.split("\0") if record]
        return tuple((path, _state(self.root / path)) for path in paths)

    async def text_at(self, revision: str, path: str) -> str | None:
        """A file's text at a commit; None when it is not there."""
        found = await self._objects.read(f"{revision}:{path}")
        if found is None or found.kind != "blob":
            return None
        return found.content.decode("utf-8", errors="replace")

    def text_now(self, path: str) -> str | None:
        """A file's text as it lies there; None when there is none, or it is outside or huge."""
        file = (self.root / path).resolve()
        if not file.is_relative_to(self.root.resolve()):
            return None
        try:
            if file.stat().st_size > _LARGEST_FILE:
                return None
            return file.read_text(encoding="utf-8", errors="replace")
        except OSError:
            return None

    async def last_change(self, path: str, line: int, revision: str) -> LocalCommit | None:
        """The commit that last changed a line, as of a revision."""
        whole = await self.whole(revision)
        if whole is None:
            return None

        async def blame() -> str:
            said = await self._git(
                "blame", "--porcelain", "-L", f"{line},{line}", whole, "--", path
            )
            return said.split(" ", 1)[0]

        try:
            return await self.commit(await self._lines.get((whole, path, line), blame))
        except CheckoutUnreadable:
            return None

    async def commit(self, revision: str) -> LocalCommit | None:
        """A commit; None when it is not here."""
        found = await self._objects.read(f"{revision}^{{commit}}")
        return commit_of(found.id, found.content) if found is not None else None

    async def log(self, *arguments: str) -> list[LocalCommit]:
        """Commits, as `git log` finds them; none where it finds nothing."""
        fields = _FIELD.join(("%H", "%an", "%ct", "%s"))
        try:
            said = await self._git("log", f"--format={fields}", *arguments)
        except CheckoutUnreadable:
            return []
        found = []
        for record in said.splitlines():
            sha, author, at, subject = record.split(_FIELD, 3)
            found.append(LocalCommit(sha, author, datetime.fromtimestamp(int(at), UTC), subject))
        return found

    async def tags(self) -> list[str]:
        """The tags in the history of what is checked out, the newest first."""
        try:
            said = await self._git(
                *("for-each-ref", "--merged", "HEAD", "--sort=-creatordate"),
                *("--format=%(refname:strip=2)", "refs/tags"),
            )
        except CheckoutUnreadable:
            return []
        return said.split()

    async def _git(self, *arguments: str) -> str:
        return await git(self.root, *arguments)


def _state(file: Path) -> tuple[int, int, int] | None:
    """What differs once a file was written anew; None where it is not there."""
    try:
        found = file.stat()
    except OSError:
        return None
    return (found.st_ino, found.st_mtime_ns, found.st_size)
