"""The checkout: what git says of its commits and files, asked without blocking the loop."""

import asyncio
import contextlib
import os
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from kijko_mcp.errors import CheckoutUnreadable

_DEADLINE = 20.0
_FIELD = "\x1f"
_REVISION = re.compile(r"[0-9a-f]{7,40}")
_LARGEST_FILE = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class LocalCommit:
    """A commit of this checkout."""

    sha: str
    author: str
    at: datetime
    subject: str

    @property
    def short(self) -> str:
        """Its id as people write it."""
        return self.sha[:10]


class Checkout:
    """A working copy. All paths are from its root, with slashes.

    Args:
        root: the folder that `git rev-parse --show-toplevel` names.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self._files: tuple[str, tuple[str, ...]] | None = None

    @classmethod
    async def find(cls, folder: Path) -> "Checkout | None":
        """The checkout a folder is in, or None where there is none."""
        try:
            root = await _git(folder, "rev-parse", "--show-toplevel")
        except CheckoutUnreadable:
            return None
        return cls(Path(root.rstrip("\n")))

    async def head(self) -> str:
        """The commit that is checked out."""
        return (await self._git("rev-parse", "HEAD")).strip()

    async def has(self, revision: str) -> bool:
        """Whether a commit id is one of this repository."""
        if not _REVISION.fullmatch(revision):
            return False
        try:
            await self._git("cat-file", "-e", f"{revision}^{{commit}}")
        except CheckoutUnreadable:
            return False
        return True

    async def distance(self, older: str, newer: str = "HEAD") -> int | None:
        """How many commits `newer` has on top of `older`; None when `older` is no ancestor."""
        try:
            await self._git("merge-base", "--is-ancestor", older, newer)
            return int(await self._git("rev-list", "--count", f"{older}..{newer}"))
        except (CheckoutUnreadable, ValueError):
            return None

    async def files(self) -> tuple[str, ...]:
        """The files that git knows, of the commit that is checked out."""
        head = await self.head()
        if self._files is None or self._files[0] != head:
            listed = await self._git("ls-files", "-z")
            self._files = (head, tuple(path for path in listed.split("\0") if path))
        return self._files[1]

    async def text_at(self, revision: str, path: str) -> str | None:
        """A file's text at a commit; None when it is not there."""
        try:
            return await self._git("show", f"{revision}:{path}")
        except CheckoutUnreadable:
            return None

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
        try:
            said = await self._git(
                *("blame", "--porcelain", "-L", f"{line},{line}", revision, "--", path)
            )
        except CheckoutUnreadable:
            return None
        return await self.commit(said.split(" ", 1)[0])

    async def commit(self, revision: str) -> LocalCommit | None:
        """A commit; None when it is not here."""
        found = await self.log("--max-count=1", revision)
        return found[0] if found else None

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
        return await _git(self.root, *arguments)


async def _git(folder: Path, *arguments: str) -> str:
    inherited = {k: v for k, v in os.environ.items() if not k.startswith(("GIT_DIR", "SENTRY_"))}
    said = await run(
        ["git", "-c", "core.quotePath=false", *arguments],
        folder,
        {**inherited, "LC_ALL": "C", "GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0"},
        _DEADLINE,
    )
    return said.decode(errors="replace")


async def run(
    command: list[str], folder: Path, environment: dict[str, str], deadline: float
) -> bytes:
    """What a program printed.

    Raises:
        CheckoutUnreadable: it is not there, failed, or took longer than `deadline` seconds.
    """
    try:
        process = await asyncio.create_subprocess_exec(
            *command,
            cwd=folder,
            env=environment,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
    except OSError as error:
        raise CheckoutUnreadable(
            f"{command[0]} cannot be started: {error.strerror}.", f"Install {command[0]}."
        ) from error
    try:
        async with asyncio.timeout(deadline):
            out, complaint = await process.communicate()
    except TimeoutError:
        raise CheckoutUnreadable(
            f"{command[0]} took longer than {deadline:.0f} s.", "Try again, or ask for less."
        ) from None
    finally:
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await asyncio.shield(process.wait())
    if process.returncode:
        said = complaint.decode(errors="replace").strip().splitlines() or ["it said nothing"]
        raise CheckoutUnreadable(
            f"{' '.join(command[:1] + command[3:4])} failed: {said[-1][:200]}.",
            "Look at the checkout.",
        )
    return out
