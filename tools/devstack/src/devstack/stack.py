"""Starts the parts of Kijko together, and stops them in the order that loses nothing."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import (
    AbstractAsyncContextManager,
    AsyncExitStack,
    asynccontextmanager,
    contextmanager,
)
from dataclasses import dataclass
from importlib.resources import as_file, files
from pathlib import Path
from typing import Protocol

import httpx
from filelock import FileLock, Timeout

from devstack import comfyui
from devstack.comfyui import InstallProgress
from devstack.errors import ChildEndedError, DevstackError, NotReadyError
from devstack.listening import Server, server
from devstack.ports import LOOPBACK, free_port, prefer
from devstack.sentry import SentryClient
from devstack.settings import Settings

GATEWAY_PROJECT = "kijko-api"
_SECONDS_FOR_AN_ANSWER = 10.0


class StackInUseError(DevstackError):
    """Another stack runs on the same data folder."""


@dataclass(frozen=True)
class Stack:
    """The running parts.

    Attributes:
        sentry: Local Sentry.
        gateway: The gateway.
        comfyui_urls: Where ComfyUI answers.
        managed_comfyui: Ours, or None where one was given.
    """

    sentry: Server
    gateway: Server
    comfyui_urls: tuple[str, ...]
    managed_comfyui: comfyui.ComfyUIProcess | None

    async def until_one_ends(self) -> ChildEndedError:
        """Wait until a part ends by itself, which none should, and say which."""
        ends = {
            asyncio.ensure_future(part.child.wait()): part.child
            for part in (self.sentry, self.gateway)
        }
        if self.managed_comfyui is not None:
            own = self.managed_comfyui.child
            ends[asyncio.ensure_future(own.wait())] = own
        try:
            done, _ = await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for waiting in ends:
                waiting.cancel()
            await asyncio.gather(*ends, return_exceptions=True)
        return ends[done.pop()].ended_error()


class StartProgress(InstallProgress, Protocol):
    """Told what happens while the stack starts."""

    def ready(self, name: str, where: str) -> None:
        """Say that a part is ready."""


@asynccontextmanager
async def running_stack(settings: Settings, progress: StartProgress) -> AsyncIterator[Stack]:
    """Run the stack while the block lasts.

    Local Sentry and ComfyUI start side by side, and the gateway as soon as it can be told both
    addresses. They stop the other way round: the gateway hands back its jobs while ComfyUI still
    answers, and says its last to Sentry.

    Raises:
        DevstackError: A part cannot be had; the sentence says which and what to do.
    """
    with _only_one(settings.data):
        async with AsyncExitStack() as parts:
            workflows = parts.enter_context(as_file(files("devstack") / "workflows"))
            yield await _start(settings, progress, parts, workflows)


async def _start(
    settings: Settings, progress: StartProgress, parts: AsyncExitStack, workflows: Path
) -> Stack:
    sentry_part = await parts.enter_async_context(AsyncExitStack())
    comfyui_part = await parts.enter_async_context(AsyncExitStack())
    gateway_part = await parts.enter_async_context(AsyncExitStack())
    if settings.comfyui_urls:
        urls = settings.comfyui_urls
        for url in urls:
            await _require_comfyui(url)
            progress.ready("ComfyUI", f"{url} (yours)")
    else:
        port = prefer(settings.comfyui_port) if settings.comfyui_port else free_port()
        urls = (f"http://{LOOPBACK}:{port}",)

    async def managed() -> comfyui.ComfyUIProcess | None:
        if settings.comfyui_urls:
            return None
        installation = await comfyui.installed(install=settings.comfyui_install, progress=progress)
        process = await comfyui_part.enter_async_context(
            comfyui.running(
                installation,
                base_directory=settings.data / "comfyui",
                port=port,
                log=settings.data / "logs" / "comfyui.log",
                ready_within=settings.start_timeout,
            )
        )
        progress.ready("ComfyUI", process.url)
        return process

    async def sentry_then_gateway() -> tuple[Server, Server]:
        sentry = await sentry_part.enter_async_context(_sentry(settings))
        progress.ready("Local Sentry", sentry.url)
        async with SentryClient(sentry.url) as client:
            dsn = await client.dsn(GATEWAY_PROJECT)
        gateway = await gateway_part.enter_async_context(_gateway(settings, urls, dsn, workflows))
        progress.ready("Gateway", gateway.url)
        return sentry, gateway

    try:
        async with asyncio.TaskGroup() as starting:
            comfyui_start = starting.create_task(managed())
            others_start = starting.create_task(sentry_then_gateway())
    except ExceptionGroup as group:
        # One reason is enough: the other parts were stopped because of it.
        for error in group.exceptions:
            raise error from None
    sentry, gateway = others_start.result()
    return Stack(sentry, gateway, urls, comfyui_start.result())


def _sentry(settings: Settings) -> AbstractAsyncContextManager[Server]:
    return server(
        *("Local Sentry", "local_sentry"),
        ["--data", str(settings.data / "sentry"), "--no-auth"],
        port=prefer(settings.sentry_port) if settings.sentry_port else 0,
        log=settings.data / "logs" / "local-sentry.log",
        environment={},
        answers_at="/api/0/organizations/",
        ready_within=settings.start_timeout,
        grace=settings.stop_timeout,
    )


def _gateway(
    settings: Settings, comfyui_urls: tuple[str, ...], dsn: str, workflows: Path
) -> AbstractAsyncContextManager[Server]:
    return server(
        *("The gateway", "comfyui_gateway", []),
        port=prefer(settings.gateway_port) if settings.gateway_port else 0,
        log=settings.data / "logs" / "gateway.log",
        environment={
            "COMFYUI_URL": ",".join(comfyui_urls),
            "GATEWAY_DATA_DIR": str(settings.data / "gateway"),
            "GATEWAY_WORKFLOW_DIRS": str(workflows),
            "SENTRY_DSN": dsn,
            "SENTRY_ENVIRONMENT": "development",
            # Here every trace is wanted: it is one person's work, not a service's load.
            "SENTRY_TRACES_SAMPLE_RATE": "1.0",
        },
        answers_at="/healthz",
        ready_within=settings.start_timeout,
        grace=settings.stop_timeout,
    )


async def _require_comfyui(url: str) -> None:
    try:
        async with httpx.AsyncClient(timeout=_SECONDS_FOR_AN_ANSWER) as client:
            answer = await client.get(f"{url}/system_stats")
            answer.raise_for_status()
    except httpx.HTTPError as error:
        reason = str(error) or type(error).__name__
        raise NotReadyError(
            f"There is no ComfyUI at {url}, which COMFYUI_URL names: {reason}.",
            "Start it, or leave COMFYUI_URL out to have one run for you.",
        ) from None


@contextmanager
def _only_one(data: Path) -> Iterator[None]:
    try:
        data.mkdir(parents=True, exist_ok=True)
        lock = FileLock(data / "devstack.lock")
        lock.acquire(blocking=False)
    except Timeout:
        raise StackInUseError(
            f"Another devstack runs on {data}.",
            "Use that one, stop it, or give this one a folder of its own with --data.",
        ) from None
    except OSError as error:
        raise DevstackError(
            f"The data folder {data} cannot be used: {error.strerror or error}.",
            "Give another one with --data.",
        ) from None
    try:
        yield
    finally:
        lock.release()
