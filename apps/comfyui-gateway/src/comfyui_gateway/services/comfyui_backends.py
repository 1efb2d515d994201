"""The ComfyUI servers jobs may run on: who is there, who is least busy, and when one comes back."""

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import TracebackType
from typing import Self

import structlog

from comfyui_gateway.clients.comfyui import ComfyUI, ComfyUIError
from comfyui_gateway.models import ReadyCheck

log = structlog.get_logger(__name__)

_FIRST_PROBE = 0.1
_LONGEST_PAUSE = 2.0
_PROBE_TIMEOUT = 5.0


class Backend:
    """One ComfyUI, with what is known about it."""

    def __init__(self, url: str) -> None:
        self.comfy = ComfyUI(url)
        self.name = self.comfy.name
        self.running = 0
        self.trouble: str | None = None

    @contextmanager
    def busy(self) -> Iterator[None]:
        """Count a job as running here within the block."""
        self.running += 1
        try:
            yield
        finally:
            self.running -= 1


class BackendPool:
    """All servers of `COMFYUI_URL`; an async context manager."""

    def __init__(self, urls: Sequence[str]) -> None:
        self._backends = [Backend(url) for url in urls]
        self._probes: dict[str, asyncio.Task[None]] = {}
        self._someone_came = asyncio.Event()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        probes = list(self._probes.values())
        for probe in probes:
            probe.cancel()
        await asyncio.gather(*probes, return_exceptions=True)
        for backend in self._backends:
            await backend.comfy.close()

    def least_busy(self) -> Backend | None:
        """The least busy server of those that answer."""
        there = [backend for backend in self._backends if backend.trouble is None]
        return min(there, key=lambda backend: backend.running, default=None)

    async def ready(self) -> Backend:
        """The least busy server that answers; waits until there is one."""
        while (backend := self.least_busy()) is None:
            self._someone_came.clear()
            await self._someone_came.wait()
        return backend

    def report_trouble(self, backend: Backend, reason: str) -> None:
        """Give a server no more jobs until it answers again; it is asked again and again."""
        if backend.trouble is None:
            log.warning("comfyui_unavailable", backend=backend.name, reason=reason)
        backend.trouble = reason
        if backend.name not in self._probes:
            task = asyncio.create_task(self._probe(backend), name=f"probe {backend.name}")
            self._probes[backend.name] = task

    async def check(self) -> list[ReadyCheck]:
        """Ask every server now."""
        return list(await asyncio.gather(*(self._check(backend) for backend in self._backends)))

    async def _check(self, backend: Backend) -> ReadyCheck:
        name = f"comfyui {backend.name}"
        try:
            async with asyncio.timeout(_PROBE_TIMEOUT):
                stats = await backend.comfy.ready()
        except ComfyUIError as error:
            return ReadyCheck(name=name, ok=False, detail=f"{error.message} {error.advice}".strip())
        except TimeoutError:
            return ReadyCheck(name=name, ok=False, detail="ComfyUI takes too long to answer.")
        return ReadyCheck(name=name, ok=True, detail=f"ComfyUI {stats.system.comfyui_version}")

    async def _probe(self, backend: Backend) -> None:
        pause = _FIRST_PROBE
        try:
            while True:
                await asyncio.sleep(pause)
                pause = min(pause * 2, _LONGEST_PAUSE)
                try:
                    async with asyncio.timeout(_PROBE_TIMEOUT):
                        await backend.comfy.ready()
                except ComfyUIError as error:
                    backend.trouble = error.message
                except TimeoutError:
                    backend.trouble = "ComfyUI takes too long to answer."
                else:
                    backend.trouble = None
                    log.info("comfyui_back", backend=backend.name)
                    self._someone_came.set()
                    return
        finally:
            del self._probes[backend.name]
