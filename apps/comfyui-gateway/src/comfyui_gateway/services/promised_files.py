"""Brings the files a workflow promises from ComfyUI to this disk, each as soon as it is there."""

import asyncio
from collections.abc import Coroutine, Iterable
from dataclasses import replace
from types import TracebackType
from typing import Any, Self

from comfyui_gateway.clients.comfyui import Asset, ComfyUIError
from comfyui_gateway.models import StoredOutput
from comfyui_gateway.services.comfyui_backends import Backend
from comfyui_gateway.services.job_outputs import AttemptFolder
from comfyui_gateway.services.workflow_templates import Plan

_IN_MEMORY = 8 * 1024 * 1024
"""Bytes up to which a file is taken whole; larger ones are streamed."""


class PromisedFiles:
    """The files of one attempt; use as a context, at whose end nothing is being fetched.

    A file is fetched when its node announces it, while ComfyUI still works or writes its history.
    The announcement is a hint and no more: only `take` says which files count, and what was
    fetched on a false hint stays behind in the attempt's folder, where nobody asks for it.
    """

    def __init__(
        self, backend: Backend, plan: Plan, folder: Coroutine[Any, Any, AttemptFolder]
    ) -> None:
        """`folder` makes the attempt's folder: now, so that its way to the disk costs no time."""
        self._backend = backend
        self._nodes = frozenset(plan.outputs)
        self._folder = asyncio.create_task(folder)
        self._fetched: dict[Asset, asyncio.Task[StoredOutput]] = {}
        self._turn = asyncio.Lock()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        for fetching in self._fetched.values():
            fetching.cancel()
        await asyncio.gather(self._folder, *self._fetched.values(), return_exceptions=True)

    async def folder(self) -> AttemptFolder:
        """The attempt's folder.

        Raises:
            StorageFull: the disk is full.
        """
        return await asyncio.shield(self._folder)

    def announce(self, assets: Iterable[Asset]) -> None:
        """Begin to fetch those of the files that the workflow promises."""
        for asset in assets:
            if asset.node_id in self._nodes and asset.kind == "output":
                key = replace(asset, cached=False)
                if key not in self._fetched:
                    self._fetched[key] = asyncio.create_task(self._fetch(asset))

    async def take(self, asset: Asset) -> StoredOutput:
        """A file that counts, stored.

        Raises:
            ComfyUIError: it cannot be had.
            StorageFull: the disk is full.
        """
        early = self._fetched.pop(replace(asset, cached=False), None)
        if early is not None:
            try:
                return await early
            except ComfyUIError:
                pass  # what failed a moment ago, before the end of the prompt, is asked again
        return await self._fetch(asset)

    async def _fetch(self, asset: Asset) -> StoredOutput:
        folder = await self.folder()
        # One after another: many large files at once would only share memory and the line.
        async with self._turn, self._backend.comfy.view(asset) as body:
            if body.size is not None and body.size <= _IN_MEMORY:
                return await folder.save(asset.filename, asset.media, await body.read())
            return await folder.save_stream(asset.filename, asset.media, aiter(body))
