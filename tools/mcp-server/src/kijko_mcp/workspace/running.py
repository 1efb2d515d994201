"""Runs programs without blocking the loop; git in an environment that leads nowhere else."""

import asyncio
import contextlib
import os
import signal
from pathlib import Path

from kijko_mcp.errors import CheckoutUnreadable

GIT = ("git", "-c", "core.quotePath=false")
GIT_DEADLINE = 20.0  # seconds of one question to git


async def git(folder: Path, *arguments: str) -> str:
    """What git printed.

    Raises:
        CheckoutUnreadable: it is not there, failed, or took too long.
    """
    said = await run([*GIT, *arguments], folder, git_environment(), GIT_DEADLINE)
    return said.decode(errors="replace")


def git_environment() -> dict[str, str]:
    """What git sees: nothing that names another repository, no token; it asks nobody."""
    inherited = {k: v for k, v in os.environ.items() if not k.startswith(("GIT_DIR", "SENTRY_"))}
    return {**inherited, "LC_ALL": "C", "GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0"}


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
            start_new_session=True,
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
            # With what it started: that would hold its output open, and us with it.
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            await asyncio.shield(process.communicate())
    if process.returncode:
        said = complaint.decode(errors="replace").strip().splitlines() or ["it said nothing"]
        raise CheckoutUnreadable(
            f"{' '.join(command[:1] + command[3:4])} failed: {said[-1][:200]}.",
            "Look at the checkout.",
        )
    return out
