"""Programs of this repository that serve HTTP: started, and waited for until they answer."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import httpx
from pydantic import BaseModel, ValidationError

from devstack.children import Child, child
from devstack.errors import NotReadyError
from devstack.ports import LOOPBACK

_SECONDS_BETWEEN_LOOKS = 0.05
_SECONDS_FOR_AN_ANSWER = 5.0
_OWN_SETTINGS = ("SENTRY_", "LOCAL_SENTRY_", "GATEWAY_", "DATABASE_URL", "COMFYUI_URL")


@dataclass(frozen=True)
class Server:
    """A program that serves.

    Attributes:
        url: Where, without a slash at the end.
        child: The running program.
    """

    url: str
    child: Child


class _Listening(BaseModel):
    event: Literal["listening"]
    url: str


@asynccontextmanager
async def server(
    name: str,
    module: str,
    arguments: Sequence[str],
    *,
    port: int,
    log: Path,
    environment: Mapping[str, str],
    answers_at: str,
    ready_within: float,
    grace: float,
) -> AsyncIterator[Server]:
    """Run `python -m MODULE serve` on the loopback interface while the block lasts.

    Args:
        name: What people call it.
        module: The module to run.
        arguments: More of its command line.
        port: Where to listen; 0 for any, which the program then says on its first line.
        log: The file for its output.
        environment: Settings for it, beside an environment without settings of ours.
        answers_at: A path that gives 200 once it is ready.
        ready_within: Seconds it may take.
        grace: Seconds it gets to end in order.

    Raises:
        ChildEndedError: It ended instead.
        NotReadyError: It is not ready in time.
    """
    command = (sys.executable, "-m", module, "serve")
    async with child(
        name,
        [*command, "--host", LOOPBACK, "--port", str(port), *arguments],
        log=log,
        environment=_environment() | dict(environment),
        grace=grace,
    ) as running:
        try:
            async with asyncio.timeout(ready_within):
                url = f"http://{LOOPBACK}:{port}" if port else await _said_url(running)
                await _answers(running, url + answers_at)
        except TimeoutError:
            raise NotReadyError(
                f"{name} is not ready after {ready_within:.0f} s.",
                f"See {log} for what it is doing.",
            ) from None
        yield Server(url, running)


async def _said_url(running: Child) -> str:
    while not running.has_ended:
        for line in running.output().splitlines():
            try:
                return _Listening.model_validate_json(line).url.rstrip("/")
            except ValidationError:
                continue
        await asyncio.sleep(_SECONDS_BETWEEN_LOOKS)
    raise running.ended_error()


async def _answers(running: Child, url: str) -> None:
    async with httpx.AsyncClient(trust_env=False, timeout=_SECONDS_FOR_AN_ANSWER) as client:
        while not running.has_ended:
            try:
                if (await client.get(url)).is_success:
                    return
            except httpx.HTTPError:
                pass
            await asyncio.sleep(_SECONDS_BETWEEN_LOOKS)
    raise running.ended_error()


def _environment() -> dict[str, str]:
    """Return our environment with our import path, and without settings meant for other stacks.

    A DATABASE_URL of some other project, above all, must not be migrated by a development stack.
    """
    kept = {name: value for name, value in os.environ.items() if not name.startswith(_OWN_SETTINGS)}
    return kept | {
        "PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
        "PYTHONUNBUFFERED": "1",
    }
