"""Runs a program to its end, and ends it, with all it started, when the caller gives up."""

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass

from comfyui_gateway.services import child_launcher

_LOG_BYTES = 8 * 1024
_LINE_BYTES = 64 * 1024
_GRACE_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Ended:
    """How a program ended: its status (minus the signal when killed) and the end of its stderr."""

    status: int
    log: str


def bound_to_us(command: Sequence[str]) -> list[str]:
    """`command`, such that it dies with this process, even of SIGKILL, where Linux can do that.

    Its status is `child_launcher.CANNOT_RUN` when there is no such program.
    """
    if sys.platform != "linux":
        return list(command)
    launcher = [sys.executable, "-I", "-S", child_launcher.__file__, str(os.getpid())]
    return [*launcher, *command]


async def run_child(
    command: Sequence[str],
    *,
    on_line: Callable[[bytes], None],
    environment: Mapping[str, str] | None = None,
) -> Ended:
    """Runs ``command`` and returns when it has ended and its pipes are closed.

    It gets a process group of its own. When this call is cancelled, the group gets SIGTERM, two
    seconds later SIGKILL, and the program is reaped before the cancellation goes on.

    Args:
        command: Program and arguments; no shell.
        on_line: Told each line of its standard output.
        environment: All of its environment; ours by default.

    Raises:
        OSError: It cannot be started.
    """
    process = await asyncio.create_subprocess_exec(
        *command,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        limit=_LINE_BYTES,
        env=environment,
        start_new_session=True,
    )
    log = bytearray()
    try:
        async with asyncio.TaskGroup() as readers:
            readers.create_task(_read_lines(process.stdout, on_line))
            readers.create_task(_keep_end(process.stderr, log))
        status = await process.wait()
    except ExceptionGroup as failures:
        raise failures.exceptions[0] from None
    finally:
        await _without_interruption(_end(process))
    return Ended(status, log.decode(errors="replace"))


async def _read_lines(
    stream: asyncio.StreamReader | None, on_line: Callable[[bytes], None]
) -> None:
    while stream is not None:
        try:
            line = await stream.readline()
        except ValueError:  # a line longer than the limit: it has been thrown away
            continue
        if not line:
            return
        on_line(line)


async def _keep_end(stream: asyncio.StreamReader | None, log: bytearray) -> None:
    while stream is not None and (chunk := await stream.read(_LOG_BYTES)):
        log += chunk
        del log[:-_LOG_BYTES]


async def _end(process: asyncio.subprocess.Process) -> None:
    """Leaves nothing of the group behind: a child of the program may outlive the program."""
    if process.returncode is None:
        _signal_group(process.pid, signal.SIGTERM)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_GRACE_SECONDS):
                await process.wait()
    _signal_group(process.pid, signal.SIGKILL)
    await process.wait()
    transport = getattr(process, "_transport", None)
    if transport is not None:  # asyncio closes the pipes only when both ends are done with them
        transport.close()


def _signal_group(group: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, number)


async def _without_interruption(work: Coroutine[object, object, None]) -> None:
    """Awaits ``work`` to its end even when this task is cancelled, then lets that through."""
    task = asyncio.create_task(work)
    cancelled: asyncio.CancelledError | None = None
    while not task.done():
        try:
            await asyncio.shield(task)
        except asyncio.CancelledError as error:
            cancelled = error
    if cancelled is not None:
        raise cancelled
    await task
