"""Runs a managed ComfyUI for as long as a block lasts."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
from pydantic import BaseModel, ValidationError

from devstack.children import Child, child
from devstack.comfyui.command import command_line, environment, make_base
from devstack.comfyui.installation import Installation
from devstack.errors import NotReadyError
from devstack.ports import LOOPBACK, free_port, require_free

_ATTEMPTS = 5
_SECONDS_BETWEEN_LOOKS = 0.1
_PORT_WAS_TAKEN = "address already in use"


@dataclass(frozen=True)
class ComfyUIProcess:
    """A ComfyUI that serves.

    Attributes:
        url: Where, without a slash at the end.
        pid: Its process; killing it is noticed by `wait()`.
        log: The file with everything it writes.
        child: The same as any other child.
    """

    url: str
    pid: int
    log: Path
    child: Child = field(repr=False)

    async def wait(self) -> int:
        """Wait for its end and return the exit status, 128 + N where signal N ended it."""
        return await self.child.wait()

    async def stop(self) -> None:
        """End it now rather than with the block."""
        await self.child.stop()


@asynccontextmanager
async def running(
    installation: Installation,
    *,
    base_directory: Path,
    port: int = 0,
    custom_nodes: Path | None = None,
    extra_environment: Mapping[str, str] | None = None,
    log: Path | None = None,
    ready_within: float = 120.0,
    grace: float = 5.0,
) -> AsyncIterator[ComfyUIProcess]:
    """Run ComfyUI on the loopback interface, and stop it and all it started with the block.

    Args:
        installation: What to run.
        base_directory: The folder for its inputs, outputs and settings; made if missing.
        port: Where to listen; 0 takes a free one, and another where somebody was faster.
        custom_nodes: One more folder of custom nodes.
        extra_environment: Variables to add to its environment.
        log: Where its output goes; `comfyui.log` in the base directory if None.
        ready_within: Seconds it may take to answer.
        grace: Seconds between SIGTERM and SIGKILL.

    Raises:
        PortTakenError: The port asked for is in use.
        ChildEndedError: It ended before it answered; the message has its last words.
        NotReadyError: It did not answer in time.
    """
    base = make_base(base_directory)
    if port:
        require_free(port)
    variables = environment(installation) | dict(extra_environment or {})
    async with AsyncExitStack() as stack:
        for attempt in range(1, _ATTEMPTS + 1):
            chosen = port or free_port()
            attempt_stack = await stack.enter_async_context(AsyncExitStack())
            process = await attempt_stack.enter_async_context(
                child(
                    "ComfyUI",
                    command_line(installation, base, port=chosen, custom_nodes=custom_nodes),
                    log=log or base / "comfyui.log",
                    environment=variables,
                    folder=installation.source,
                    grace=grace,
                )
            )
            url = f"http://{LOOPBACK}:{chosen}"
            if await _is_ready(process, url, base, ready_within):
                yield ComfyUIProcess(url, process.pid, process.log, process)
                return
            lost_the_race = _PORT_WAS_TAKEN in process.output()
            if port or not lost_the_race or attempt == _ATTEMPTS:
                raise process.ended_error()
            await attempt_stack.aclose()


class _System(BaseModel):
    argv: list[str]


class _SystemStats(BaseModel):
    system: _System


async def _is_ready(process: Child, url: str, base: Path, within: float) -> bool:
    """Wait until this very process answers; False where it ended instead."""
    try:
        async with asyncio.timeout(within), httpx.AsyncClient(trust_env=False) as client:
            while not process.has_ended:
                if await _answers(client, url, base):
                    return True
                await asyncio.sleep(_SECONDS_BETWEEN_LOOKS)
    except TimeoutError:
        raise NotReadyError(
            f"ComfyUI did not answer on {url} within {within:.0f} s.",
            f"See {process.log} for what it is doing.",
        ) from None
    return False


async def _answers(client: httpx.AsyncClient, url: str, base: Path) -> bool:
    try:
        answer = await client.get(f"{url}/system_stats", timeout=5)
        stats = _SystemStats.model_validate_json(answer.content)
    except (httpx.HTTPError, ValidationError):
        return False
    # Another ComfyUI may have got the port first: ours was told our folder.
    return str(base) in stats.system.argv
