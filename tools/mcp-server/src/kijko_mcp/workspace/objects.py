"""One git that stays and reads objects: a process for each would cost more than all the rest.

Source: https://git-scm.com/docs/git-cat-file#_batch_output. Names are looked up anew each time, so
that a commit, a checkout or a fetch in between is seen.
"""

import asyncio
import contextlib
import re
from dataclasses import dataclass
from pathlib import Path

from kijko_mcp.errors import CheckoutUnreadable
from kijko_mcp.workspace.running import GIT, GIT_DEADLINE, git_environment

_TRIES = 2  # a git that somebody killed is started again, once
_PIECE = 64 * 1024
_FOUND = re.compile(r"(?P<id>[0-9a-f]{40,64}) (?P<kind>commit|tree|blob|tag) (?P<size>\d+)")


@dataclass(frozen=True, slots=True)
class GitObject:
    """An object of the repository: its whole id, what it is, its content."""

    id: str
    kind: str
    content: bytes


class Objects:
    """The objects of one repository; used by many calls at once, one after another.

    Args:
        root: the checkout.
        largest: bytes; what is larger counts as not there.
    """

    def __init__(self, root: Path, largest: int) -> None:
        self._root = root
        self._largest = largest
        self._turn = asyncio.Lock()
        self._process: asyncio.subprocess.Process | None = None
        self._place: tuple[int, int] | None = None  # the folder that the process works in

    async def read(self, name: str) -> GitObject | None:
        """What a name stands for: ``HEAD^{commit}``, ``2f41c09:path``; None where it is nothing.

        Raises:
            CheckoutUnreadable: git cannot be started, or does not answer.
        """
        if "\n" in name or not name:
            return None
        async with self._turn:
            for _ in range(_TRIES):
                process = await self._running()
                try:
                    async with asyncio.timeout(GIT_DEADLINE):
                        return await self._asked(process, name)
                except TimeoutError:
                    await self._end()
                    raise CheckoutUnreadable(
                        f"git took longer than {GIT_DEADLINE:.0f} s.", "Look at the checkout."
                    ) from None
                except (ConnectionError, asyncio.IncompleteReadError):
                    await self._end()
                except BaseException:
                    # Half of an answer is still to come, which the next one would take for its own.
                    await self._end()
                    raise
        raise CheckoutUnreadable("git ends before it answers.", "Look at the checkout.")

    async def close(self) -> None:
        """Ends the process; it is started again when something is asked."""
        async with self._turn:
            await self._end()

    async def _asked(self, process: asyncio.subprocess.Process, name: str) -> GitObject | None:
        given, answers = process.stdin, process.stdout
        if given is None or answers is None:
            raise ConnectionError
        given.write(f"{name}\n".encode())
        await given.drain()
        head = (await answers.readuntil(b"\n")).decode(errors="replace").rstrip("\n")
        found = _FOUND.fullmatch(head)
        if found is None:
            return None  # `<name> missing`, `<name> ambiguous`
        content = await _taken(answers, int(found["size"]), self._largest)
        return None if content is None else GitObject(found["id"], found["kind"], content)

    async def _running(self) -> asyncio.subprocess.Process:
        place = _identity(self._root)  # another folder may have taken its name
        if self._process is not None and self._process.returncode is None and place == self._place:
            return self._process
        await self._end()
        self._place = place
        try:
            self._process = await asyncio.create_subprocess_exec(
                *GIT, "cat-file", "--batch",
                cwd=self._root,
                env=git_environment(),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.DEVNULL,
            )  # fmt: skip
        except OSError as error:
            raise CheckoutUnreadable(
                f"git cannot be started: {error.strerror}.", "Install git."
            ) from error
        return self._process

    async def _end(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        if process.stdin is not None:
            process.stdin.close()
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
        # What it had still to say is read and dropped: until then it does not count as ended.
        await asyncio.shield(process.communicate())


def _identity(folder: Path) -> tuple[int, int] | None:
    try:
        found = folder.stat()
    except OSError:
        return None
    return (found.st_dev, found.st_ino)


async def _taken(answers: asyncio.StreamReader, size: int, largest: int) -> bytes | None:
    """The next bytes and the line's end behind them; None, read all the same, when too many."""
    if size <= largest:
        return (await answers.readexactly(size + 1))[:-1]
    left = size + 1
    while left:
        left -= len(await answers.readexactly(min(left, _PIECE)))
    return None
