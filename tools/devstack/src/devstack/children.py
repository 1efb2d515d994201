"""Programs started by this process, none of which outlives it, however it ends."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Coroutine, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from devstack import leash
from devstack.errors import ChildEndedError

_SECONDS_TO_START = 20.0
_SECONDS_BEYOND_GRACE = 8.0
_TAIL_BYTES = 4000


@dataclass(frozen=True)
class Child:
    """A running program: its process id, and the file its output goes to."""

    name: str
    pid: int
    log: Path
    _leash: asyncio.subprocess.Process = field(repr=False)
    _log_start: int = field(repr=False)
    _grace: float = field(repr=False)

    @property
    def has_ended(self) -> bool:
        """Whether the program and everything below it is gone."""
        return self._leash.returncode is not None

    async def wait(self) -> int:
        """Wait for the end and return the exit status, 128 + N where signal N ended it."""
        return await self._leash.wait()

    async def stop(self) -> None:
        """Send SIGTERM, then SIGKILL after the grace, and return when all below it is gone."""
        if self._leash.stdin is not None:
            self._leash.stdin.close()
        try:
            async with asyncio.timeout(self._grace + _SECONDS_BEYOND_GRACE):
                await self._leash.wait()
        except TimeoutError:
            self._leash.kill()
            await self._leash.wait()

    def output(self) -> str:
        """Everything this program has written since it was started."""
        with suppress(FileNotFoundError), self.log.open("rb") as log:
            log.seek(self._log_start)
            return log.read().decode(errors="replace")
        return ""

    def ended_error(self) -> ChildEndedError:
        """Say that the program ended, with the last lines it wrote."""
        tail = self.output()[-_TAIL_BYTES:].strip()
        last_lines = "\n".join(f"  {line}" for line in tail.splitlines()[-15:])
        return ChildEndedError(
            f"{self.name} ended {_how(self._leash.returncode)}.",
            f"Its last words are below, all of them are in {self.log}.\n{last_lines}".rstrip(),
        )


@asynccontextmanager
async def child(
    name: str,
    command: Sequence[str | os.PathLike[str]],
    *,
    log: Path,
    environment: Mapping[str, str] | None = None,
    folder: Path | None = None,
    grace: float = 10.0,
) -> AsyncIterator[Child]:
    """Run a program for as long as the block lasts, and never longer.

    The program gets a process group of its own, so that Ctrl-C in the terminal reaches only us
    and we stop things in order. It ends with us even where we are killed with SIGKILL.

    Args:
        name: What people call it.
        command: The program and its arguments.
        log: The file its output is appended to.
        environment: All of its environment; ours if None.
        folder: Its working folder; ours if None.
        grace: Seconds between SIGTERM and SIGKILL.

    Raises:
        ChildEndedError: It could not be started.
    """
    log, log_start = _open_log(log)
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-I", "-S", leash.__file__),
        *(str(grace), log, *command),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        env=environment,
        cwd=folder,
        start_new_session=True,
    )
    # Not started is stopped like started: the supervisor is there in both cases.
    running = Child(name, 0, log, process, log_start, grace)
    try:
        running = replace(running, pid=await _started(name, process))
        yield running
    finally:
        await finish_even_if_cancelled(running.stop())


def _open_log(log: Path) -> tuple[Path, int]:
    """Return the file and where what is written from now on begins in it."""
    log.parent.mkdir(parents=True, exist_ok=True)
    log.touch(mode=0o600)
    return log.absolute(), log.stat().st_size


async def _started(name: str, process: asyncio.subprocess.Process) -> int:
    assert process.stdout is not None  # noqa: S101 - it was asked for
    try:
        async with asyncio.timeout(_SECONDS_TO_START):
            first_line = (await process.stdout.readline()).decode()
    except TimeoutError:
        first_line = "failed it did not start in time"
    outcome, _, detail = first_line.strip().partition(" ")
    if outcome != "started":
        raise ChildEndedError(
            f"{name} could not be started: {detail or 'its supervisor ended at once'}.",
            "Check that the program exists and may be run by you.",
        )
    return int(detail)


async def finish_even_if_cancelled(work: Coroutine[Any, Any, None]) -> None:
    """Let the work end before a cancellation goes on; a second one does not cut it short."""
    task = asyncio.ensure_future(work)
    cancelled = False
    while not task.done():
        try:
            await asyncio.shield(task)
        except asyncio.CancelledError:
            cancelled = True
    task.result()
    if cancelled:
        raise asyncio.CancelledError


def _how(status: int | None) -> str:
    if status is not None and status > 128:
        with suppress(ValueError):
            return f"by {signal.Signals(status - 128).name}"
    return f"with exit status {status}"
